import { pino } from 'pino';
import type { Engine } from '../src/gateway/engine.ts';
import { startInstallation } from '../src/server/start-installation.ts';
import { completeSettings } from '../src/settings.ts';
import type { CheckContext } from './check.ts';
import type { Addressed } from './client.ts';

/** An installation in this process, in front of the upstream of the check, with a loop that is scripted. Keeps nothing. */
export async function withEngine(
  context: CheckContext,
  engine: Engine,
  run: (gateway: Addressed) => Promise<void>,
): Promise<void> {
  const installation = await startInstallation({
    settings: completeSettings({ data: ':memory:', port: 0, upstream: { baseUrl: context.upstream.baseUrl } }),
    version: '0.0.0',
    log: pino({ level: 'silent' }),
    openEngine: async () => engine,
  });
  try {
    await run({
      origin: installation.origin,
      headers: (extra = {}) => ({ 'content-type': 'application/json', ...extra }),
    });
  } finally {
    await installation.stop();
  }
}
