import { RightsizeError } from '../errors.ts';
import { packBytes } from './byte-packing.ts';
import type { ModulePayload } from './module-payload.ts';
import { moduleTypes } from './module-types.ts';
import type { StudentCard } from './student-card.ts';
import { encodeText } from './text-codec.ts';

/** Bytes that a module may have: what edge platforms and browsers still load in a moment. */
export const mostModuleBytes = 10_000_000;

/** Shares of a block that packing must save: quick to open first, then smaller and smaller until the module fits. */
const leastSavings = [0.15, 0.1, 0.095, 0.09, 0.085, 0.08, 0.06, 0];

export interface ModuleTexts {
  /** An ES module without imports. */
  readonly code: string;
  /** Its TypeScript declarations. */
  readonly types: string;
}

/**
 * The answering code and one student as the text of one module. `runtime`: module-runtime.ts with all it imports, bundled
 * as a script that sets `rightsize`.
 * @throws RightsizeError `module_too_large`.
 */
export function writeModule(payload: ModulePayload, student: Uint8Array, runtime: string): ModuleTexts {
  let bytes = 0;
  for (const leastSaving of leastSavings) {
    const code = codeOf(payload, encodeText(packBytes(student, leastSaving)), runtime);
    bytes = Buffer.byteLength(code);
    if (bytes <= mostModuleBytes) return { code, types: moduleTypes };
  }
  throw new RightsizeError(
    'module_too_large',
    `The module would have ${megabytes(bytes)}; ${megabytes(mostModuleBytes)} is the limit.`,
  );
}

function codeOf(payload: ModulePayload, student: string, runtime: string): string {
  return [
    headOf(payload.card),
    runtime.trim(),
    `const opened = rightsize.openModule(${scriptJson(payload)}, "${student}");`,
    'export const { card, encoder, kernels, answer, answerRequest, textToEncode } = opened;',
    '',
  ].join('\n');
}

function headOf({ task, student, certificate, exportedAt, rightsize }: StudentCard): string {
  const promise =
    certificate === null
      ? 'No certificate: nothing is promised.'
      : `Of ${certificate.promise === 'all-calls' ? 'all calls' : 'the calls it answers'}, a share of at most ${certificate.epsilon} gets an answer that differs from the teacher's; confidence ${1 - certificate.delta}, from ${certificate.n} calls.`;
  return [
    `// The student of the task ${commentText(task.name)}: ${student.id}`,
    `// Written by rightsize ${rightsize} at ${exportedAt}. ${promise}`,
    '// It answers or abstains; it asks nobody and sends nothing. `card` says the rest.',
  ].join('\n');
}

/** One line, whatever a name holds. */
function commentText(text: string): string {
  return JSON.stringify(text).replace(/[\u2028\u2029]/g, ' ');
}

/** JSON that stays what it is inside a script element of a page. */
function scriptJson(value: unknown): string {
  return JSON.stringify(value).replaceAll('<', '\\u003c');
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
