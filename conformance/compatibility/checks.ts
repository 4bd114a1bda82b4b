import type { Check } from '../check.ts';
import { anthropicChecks } from './anthropic.ts';
import { brokenStreamChecks } from './broken-streams.ts';
import { chatChecks } from './chat.ts';
import { endpointChecks } from './endpoints.ts';
import { errorChecks } from './errors.ts';
import { forwardedHeaderChecks } from './forwarded-headers.ts';
import { limitChecks } from './limits.ts';
import { streamByteChecks } from './stream-bytes.ts';
import { streamChecks } from './streams.ts';
import { studentFailureChecks } from './student-failures.ts';
import { studentChecks } from './students.ts';
import { transportChecks } from './transport.ts';

/** C1–C40. */
export const compatibilityChecks: readonly Check[] = [
  ...chatChecks,
  ...streamChecks,
  ...streamByteChecks,
  ...errorChecks,
  ...brokenStreamChecks,
  ...transportChecks,
  ...forwardedHeaderChecks,
  ...limitChecks,
  ...endpointChecks,
  ...anthropicChecks,
  ...studentChecks,
  ...studentFailureChecks,
];
