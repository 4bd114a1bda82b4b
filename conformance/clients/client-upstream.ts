import { choice, chunk, chunks, completion, usageChunk } from '../bodies.ts';
import { pause } from '../client.ts';
import type { UpstreamRequest } from '../request-reader.ts';
import type { UpstreamScript } from '../scripted-upstream.ts';
import type { UpstreamReply } from '../upstream-reply.ts';
import { answerResponses } from './client-responses.ts';

const said = 'Hello, größer 👋';
const weather = '{"city":"Ulm","celsius":3}';
const callA = { id: 'call_a', name: 'get_weather', text: '{"city":"Köln"}' };
const callB = { id: 'call_b', name: 'get_time', text: '{"city":"Ulm"}' };

interface ClientQuestion {
  readonly case: string;
  readonly isStream: boolean;
  readonly withUsage: boolean;
  /** A function that the request forces, for structured output. */
  readonly forced: string | null;
}

/** Plays OpenAI's API for the scripts of the clients: the last message of each request names its case. */
export const answerClients: UpstreamScript = async (reply, request) => {
  const { path } = request;
  if (path.endsWith('/embeddings')) return embed(reply, request.json());
  const question = readQuestion(request);
  if (path.endsWith('/responses')) return answerResponses(reply, { said, ...question });
  if (question.case === 'bad') return refuse(reply, 400, 'some_code');
  if (question.case === 'limited') return refuse(reply, 429, 'rate_limit_exceeded');
  if (question.case === 'abort') return drip(reply, question.isStream);
  const calls = callsOf(question);
  if (!question.isStream)
    return reply.json(200, calls.length > 0 ? withCalls(calls) : completion(textOf(question)), ids);
  if (question.case === 'broken') return breakOff(reply);
  const events = calls.length > 0 ? callEvents(calls) : chunks(...(textOf(question).match(/.{1,5}/gsu) ?? []));
  reply.events([...events, ...(question.withUsage ? [usageChunk()] : [])], ids);
};

const ids = { 'x-request-id': 'req_client_matrix' };

function readQuestion({ text, json }: UpstreamRequest): ClientQuestion {
  const body = json() as {
    stream?: boolean;
    stream_options?: { include_usage?: boolean };
    tool_choice?: { function?: { name?: string } };
  };
  return {
    case: [...text.matchAll(/case: (\w+)/g)].at(-1)?.[1] ?? 'plain',
    isStream: body.stream === true,
    withUsage: body.stream_options?.include_usage === true,
    forced: body.tool_choice?.function?.name ?? null,
  };
}

function textOf(question: ClientQuestion): string {
  return question.case === 'structured' ? weather : said;
}

type ToolCall = typeof callA;

function callsOf(question: ClientQuestion): readonly ToolCall[] {
  if (question.case === 'structured' && question.forced !== null)
    return [{ id: 'call_a', name: question.forced, text: weather }];
  if (question.case === 'tools') return [callA];
  return question.case === 'parallel' ? [callA, callB] : [];
}

function withCalls(calls: readonly ToolCall[]): Record<string, unknown> {
  const tool_calls = calls.map(({ id, name, text }) => ({ id, type: 'function', function: { name, arguments: text } }));
  return completion(null, {
    choices: [choice({ role: 'assistant', content: null, refusal: null, tool_calls }, { finish_reason: 'tool_calls' })],
  });
}

/** The first fragment of a call has its name, the others pieces of its arguments; the calls alternate. */
function callEvents(calls: readonly ToolCall[]): readonly unknown[] {
  const starts = calls.map(({ id, name }, index) => ({
    index,
    id,
    type: 'function',
    function: { name, arguments: '' },
  }));
  const pieces = calls.flatMap(({ text }, index) =>
    (text.match(/.{1,4}/gsu) ?? []).map((piece, at) => ({ at, index, piece })),
  );
  const deltas = pieces
    .sort((a, b) => a.at - b.at || a.index - b.index)
    .map(({ index, piece }) => ({ index, function: { arguments: piece } }));
  return [
    chunk({ role: 'assistant', content: null }),
    ...[...starts, ...deltas].map((part) => chunk({ tool_calls: [part] })),
    chunk({}, { finish: 'tool_calls' }),
  ];
}

function refuse(reply: UpstreamReply, status: number, code: string): void {
  reply.json(
    status,
    { error: { message: 'The upstream says no.', type: 'invalid_request_error', param: 'messages', code } },
    ids,
  );
}

async function drip(reply: UpstreamReply, isStream: boolean): Promise<void> {
  if (!isStream) return;
  reply.stream(ids).event(chunk({ role: 'assistant', content: '' }));
  for (let at = 0; at < 200 && !reply.socket.destroyed; at++) {
    reply.event(chunk({ content: `${at} ` }));
    await pause(50);
  }
}

async function breakOff(reply: UpstreamReply): Promise<void> {
  reply
    .stream(ids)
    .event(chunk({ role: 'assistant', content: '' }))
    .event(chunk({ content: 'Hel' }));
  await pause(50);
  reply.reset();
}

/** Vectors that are exact in 32 bits; base64 where it is asked for, as OpenAI gives them. */
function embed(reply: UpstreamReply, body: Record<string, unknown>): void {
  const inputs = Array.isArray(body.input) ? body.input : [body.input];
  const data = inputs.map((_, index) => {
    const vector = [0.5 / (index + 1), -0.25, 2, index + 1];
    const packed = Buffer.from(Float32Array.from(vector).buffer).toString('base64');
    return { object: 'embedding', index, embedding: body.encoding_format === 'base64' ? packed : vector };
  });
  reply.json(200, { object: 'list', model: body.model, data, usage: { prompt_tokens: 2, total_tokens: 2 } }, ids);
}
