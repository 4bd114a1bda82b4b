import { createInterface } from 'node:readline/promises';
import { CommanderError } from 'commander';
import picocolors from 'picocolors';
import { RightsizeError } from '../errors.ts';
import { createProgress, type Progress } from './progress.ts';

/** The part of a terminal or file that commands write to. */
export interface Sink {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** Where a command writes. With `json`, standard output carries exactly one document and people's words move to standard error. */
export interface Output {
  readonly isJson: boolean;
  readonly colours: ReturnType<typeof picocolors.createColors>;
  /** People's words, one line; on standard error with `--json`. */
  say(line?: string): void;
  /** A warning: always on standard error. */
  warn(line: string): void;
  /** The one JSON document. Throws when called twice, or without `--json`. */
  printJson(document: unknown): void;
  /** A progress bar on standard error, with the time left. */
  progress(label: string): Progress;
  /** Asks on a terminal; without one the answer is no, with `--yes` it is yes. */
  confirm(question: string): Promise<boolean>;
}

export interface OutputOptions {
  readonly json?: boolean;
  readonly yes?: boolean;
  readonly stdout?: Sink;
  readonly stderr?: Sink;
}

export function createOutput(options: OutputOptions = {}): Output {
  const { json = false, yes = false, stdout = process.stdout, stderr = process.stderr } = options;
  const people = json ? stderr : stdout;
  let printed = false;
  return {
    isJson: json,
    colours: picocolors.createColors(hasColours(people)),
    say: (line = '') => void people.write(`${line}\n`),
    warn: (line) => void stderr.write(`${line}\n`),
    printJson(document) {
      if (!json || printed) throw new Error(json ? 'printJson() was called twice' : 'printJson() needs --json');
      printed = true;
      stdout.write(`${JSON.stringify(document, null, 2)}\n`);
    },
    progress: (label) => createProgress({ label, sink: stderr }),
    confirm: (question) => (yes ? Promise.resolve(true) : ask(question)),
  };
}

/** The user's own wish first (NO_COLOR, FORCE_COLOR), then whether anybody looks at it. */
function hasColours(sink: Sink): boolean {
  if (process.env.NO_COLOR) return false;
  if (process.env.FORCE_COLOR) return true;
  return sink.isTTY === true && process.env.TERM !== 'dumb';
}

async function ask(question: string): Promise<boolean> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return false;
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await terminal.question(`${question} [y/N] `)).trim());
  } finally {
    terminal.close();
  }
}

/** Ends a command with exit status 2: the command line itself is wrong. */
export function wrongUsage(message: string): CommanderError {
  return new CommanderError(2, 'rightsize.usage', `error: ${message}`);
}

const systemErrors: Readonly<Record<string, 'disk_full' | 'folder_not_writable' | 'file_not_found'>> = {
  ENOSPC: 'disk_full',
  EDQUOT: 'disk_full',
  EACCES: 'folder_not_writable',
  EPERM: 'folder_not_writable',
  EROFS: 'folder_not_writable',
  ENOENT: 'file_not_found',
};

/** Any failure as an error with a code and a way out. What nobody foresaw is `internal`. */
export function asRightsizeError(error: unknown): RightsizeError {
  if (error instanceof RightsizeError) return error;
  const code = error instanceof Error && 'code' in error ? systemErrors[String(error.code)] : undefined;
  return new RightsizeError(code ?? 'internal', error instanceof Error ? error.message : String(error), {
    cause: error,
  });
}

/** One line for the reason, one for the way out. */
export function describeError(error: RightsizeError, colours = picocolors.createColors(false)): string {
  const reason = `${colours.red(`error[${error.code}]:`)} ${error.message.replaceAll('\n', ' ')}`;
  return `${reason}\n${colours.dim(error.remedy)}`;
}
