import type { IncomingMessage } from 'node:http';
import { RightsizeError } from '../../errors.ts';
import type { Provider } from '../../providers/provider.ts';
import { type Exchange, type ExchangeEnd, plainEnd } from '../exchange.ts';
import { relayUpstream } from '../relay-upstream.ts';
import { sendUpstream } from '../send-upstream.ts';

export interface PassThroughParts {
  readonly provider: Provider | null;
  readonly maxBodyBytes: number;
}

/** Whatever has no route of its own: streamed to the upstream and back, unread. */
export async function passThrough(
  exchange: Exchange,
  { provider, maxBodyBytes }: PassThroughParts,
): Promise<ExchangeEnd> {
  const { request, response } = exchange;
  if (Number(request.headers['content-length'] ?? 0) > maxBodyBytes)
    throw new RightsizeError('body_too_large', 'The body is larger than `maxBodyBytes`.');
  const limits = await exchange.reserve({ model: null, inputTokens: null, maxOutputTokens: null });
  const upstream = await sendUpstream(exchange, { provider, model: null, body: hasBody(request) ? request : null });
  const failure = await relayUpstream({
    upstream,
    response,
    headers: { ...limits, 'x-rightsize-answered-by': 'teacher' },
    interruption: exchange.interruption,
  });
  return {
    ...plainEnd(failure?.status ?? upstream.status, 'teacher', failure?.code ?? null),
    deployment: upstream.deployment ?? null,
    attempts: upstream.attempts ?? 1,
  };
}

export function hasBody({ headers }: IncomingMessage): boolean {
  return Number(headers['content-length'] ?? 0) > 0 || headers['transfer-encoding'] !== undefined;
}
