#!/usr/bin/env node
import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Command, CommanderError } from 'commander';
import { commands as allCommands, type CommandEntry } from './commands.ts';
import { asRightsizeError, createOutput, describeError, type Sink } from './output.ts';
import { readVersion } from './version.ts';

export interface MainOptions {
  readonly stdout?: Sink;
  readonly stderr?: Sink;
  readonly commands?: Readonly<Record<string, CommandEntry>>;
}

/** Runs one command line (without node and script) and returns its exit status: 0 done, 1 failed, 2 wrong usage, 130 interrupted. */
export async function main(
  argumentsGiven: readonly string[],
  { stdout = process.stdout, stderr = process.stderr, commands = allCommands }: MainOptions = {},
): Promise<number> {
  try {
    const program = await createProgram(argumentsGiven, commands);
    for (const command of withSubcommands(program)) prepare(command, stdout, stderr);
    await program.parseAsync(argumentsGiven, { from: 'user' });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return reportUsage(error, stderr);
    const failure = asRightsizeError(error);
    const { colours } = createOutput({ stdout: stderr });
    stderr.write(`${describeError(failure, colours)}\n`);
    if (process.env.RIGHTSIZE_DEBUG && failure.cause instanceof Error) stderr.write(`${failure.cause.stack}\n`);
    return failure.code === 'interrupted' ? 130 : 1;
  }
}

/** Only the command that is asked for is loaded; the others are names and a line of help. */
async function createProgram(
  argumentsGiven: readonly string[],
  commands: Readonly<Record<string, CommandEntry>>,
): Promise<Command> {
  const program = new Command('rightsize')
    .description(
      'Finds the narrow tasks in your LLM calls, trains small models on them, and proves how far they can be trusted.',
    )
    .version(readVersion(), '--version', 'print the version')
    .helpOption('--help', 'show this help')
    .helpCommand('help [command]', 'show the help of a command');
  const asked = argumentsGiven.filter((argument) => !argument.startsWith('-'));
  const wanted = asked[0] === 'help' ? asked[1] : asked[0];
  for (const [name, entry] of Object.entries(commands)) program.addCommand(await commandFor(name, entry, wanted));
  return program;
}

async function commandFor(name: string, entry: CommandEntry, wanted: string | undefined): Promise<Command> {
  const command = name === wanted ? await entry.load() : new Command(name);
  return command.summary(entry.summary);
}

function prepare(command: Command, stdout: Sink, stderr: Sink): void {
  command
    .helpOption('--help', 'show this help')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void stdout.write(text),
      writeErr: (text) => void stderr.write(text),
    });
}

function withSubcommands(command: Command): readonly Command[] {
  return [command, ...command.commands.flatMap(withSubcommands)];
}

function reportUsage(error: CommanderError, stderr: Sink): number {
  if (error.code === 'rightsize.usage') stderr.write(`${error.message}\n`);
  // Without any argument commander prints the overview as if that were an error; it is a question.
  const isHelp =
    error.code === 'commander.help' || error.code === 'commander.helpDisplayed' || error.code === 'commander.version';
  return isHelp ? 0 : 2;
}

function isRunDirectly(): boolean {
  const script = process.argv[1];
  return script !== undefined && realpathSync(script) === fileURLToPath(import.meta.url);
}

/** `process.exit` would cut what a pipe has not taken yet. */
function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => stream.write('', () => resolve()));
}

if (isRunDirectly()) {
  // A reader that has seen enough (`| head`) is no failure.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
  const status = await main(process.argv.slice(2));
  await Promise.all([flushed(process.stdout), flushed(process.stderr)]);
  process.exit(status);
}
