import { Readable } from 'node:stream';
import { RightsizeError } from '../../errors.ts';
import { editTopLevel } from '../edit-top-level.ts';
import type { UpstreamRequest, UpstreamResponse } from '../provider.ts';
import { FirstByteTimeout, firstByte, readSmall } from './first-byte.ts';
import type { Deployment, FleetClock } from './fleet-parts.ts';
import { judgeStatus, saysQuotaIsSpent, type Verdict } from './judge-answer.ts';
import { retryHint } from './retry-hint.ts';
import { Turn } from './turn.ts';

/** What came of asking one deployment once. */
export interface Attempt {
  readonly deployment: Deployment;
  readonly verdict: Verdict;
  /** What the caller gets where nothing better comes. */
  readonly outcome: UpstreamResponse | RightsizeError;
  /** Until then its upstream wants to be left alone; by the fleet's clock. */
  readonly notBefore: number;
  /** False where its upstream says that asking again is of no use. */
  readonly mayRepeat: boolean;
}

export interface Asking {
  readonly request: UpstreamRequest;
  readonly clock: FleetClock;
  /** Time that the call has left. */
  readonly totalTimeoutMs: number;
}

/** Rest of a key whose 429 names no time. */
const restMs = 1_000;
/** Rest of a key whose account is spent. */
const spentRestMs = 60_000;
/** However long an upstream asks for, it is tried again after this. */
const longestRestMs = 600_000;

/**
 * Asks one deployment, and keeps its health. Resolves when the first byte of the answer is there, or with what failed; a
 * `final` answer streams on. Rejects only when the caller hung up, with the signal's reason.
 */
export async function askDeployment(
  deployment: Deployment,
  { request, clock, totalTimeoutMs }: Asking,
): Promise<Attempt> {
  const turn = new Turn(deployment);
  let isStreaming = false;
  try {
    const response = await deployment.provider.send(requestFor(deployment, request, totalTimeoutMs));
    const verdict = judgeStatus(response.status, response.headers);
    if (verdict !== 'final') return await judgeBody(turn, { response, verdict, clock });
    const body = await begunBody(deployment, response);
    isStreaming = true;
    const outcome = body === response.body ? response : { ...response, body };
    watchBody(turn, outcome, request, clock);
    return { deployment, verdict, outcome, notBefore: 0, mayRepeat: false };
  } catch (error) {
    if (request.signal.aborted) throw request.signal.reason;
    if (!(error instanceof RightsizeError)) throw error;
    turn.fail(clock.now());
    return { deployment, verdict: 'failed', outcome: error, notBefore: 0, mayRepeat: true };
  } finally {
    if (!isStreaming) turn.end();
  }
}

function requestFor({ model }: Deployment, request: UpstreamRequest, totalTimeoutMs: number): UpstreamRequest {
  if (model === null || model === request.model) return { ...request, totalTimeoutMs };
  const { body, meteredBody } = request;
  const edits = { model: { value: JSON.stringify(model) } };
  return {
    ...request,
    totalTimeoutMs,
    model,
    body: Buffer.isBuffer(body) ? editTopLevel(body, edits) : body,
    ...(meteredBody === undefined ? {} : { meteredBody: editTopLevel(meteredBody, edits) }),
  };
}

/** Headers are no answer yet: the time for the first byte goes on behind them. */
async function begunBody({ name, firstByteTimeoutMs }: Deployment, { body, failure }: UpstreamResponse) {
  try {
    return await firstByte(body, firstByteTimeoutMs);
  } catch (error) {
    body.on('error', () => {}).destroy();
    if (!(error instanceof FirstByteTimeout)) throw failure(error);
    const message = `The deployment ${name} sent headers and then nothing for ${firstByteTimeoutMs} ms.`;
    throw new RightsizeError('upstream_first_byte_timeout', message);
  }
}

interface RefusedAnswer {
  readonly response: UpstreamResponse;
  readonly verdict: Verdict;
  readonly clock: FleetClock;
}

/** An answer that may be asked for again: read whole, for its connection is wanted back and its words decide. */
async function judgeBody(turn: Turn, { response, verdict, clock }: RefusedAnswer): Promise<Attempt> {
  const { headers } = response;
  const body = await readSmall(response.body);
  const isSpent =
    verdict === 'exhausted' || (verdict === 'limited' && body !== null && saysQuotaIsSpent(body, headers));
  const judged = isSpent ? 'exhausted' : verdict;
  const notBefore = clock.now() + restOf(judged, retryHint(headers, clock.date()));
  if (verdict === 'failed') turn.fail(clock.now());
  turn.rest(notBefore);
  return {
    deployment: turn.deployment,
    verdict: judged,
    outcome: body === null ? unreadable(response) : { ...response, body: Readable.from([body], { objectMode: false }) },
    notBefore,
    mayRepeat: !isSpent && headers['x-should-retry'] !== 'false',
  };
}

function restOf(verdict: Verdict, hintMs: number | null): number {
  const unasked = verdict === 'exhausted' ? spentRestMs : verdict === 'limited' ? restMs : 0;
  return Math.min(hintMs ?? unasked, longestRestMs);
}

/** Its hint is kept, for the caller may act on it. */
function unreadable({ status, headers }: UpstreamResponse): RightsizeError {
  const hint = headers['retry-after'];
  return new RightsizeError('upstream_failed', `The upstream answered ${status} with a page that could not be read.`, {
    headers: hint === undefined ? {} : { 'retry-after': String(hint) },
  });
}

/** A stream's end is the end of its call: only then was it answered, or not. */
function watchBody(turn: Turn, { body }: UpstreamResponse, { signal }: UpstreamRequest, clock: FleetClock): void {
  turn.begin();
  body.once('end', () => turn.succeed());
  body.once('error', () => {
    if (!signal.aborted) turn.fail(clock.now());
  });
  body.once('close', () => turn.end());
}
