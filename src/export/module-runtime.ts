import { createReplier, type Replier, replyTo, type StudentReply } from '../gateway/replier.ts';
import { readStudent } from '../learn/student.ts';
import { availableKernels } from '../learn/workspace.ts';
import type { ChatRequest } from '../records/call.ts';
import { unpackBytes } from './byte-packing.ts';
import type { ModulePayload } from './module-payload.ts';
import type { StudentCard } from './student-card.ts';
import { decodeText } from './text-codec.ts';

/** The text of each slot; a single text where the prompt has one slot. */
export type ModuleInput = string | readonly string[];

/** What an exported module exports; module-types.ts writes the same down for its users. */
export interface StudentModule {
  readonly card: StudentCard;
  readonly encoder: StudentCard['student']['encoder'];
  readonly kernels: 'webassembly' | 'plain';
  answer(input: ModuleInput, vector?: Float32Array | null): StudentReply;
  answerRequest(request: unknown, vector?: Float32Array | null): StudentReply;
  textToEncode(input: unknown): string | null;
}

/**
 * Opens what write-module.ts has packed. Runs in Node, in workers, in browsers and at the edge: this file and all it
 * imports use nothing but the language, WebAssembly and TextDecoder. The student is unpacked by the first question.
 */
export function openModule(payload: ModulePayload, encodedStudent: string): StudentModule {
  const { card, slots, traits } = payload;
  const { encoder } = card.student;
  let opened: Replier | null = null;
  const replier = (): Replier => {
    opened ??= createReplier({
      ...payload,
      threshold: card.threshold,
      traits: new Map(traits),
      // Verified when it was packed: what could alter it here could alter the code as well.
      student: readStudent(unpackBytes(decodeText(encodedStudent)), { isVerified: true }),
    });
    return opened;
  };
  return {
    card,
    encoder,
    kernels: availableKernels() === 'wasm' ? 'webassembly' : 'plain',
    answer: (input, vector = null) => replier().reply(checkInput(input, slots), checkVector(vector, encoder)),
    answerRequest: (request, vector = null) => replyTo(replier(), checkRequest(request), checkVector(vector, encoder)),
    textToEncode(input) {
      if (typeof input === 'string' || Array.isArray(input)) return checkInput(input, slots).join('\n');
      const read = replier().read(checkRequest(input));
      return 'slots' in read ? read.slots.join('\n') : null;
    },
  };
}

function checkInput(input: unknown, slots: number): readonly string[] {
  const texts: readonly unknown[] = Array.isArray(input) ? input : [input];
  if (texts.length === slots && texts.every((text) => typeof text === 'string')) return texts as readonly string[];
  const wanted = slots === 1 ? 'a text, or an array with one text' : `an array of ${slots} texts, one a slot`;
  throw new TypeError(`the input must be ${wanted}`);
}

function checkRequest(request: unknown): ChatRequest {
  const messages = isObject(request) ? request.messages : undefined;
  if (
    Array.isArray(messages) &&
    messages.length > 0 &&
    messages.every((message) => isObject(message) && typeof message.role === 'string')
  )
    return request as ChatRequest;
  throw new TypeError('the request must be a chat completion body: an object with `messages`, each with a role');
}

function checkVector(vector: Float32Array | null, encoder: StudentCard['student']['encoder']): Float32Array | null {
  if (vector === null || encoder === null) return null;
  if (vector.length === encoder.dimensions) return vector;
  throw new TypeError(
    `the vector has ${vector.length} dimensions, those of the encoder ${encoder.id} have ${encoder.dimensions}`,
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
