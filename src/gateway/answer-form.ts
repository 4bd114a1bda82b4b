import { completionEvents } from '../providers/completion-chunks.ts';
import type { ChatRequest, JsonObject } from '../records/call.ts';
import { wantsUsage } from './ask-for-usage.ts';
import { assembleStream } from './assemble-stream.ts';
import type { StreamReader } from './captured-response.ts';

/** How an API writes the answers that everything here speaks of as chat completions. */
export interface AnswerForm {
  whole(completion: JsonObject): JsonObject;
  /** The same as the text of a stream. */
  events(completion: JsonObject, request: ChatRequest): string;
  /** The completion that an answer of the API amounts to; errors stay as they are. */
  read(response: JsonObject): JsonObject;
  readonly readStream: StreamReader;
  /** Whether the usage of a stream stands in one of its last events, whole. */
  readonly tellsUsageLast: boolean;
}

export const chatForm: AnswerForm = {
  whole: (completion) => completion,
  events: (completion, request) => completionEvents(completion, wantsUsage(request)).join(''),
  read: (response) => response,
  readStream: assembleStream,
  tellsUsageLast: true,
};
