import type { Logger } from 'pino';
import type { Access } from '../access/open-access.ts';
import { redactorsOf } from '../capture/redaction/redactor.ts';
import { RightsizeError } from '../errors.ts';
import type { Gateway } from '../gateway/gateway.ts';
import type { Settings } from '../settings.ts';
import { openProvider, type Upstream } from './open-upstream.ts';
import { refuseOpenDoors } from './refuse-open-doors.ts';
import { compareSettings, type ReloadReport, reloadedSettings } from './reload-settings.ts';

export interface ReloadingParts {
  readonly settings: Settings;
  readonly log: Logger;
  readonly gateway: Pick<Gateway, 'reconfigure'>;
  readonly access: Pick<Access, 'gateUnder' | 'use'>;
  readonly upstream: Upstream;
  readonly readSettings?: (() => Promise<Settings>) | undefined;
}

export interface Reloading {
  /** Those in force now. */
  readonly settings: Settings;
  reload(): Promise<ReloadReport>;
}

/** Takes up changed settings: everything that can fail comes before anything that is changed. One reload at a time. */
export function createReloading({ log, gateway, access, upstream, readSettings, ...parts }: ReloadingParts): Reloading {
  let { settings } = parts;
  let running: Promise<unknown> = Promise.resolve();
  return {
    get settings() {
      return settings;
    },
    reload() {
      const next = running.then(reloadOnce, reloadOnce);
      running = next.catch(() => {});
      return next;
    },
  };

  async function reloadOnce(): Promise<ReloadReport> {
    if (readSettings === undefined)
      throw new RightsizeError('not_reloadable', 'This server was started from a program, which holds its settings.');
    const read = await readSettings();
    const report = compareSettings(settings, read);
    const next = reloadedSettings(settings, read);
    const gatekeeper = access.gateUnder(next);
    refuseOpenDoors(next, gatekeeper.isOpen);
    redactorsOf(next.redaction);
    const provider = await openProvider(next, log);
    const former = upstream.replace(provider);
    access.use(gatekeeper);
    settings = next;
    log.level = next.log;
    const lastCallEnded = gateway.reconfigure({ settings: next, provider, gatekeeper });
    void lastCallEnded
      .then(() => former?.close())
      .catch((err: unknown) => log.warn({ err }, 'the former upstream could not be closed'));
    log.info(report, 'the settings were read again');
    return report;
  }
}
