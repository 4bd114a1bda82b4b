import { toChatRequest } from '../../providers/anthropic/to-chat-request.ts';
import { ToChunks } from '../../providers/anthropic/to-chunks.ts';
import { toCompletion } from '../../providers/anthropic/to-completion.ts';
import { toMessage } from '../../providers/anthropic/to-message.ts';
import { ToMessageEvents } from '../../providers/anthropic/to-message-events.ts';
import { completionEvents } from '../../providers/completion-chunks.ts';
import { EventReader } from '../../providers/read-events.ts';
import type { ChatRequest, JsonObject } from '../../records/call.ts';
import { answerCall } from '../answer-call.ts';
import type { AnswerForm } from '../answer-form.ts';
import { assembleStream } from '../assemble-stream.ts';
import type { Exchange, ExchangeEnd } from '../exchange.ts';
import { readBody } from '../read-body.ts';
import { InvalidRequest, readJsonObject } from '../read-chat-request.ts';
import type { RouteParts } from '../route-parts.ts';

/**
 * `POST /v1/messages`, Anthropic's: the caller's own bytes go to the upstream, and the call is decided on, kept and learned
 * from as the chat that it amounts to. Students answer only what a chat can say whole.
 */
export async function answerMessages(exchange: Exchange, parts: RouteParts): Promise<ExchangeEnd> {
  const body = await readBody(exchange.request, parts.maxBodyBytes);
  const request = readMessagesRequest(body);
  const { chat, isWhole } = readAsChat(request);
  return answerCall(exchange, parts, { chat, body, meteredBody: null, form: messagesForm, mayBeStudents: isWhole });
}

/** The chat that a request amounts to, and whether it says all that was asked. Never throws. */
function readAsChat(request: JsonObject): { readonly chat: ChatRequest; readonly isWhole: boolean } {
  let isWhole = true;
  try {
    const chat = toChatRequest(request, () => {
      isWhole = false;
    });
    return { chat, isWhole };
  } catch {
    // Nested too deeply to be written again; the upstream gets the caller's own bytes and judges for itself.
    return { chat: { model: String(request.model), messages: [], stream: request.stream === true }, isWhole: false };
  }
}

/** Reads no more than the way through the gateway needs. Throws InvalidRequest. */
function readMessagesRequest(body: Buffer): JsonObject {
  const request = readJsonObject(body);
  if (typeof request.model !== 'string' || request.model === '')
    throw new InvalidRequest('`model` is missing or no text.', 'model');
  if (!Array.isArray(request.messages) || request.messages.length === 0)
    throw new InvalidRequest('`messages` is no list of messages.', 'messages');
  return request;
}

const messagesForm: AnswerForm = {
  whole: toMessage,
  events(completion) {
    const writer = new ToMessageEvents();
    const chunks = readEvents(completionEvents(completion, true).join(''));
    return [...chunks.flatMap((chunk) => writer.push(chunk)), ...writer.end()].join('');
  },
  tellsUsageLast: false,
  read: (response) => (response.type === 'message' ? toCompletion(response, now()) : response),
  readStream(text) {
    const writer = new ToChunks({ created: now(), includeUsage: true });
    return assembleStream(
      readEvents(text)
        .flatMap((event) => writer.push(event))
        .join(''),
    );
  },
};

function readEvents(text: string): readonly JsonObject[] {
  const reader = new EventReader();
  return [...reader.push(Buffer.from(text)), ...reader.finish()];
}

function now(): number {
  return Math.floor(Date.now() / 1_000);
}
