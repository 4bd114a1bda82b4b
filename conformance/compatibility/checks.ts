import type { Check } from '../check.ts';
import { chatChecks } from './chat.ts';
import { streamByteChecks } from './stream-bytes.ts';
import { streamChecks } from './streams.ts';

/** C1–C40. */
export const compatibilityChecks: readonly Check[] = [...chatChecks, ...streamChecks, ...streamByteChecks];
