import type { Readable } from 'node:stream';
import { RightsizeError } from '../errors.ts';
import { HangUp } from '../providers/hang-up.ts';
import type { Provider, UpstreamResponse } from '../providers/provider.ts';
import type { Exchange } from './exchange.ts';
import { cancelled } from './relay-upstream.ts';

export interface UpstreamQuestion {
  readonly provider: Provider | null;
  /** As the request names it; null where it names none. */
  readonly model: string | null;
  readonly body: Buffer | Readable | null;
  /** The same body, asking for the usage of a stream; for upstreams that can be asked. */
  readonly meteredBody?: Buffer | null;
}

/** Sends on to the upstream; a caller who hangs up takes the upstream's connection along. */
export function sendUpstream(
  { request, response, path, headers, interruption }: Exchange,
  { provider, model, body, meteredBody = null }: UpstreamQuestion,
): Promise<UpstreamResponse> {
  if (provider === null)
    throw new RightsizeError('upstream_not_configured', 'No upstream is configured: `upstream.baseUrl` is null.');
  if (interruption.reason !== null) throw interruption.reason;
  const caller = new HangUp();
  interruption.stop = (reason) => caller.abort(reason);
  response.once('close', () => {
    if (!response.writableFinished) caller.abort(cancelled());
  });
  return provider.send({
    method: request.method ?? 'GET',
    path,
    headers,
    body,
    model,
    signal: caller,
    ...(meteredBody === null ? {} : { meteredBody }),
  });
}
