import type { Access } from '../access/open-access.ts';
import type { Engine } from '../gateway/engine.ts';
import { type InstallationOptions, openInstallation } from './installation.ts';
import { listModels, standingsOf, testModels } from './models.ts';
import type { ReloadReport } from './reload-settings.ts';
import { removeServerFile, writeServerFile } from './server-file.ts';
import { type RunningServer, startServer } from './start-server.ts';

export interface StartOptions extends InstallationOptions {
  readonly version: string;
}

/** One data folder, served on one port. */
export interface RunningInstallation extends RunningServer {
  readonly engine: Engine;
  readonly upstream: string | null;
  readonly access: Access;
  reload(): Promise<ReloadReport>;
}

/** Opens the folder, listens, and leaves the address for commands on this machine. Throws `port_in_use` among others. */
export async function startInstallation(options: StartOptions): Promise<RunningInstallation> {
  const { settings, version } = options;
  const startedAt = Date.now();
  const installation = await openInstallation(options);
  const { engine, gateway, access, upstream, findCall, keepStage, erase, erasedRows } = installation;
  const { metrics, captureCounts } = installation;
  const deployments = () => standingsOf(installation.provider);
  let server: RunningServer | null = null;
  const stop = async () => {
    await server?.stop(installation.settings.drainMs);
    if (server !== null) await removeServerFile(settings.data);
    server = null;
    await installation.close();
  };
  try {
    const facts = { version, startedAt, upstream };
    server = await startServer({
      settings,
      engine,
      gateway,
      access,
      facts,
      findCall,
      keepStage,
      erase,
      erasedRows,
      reload: () => installation.reload(),
      models: {
        list: () => listModels(installation.provider),
        test: (names) => testModels({ provider: installation.provider, settings: installation.settings, names }),
      },
      metrics: async () => ({
        text: await metrics.text({ engine, gateway, capture: captureCounts, deployments, version }),
        contentType: metrics.contentType,
      }),
    });
    if (settings.data !== ':memory:')
      await writeServerFile(settings.data, {
        origin: server.origin,
        pid: process.pid,
        startedAt: new Date(startedAt).toISOString(),
      });
    return { origin: server.origin, engine, access, upstream, stop, reload: () => installation.reload() };
  } catch (error) {
    await stop();
    throw error;
  }
}
