import { Readable } from 'node:stream';
import { RightsizeError } from '../../errors.ts';
import type { JsonObject } from '../../records/call.ts';
import { completionEvents } from '../completion-chunks.ts';
import type { Provider, UpstreamRequest, UpstreamResponse } from '../provider.ts';
import { type RecordedAnswer, readRecording } from './read-recording.ts';
import { requestKey } from './request-key.ts';

/** What was answered to one request, in the order of the log: asked again, the next one is given, then the first again. */
interface Recording {
  /** JSON text, small beside the objects it is parsed into. */
  readonly answers: { readonly status: number; readonly body: string }[];
  next: number;
}

/** A log as upstream: a request that stands in it gets its recorded answer, every other one `not_recorded`. */
export async function createRecordedProvider(
  answers: AsyncIterable<RecordedAnswer> | Iterable<RecordedAnswer>,
  name = 'a recorded log',
): Promise<Provider> {
  const recordings = new Map<string, Recording>();
  const models = new Set<string>();
  for await (const { request, response, status } of answers) {
    const key = requestKey(request);
    const recording = recordings.get(key) ?? { answers: [], next: 0 };
    recording.answers.push({ status, body: JSON.stringify(response) });
    recordings.set(key, recording);
    if (typeof request.model === 'string') models.add(request.model);
  }
  return {
    name,
    close: async () => {},
    async send(request) {
      if (request.signal.aborted) throw request.signal.reason;
      return answer(request, await readBody(request.body), recordings, models);
    },
  };
}

/** Throws `file_not_found`, `unreadable_log`; `empty_log` where the file holds no answer. */
export async function openRecordedProvider(file: string): Promise<Provider> {
  let found = 0;
  async function* counted() {
    for await (const answer of readRecording(file)) {
      found++;
      yield answer;
    }
  }
  const provider = await createRecordedProvider(counted(), file);
  if (found === 0) throw new RightsizeError('empty_log', `\`${file}\` holds no recorded answer.`);
  return provider;
}

async function readBody(body: UpstreamRequest['body']): Promise<Buffer> {
  if (body === null || Buffer.isBuffer(body)) return body ?? Buffer.alloc(0);
  const pieces: Buffer[] = [];
  for await (const piece of body) pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces);
}

function answer(
  { method, path }: UpstreamRequest,
  body: Buffer,
  recordings: ReadonlyMap<string, Recording>,
  models: ReadonlySet<string>,
): UpstreamResponse {
  const route = path.split('?')[0] ?? path;
  if (method === 'POST' && route === '/chat/completions') return play(body, recordings);
  if (method === 'GET' && route === '/models')
    return whole(200, JSON.stringify({ object: 'list', data: [...models].map(describeModel) }));
  const model = /^\/models\/(.+)$/.exec(route)?.[1];
  if (method === 'GET' && model !== undefined) return showModel(decodeURIComponent(model), models);
  throw new RightsizeError('route_not_found', `The recorded log does not answer ${method} ${route}.`);
}

function showModel(model: string, models: ReadonlySet<string>): UpstreamResponse {
  if (!models.has(model)) throw new RightsizeError('model_not_found', `The recorded log has no model \`${model}\`.`);
  return whole(200, JSON.stringify(describeModel(model)));
}

function describeModel(id: string): JsonObject {
  return { id, object: 'model', created: 0, owned_by: 'recorded' };
}

function play(body: Buffer, recordings: ReadonlyMap<string, Recording>): UpstreamResponse {
  const request = parseRequest(body);
  const recording = recordings.get(requestKey(request));
  const recorded = recording?.answers[recording.next % recording.answers.length];
  if (recording === undefined || recorded === undefined)
    throw new RightsizeError('not_recorded', 'This request is not in the recorded log.');
  recording.next++;
  const isOk = recorded.status >= 200 && recorded.status < 300;
  if (request.stream !== true || !isOk) return whole(recorded.status, recorded.body);
  const options = request.stream_options;
  const includeUsage =
    typeof options === 'object' && options !== null && 'include_usage' in options && options.include_usage === true;
  const events = completionEvents(JSON.parse(recorded.body) as JsonObject, includeUsage);
  return {
    ...reply(200, 'text/event-stream; charset=utf-8'),
    body: Readable.from(events.map((text) => Buffer.from(text))),
  };
}

function parseRequest(body: Buffer): JsonObject {
  try {
    return JSON.parse(body.toString()) as JsonObject;
  } catch (cause) {
    throw new RightsizeError('invalid_request', 'The body is no JSON.', { cause });
  }
}

function whole(status: number, text: string): UpstreamResponse {
  const bytes = Buffer.from(text);
  const head = reply(status, 'application/json');
  return {
    ...head,
    headers: { ...head.headers, 'content-length': String(bytes.length) },
    body: Readable.from([bytes]),
  };
}

function reply(status: number, contentType: string): Omit<UpstreamResponse, 'body'> {
  return {
    status,
    headers: { 'content-type': contentType },
    failure: (cause) => new RightsizeError('upstream_interrupted', 'The recorded answer broke off.', { cause }),
  };
}
