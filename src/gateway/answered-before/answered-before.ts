import { createHash } from 'node:crypto';
import type { Headers } from '../../providers/provider.ts';
import type { Settings } from '../../settings.ts';
import { tenantOf } from '../describe-call.ts';
import { type Exchange, type ExchangeEnd, plainEnd } from '../exchange.ts';
import type { EndpointName } from '../find-endpoint.ts';
import { readBody } from '../read-body.ts';
import { type RecordedAnswer, recordAnswer, sendRecorded } from './record-answer.ts';
import { RepeatedRequests } from './repeated-requests.ts';
import { type CacheCounts, type CachedAnswer, ResponseCache } from './response-cache.ts';

/** What stands between a request and its route where it may have been answered before. */
export interface AnsweringParts {
  readonly maxBodyBytes: number;
  /** Name of the upstream: answers of another one are other answers. */
  readonly upstream: string | null;
  readonly answer: () => Promise<ExchangeEnd>;
}

/** These read the whole body; what streams through may be too large to be asked twice. */
const repeatable: ReadonlySet<EndpointName> = new Set([
  'chat-completions',
  'completions',
  'embeddings',
  'responses',
  'messages',
]);
/** Larger answers are not kept, and not given again. */
const largestAnswerBytes = 4 * 1024 * 1024;
/** Beside the body these decide what an upstream answers, and how it is packed. */
const tellingHeaders = [
  'accept-encoding',
  'anthropic-beta',
  'anthropic-version',
  'openai-beta',
  'openai-organization',
  'openai-project',
];
/** Whose account at an upstream it is, where callers bring a key of their own for it. */
const accountHeaders = ['authorization', 'x-api-key', 'api-key'];

/** Gives the answer of an earlier request again: to one that names itself as its repetition, and from the cache. */
export class AnsweredBefore {
  readonly #repeats: RepeatedRequests;
  readonly #cache: ResponseCache;

  constructor(settings: Settings['cache'], now: () => number) {
    this.#repeats = new RepeatedRequests({ now });
    this.#cache = new ResponseCache(settings, now);
  }

  get counts(): CacheCounts {
    return this.#cache.counts;
  }

  configure(settings: Settings['cache']): void {
    this.#cache.configure(settings);
  }

  /** Forgets all answers. */
  clear(): void {
    this.#repeats.clear();
    this.#cache.clear();
  }

  /** Whether the request may have been answered before; all others go straight to their route. */
  concerns(exchange: Exchange): boolean {
    if (!repeatable.has(exchange.endpoint.name)) return false;
    return nameOf(exchange) !== null || (this.#cache.isOn && this.#isCached(exchange));
  }

  async answer(exchange: Exchange, parts: AnsweringParts): Promise<ExchangeEnd> {
    const body = await readBody(exchange.request, parts.maxBodyBytes);
    const name = nameOf(exchange);
    if (name === null) return this.#answerCached(exchange, parts, body);
    const { caller, endpoint, request, response, headers } = exchange;
    const tenant = tenantOf(request.headers, caller.tenant);
    const scope = hash(caller.key ?? '', tenant, ...valuesOf(headers, accountHeaders), endpoint.path, name);
    const given = await this.#repeats.answer(scope, hash(body), async () => {
      const recording = recordAnswer(response, largestAnswerBytes);
      const end = await this.#answerCached(exchange, parts, body);
      return { end, answer: end.status < 300 && end.error === null ? recording.answer() : null };
    });
    if ('first' in given) return given.first;
    sendRecorded(response, given.again, { 'x-rightsize-replayed': 'true' });
    return freeEnd(given.again, null);
  }

  async #answerCached(exchange: Exchange, parts: AnsweringParts, body: Buffer): Promise<ExchangeEnd> {
    if (!this.#isCached(exchange)) return parts.answer();
    const { request, response, endpoint, caller, headers } = exchange;
    const tenant = tenantOf(request.headers, caller.tenant);
    const telling = [...valuesOf(headers, tellingHeaders), ...valuesOf(headers, accountHeaders)];
    const place = hash(endpoint.path, parts.upstream ?? '', ...telling, body);
    const found = this.#cache.find(tenant, place);
    if (found !== null) return this.#giveAgain(exchange, found);
    const recording = recordAnswer(response, largestAnswerBytes);
    const end = await parts.answer();
    const isKept = end.answeredBy === 'teacher' && end.status === 200 && end.error === null;
    const answer = isKept ? recording.answer() : null;
    if (answer !== null) this.#cache.add(tenant, place, { answer, model: end.model, cost: end.cost });
    return end;
  }

  /** The caller must still be one who may ask for the model, and it counts as a request of theirs. */
  async #giveAgain({ id, response, reserve }: Exchange, found: CachedAnswer): Promise<ExchangeEnd> {
    const limits = await reserve({ model: found.model, inputTokens: 0, maxOutputTokens: 0 });
    this.#cache.countHit(found);
    sendRecorded(response, found.answer, {
      ...limits,
      'x-rightsize-call': id,
      'x-rightsize-answered-by': 'cache',
      ...(found.cost === null ? {} : { 'x-rightsize-saved-usd': String(found.cost) }),
    });
    return { ...freeEnd(found.answer, found.cost), model: found.model };
  }

  #isCached({ request: { headers }, caller }: Exchange): boolean {
    if (headers['x-rightsize-cache'] === 'no' || headers['x-rightsize-answer'] === 'teacher') return false;
    return this.#cache.isFor(tenantOf(headers, caller.tenant));
  }
}

/** The name a request gives itself, the same when it is sent again. */
function nameOf({ request }: Exchange): string | null {
  const name = request.headers['idempotency-key'];
  return typeof name === 'string' && name !== '' ? name : null;
}

function freeEnd({ status }: RecordedAnswer, saved: number | null): ExchangeEnd {
  const usage = { inputTokens: 0, outputTokens: 0, cachedInputTokens: null };
  return { ...plainEnd(status, 'cache'), usage, cost: 0, saved };
}

function valuesOf(headers: Headers, names: readonly string[]): readonly string[] {
  return names.map((name) => String(headers[name] ?? ''));
}

/** Parts cannot run into each other: each comes with its length. */
function hash(...parts: readonly (string | Buffer)[]): string {
  const sum = createHash('sha256');
  for (const part of parts) sum.update(`${Buffer.byteLength(part)}:`).update(part);
  return sum.digest('base64');
}
