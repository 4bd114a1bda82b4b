import { type Command, Option } from 'commander';
import { RightsizeError } from '../errors.ts';
import type { Settings, SettingsFlags } from '../settings.ts';
import { createOutput, type Output } from './output.ts';

/** What every command is handed besides its own arguments and options. */
export interface CommandContext extends Output {
  /** Aborted by Ctrl-C or SIGTERM: stop at the next clean point. Register clean-ups on it. */
  readonly signal: AbortSignal;
  /** Settings from file, environment and flags (in that order); `--data` is already among the flags. */
  settings(flags?: SettingsFlags): Promise<Settings>;
}

export interface RunOptions {
  /** How long an interrupted action may take to clean up; after that the process ends all the same. */
  readonly graceMs?: number;
  /** A signal is the ordinary end of this command (a server): status 0 when the action returns. */
  readonly endsBySignal?: boolean;
}

interface CommonOptions {
  readonly data?: string;
  readonly json?: boolean;
  readonly yes?: boolean;
}

/** Adds `--data`; read it as `(await context.settings()).data`. */
export function dataOption(): Option {
  return new Option('--data <dir>', 'folder that holds everything kept (default: .rightsize; also RIGHTSIZE_DATA)');
}

export function jsonOption(): Option {
  return new Option('--json', 'print exactly one JSON document on standard output');
}

export function yesOption(): Option {
  return new Option('--yes', 'answer every question with yes');
}

/**
 * Wraps a command's work for commander's `.action()`: the last argument (the command) becomes a context. An interrupt
 * aborts `context.signal`, waits for the action to settle (at most `graceMs`) and rejects with `interrupted`; a
 * second one ends the process at once. Whatever the action throws travels on to `main`.
 */
export function runCommand<Arguments extends unknown[]>(
  action: (...inputs: [...Arguments, CommandContext]) => Promise<void> | void,
  { graceMs = 5_000, endsBySignal = false }: RunOptions = {},
): (...inputs: unknown[]) => Promise<void> {
  return async (...inputs) => {
    const command = inputs.at(-1) as Command;
    const interrupt = listenForInterrupts(graceMs);
    const context = createContext(command.optsWithGlobals<CommonOptions>(), interrupt.signal);
    try {
      const work = Promise.resolve(action(...([...inputs.slice(0, -1), context] as [...Arguments, CommandContext])));
      await Promise.race([work, interrupt.graceIsOver]);
      if (interrupt.signal.aborted && !endsBySignal) throw interrupt.signal.reason;
    } catch (error) {
      throw interrupt.signal.aborted && !endsBySignal ? interrupt.signal.reason : error;
    } finally {
      interrupt.stop();
    }
  };
}

function createContext(options: CommonOptions, signal: AbortSignal): CommandContext {
  const output = createOutput({ json: options.json === true, yes: options.yes === true });
  return {
    ...output,
    signal,
    async settings(flags = {}) {
      const { loadSettings } = await import('../settings.ts');
      return loadSettings({ flags: { ...(options.data === undefined ? {} : { data: options.data }), ...flags } });
    },
  };
}

interface Interrupts {
  readonly signal: AbortSignal;
  /** Rejects when an interrupted action did not settle in time. */
  readonly graceIsOver: Promise<never>;
  stop(): void;
}

function listenForInterrupts(graceMs: number): Interrupts {
  const controller = new AbortController();
  let fail: (reason: unknown) => void = () => {};
  const graceIsOver = new Promise<never>((_, reject) => {
    fail = reject;
  });
  graceIsOver.catch(() => {});
  let timer: NodeJS.Timeout | undefined;
  const onSignal = (name: NodeJS.Signals) => {
    if (controller.signal.aborted) process.exit(exitStatusOfSignal(name));
    const reason = new RightsizeError('interrupted', `Stopped by ${name}.`);
    controller.abort(reason);
    if (Number.isFinite(graceMs)) timer = setTimeout(() => fail(reason), graceMs);
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return {
    signal: controller.signal,
    graceIsOver,
    stop() {
      clearTimeout(timer);
      process.off('SIGINT', onSignal);
      process.off('SIGTERM', onSignal);
    },
  };
}

function exitStatusOfSignal(name: NodeJS.Signals): number {
  return name === 'SIGTERM' ? 143 : 130;
}
