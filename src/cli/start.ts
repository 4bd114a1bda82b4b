import { Command, InvalidArgumentError } from 'commander';
import type { PromiseKind } from '../records/certificate.ts';
import { type RunningInstallation, startInstallation } from '../server/start-installation.ts';
import type { Settings, SettingsFlags } from '../settings.ts';
import type { GatewayKey } from '../storage/key-store.ts';
import { describeKept } from './describe-kept.ts';
import { type EncoderFlags, encoderSetting, withEncoderOptions } from './encoder-option.ts';
import { promiseOption } from './promise-option.ts';
import { type CommandContext, dataOption, runCommand } from './run-command.ts';
import { readVersion } from './version.ts';

interface StartOptions extends EncoderFlags {
  readonly port?: number;
  readonly host?: string;
  readonly upstream?: string;
  readonly recorded?: string;
  readonly promise?: PromiseKind;
  readonly stage?: NonNullable<SettingsFlags['stage']>;
}

/** `rightsize start`: gateway and admin API on one port, until a signal ends it. */
export function createStartCommand(): Command {
  return withEncoderOptions(new Command('start'))
    .description('Starts the gateway and the admin API on one port.')
    .option('--port <port>', 'port to listen on; 0 takes any free one (default: 8484)', parsePort)
    .option('--host <address>', 'address to listen on (default: 127.0.0.1)')
    .option('--upstream <url>', 'base URL of an OpenAI-compatible API, with its /v1')
    .option('--recorded <file>', 'a call log that plays the upstream')
    .addOption(promiseOption())
    .option('--stage <stage>', 'how far the students of new tasks are let (default: shadow)')
    .addOption(dataOption())
    .action(runCommand<[StartOptions]>(serve, { graceMs: Number.POSITIVE_INFINITY, endsBySignal: true }));
}

function parsePort(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new InvalidArgumentError('Give a number from 0 to 65535.');
  return port;
}

async function serve(options: StartOptions, context: CommandContext): Promise<void> {
  const readSettings = () => context.settings(toFlags(options));
  const settings = await readSettings();
  const installation = await startInstallation({ settings, readSettings, version: readVersion() });
  // Heard before anybody is told that it runs: an unheard one ends the process.
  const onHangUp = () => void reload(installation, context);
  process.on('SIGHUP', onHangUp);
  sayStarted(installation, settings, context);
  await new Promise<void>((resolve) => {
    if (context.signal.aborted) resolve();
    context.signal.addEventListener('abort', () => resolve(), { once: true });
  });
  context.say('Stopping: running answers may finish.');
  await installation.stop();
  process.off('SIGHUP', onHangUp);
}

/** What is wrong with the new settings is said, and the old ones stay. */
async function reload(installation: RunningInstallation, { say }: CommandContext): Promise<void> {
  try {
    const { applied, needRestart } = await installation.reload();
    say(
      applied.length === 0 ? 'Settings read again: nothing to take up.' : `Settings taken up: ${applied.join(', ')}.`,
    );
    if (needRestart.length > 0) say(`These wait for a restart: ${needRestart.join(', ')}.`);
  } catch (error) {
    say(`The settings stay as they were. ${error instanceof Error ? error.message : String(error)}`);
  }
}

function toFlags({ port, host, upstream, recorded, promise, stage, ...flags }: StartOptions): SettingsFlags {
  return {
    ...encoderSetting(flags),
    ...(port === undefined ? {} : { port }),
    ...(host === undefined ? {} : { host }),
    ...(stage === undefined ? {} : { stage }),
    ...(promise === undefined ? {} : { promise: { kind: promise } }),
    ...(recorded === undefined ? {} : { recorded }),
    ...(upstream === undefined ? {} : { upstream: { baseUrl: upstream } }),
  };
}

function sayStarted(
  { origin, upstream, engine, access }: RunningInstallation,
  settings: Settings,
  { say, colours }: CommandContext,
): void {
  say(`${colours.bold('Rightsize')} listens on ${origin}`);
  say(`  upstream   ${upstream ?? 'none yet: set RIGHTSIZE_UPSTREAM_BASE_URL or give --upstream URL'}`);
  say(`  open to    ${describeDoors(access.gate.isOpen, access.keyring.list())}`);
  say(`  kept       ${describeKept(settings)}`);
  say(`  answering  ${describeLive(engine.status())}`);
  say(`  your application needs only  OPENAI_BASE_URL=${origin}/v1`);
}

function describeDoors(isOpen: boolean, keys: readonly GatewayKey[]): string {
  if (isOpen) return 'every program on this machine, and no other: no key is set; add one with rightsize keys add NAME';
  const live = keys.filter(({ revokedAt }) => revokedAt === null).length;
  if (keys.length === 0) return 'whoever holds the key of `keys.callers`';
  return `whoever holds ${live === 1 ? 'the one gateway key' : `one of ${live} gateway keys`}`;
}

function describeLive(tasks: ReturnType<RunningInstallation['engine']['status']>): string {
  const live = tasks.filter(
    ({ stage, certificate }) => (stage === 'live' || stage === 'canary') && certificate !== null,
  );
  const names = live.map(({ task }) => task.name).join(', ');
  if (live.length > 0) return `students answer in ${live.length} of ${tasks.length} tasks: ${names}`;
  return tasks.length === 0 ? 'no student yet; calls are watched' : `no student; ${tasks.length} tasks are watched`;
}
