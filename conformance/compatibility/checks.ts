import type { Check } from '../check.ts';
import { chatChecks } from './chat.ts';

/** C1–C40. */
export const compatibilityChecks: readonly Check[] = [...chatChecks];
