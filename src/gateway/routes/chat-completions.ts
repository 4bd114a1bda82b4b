import { answerCall } from '../answer-call.ts';
import { chatForm } from '../answer-form.ts';
import { askForUsage } from '../ask-for-usage.ts';
import type { Exchange, ExchangeEnd } from '../exchange.ts';
import { readBody } from '../read-body.ts';
import { readChatRequest } from '../read-chat-request.ts';
import type { RouteParts } from '../route-parts.ts';

/** `POST /v1/chat/completions`: a student's answer or the upstream's. */
export async function answerChat(exchange: Exchange, parts: RouteParts): Promise<ExchangeEnd> {
  const body = await readBody(exchange.request, parts.maxBodyBytes);
  const chat = readChatRequest(body);
  return answerCall(exchange, parts, {
    chat,
    body,
    meteredBody: askForUsage(body, chat),
    form: chatForm,
    mayBeStudents: true,
  });
}
