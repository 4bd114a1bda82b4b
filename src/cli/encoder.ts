import { Command, Option } from 'commander';
import type { EncoderManifest } from '../encoder/encoder-manifest.ts';
import { defaultEncoder } from '../encoder/fetch-encoder.ts';
import { type InstalledEncoder, installEncoder } from '../encoder/install-encoder.ts';
import { chooseEncoder, findEncoder, listEncoders, removeEncoder } from '../encoder/installed-encoders.ts';
import { RightsizeError } from '../errors.ts';
import { openStore } from '../storage/open-store.ts';
import { wrongUsage } from './output.ts';
import { parseMilliseconds } from './parse-options.ts';
import { type CommandContext, dataOption, jsonOption, runCommand, yesOption } from './run-command.ts';
import { drawTable } from './table.ts';

interface AddFlags {
  readonly default?: boolean;
  readonly name?: string;
  readonly pooling: 'mean' | 'first';
  readonly slowestMs?: number;
}

/** `rightsize encoder`: the sentence encoders of a data folder. */
export function createEncoderCommand(): Command {
  const command = new Command('encoder').description(
    'Keeps sentence encoders: with one, students see meaning beside words.',
  );
  command
    .command('add')
    .description('Adds an ONNX sentence encoder with its tokenizer; it is run a little before it is taken.')
    .argument('[source]', 'folder with model.onnx and tokenizer.json, or the http address of one')
    .option('--default', `fetch all-MiniLM-L6-v2 (${defaultEncoder.megabytes} MB), as without a source`)
    .option('--name <name>', 'what to call it (default: after its source)')
    .addOption(
      new Option('--pooling <kind>', 'how token states become one vector, where the model does not do it')
        .choices(['mean', 'first'])
        .default('mean'),
    )
    .option('--slowest-ms <ms>', 'time a text of thirty tokens may take (default: 50)', parseMilliseconds)
    .addOption(dataOption())
    .addOption(jsonOption())
    .action(runCommand<[string | undefined, AddFlags]>(add));
  command
    .command('list')
    .description('Lists the installed encoders, and which one is used.')
    .addOption(dataOption())
    .addOption(jsonOption())
    .action(runCommand<[unknown]>(list));
  command
    .command('remove')
    .description('Removes an encoder; students that need it leave their calls to the teacher from then on.')
    .argument('<encoder>', 'name or id')
    .addOption(dataOption())
    .addOption(jsonOption())
    .addOption(yesOption())
    .action(runCommand<[string, unknown]>(remove));
  return command;
}

async function add(source: string | undefined, flags: AddFlags, context: CommandContext): Promise<void> {
  if (source !== undefined && flags.default) throw wrongUsage('give a source or --default, not both');
  const settings = await context.settings();
  const from = source ?? defaultEncoder.address;
  if (source === undefined) context.say(`Fetching ${from}, some ${defaultEncoder.megabytes} MB.`);
  const progress = context.progress('fetching');
  let added: InstalledEncoder;
  try {
    added = await installEncoder({
      data: settings.data,
      source: from,
      name: flags.name ?? null,
      pooling: flags.pooling,
      slowestMs: flags.slowestMs ?? settings.encoder.slowestMs,
      now: Date.now(),
      signal: context.signal,
      onProgress: (done, total, file) =>
        progress.update(megabytes(done), total === null ? null : megabytes(total), `MB of ${file}`),
    });
  } finally {
    progress.end();
  }
  if (context.isJson) context.printJson(added);
  else sayAdded(added, context);
}

function sayAdded({ encoder, isNew }: InstalledEncoder, { say, colours }: CommandContext): void {
  const { name, id, dimensions, tokens, medianMs } = encoder;
  if (!isNew) {
    say(`It is there already, as ${name} (${id.slice(0, 12)}).`);
    return;
  }
  say(`Added ${colours.bold(name)} (${id.slice(0, 12)}): ${dimensions} dimensions, up to ${tokens} tokens.`);
  say(`A text of thirty tokens takes ${medianMs.toFixed(1)} ms on this machine.`);
  say('Trainings use it from now on, a running server after its next start.');
}

async function list(_options: unknown, context: CommandContext): Promise<void> {
  const { data, encoder: wanted } = await context.settings();
  const encoders = await listEncoders(data);
  const used = await chooseEncoder(data, wanted.use);
  if (context.isJson) return context.printJson({ encoders, used: used?.id ?? null });
  if (encoders.length === 0) return context.say('No encoder is installed. Add one with `rightsize encoder add`.');
  const heading = ['ENCODER', 'ID', 'DIMENSIONS', 'TOKENS', 'MB', 'MS', 'FROM'];
  for (const line of drawTable([heading, ...encoders.map(describe)])) context.say(line);
  context.say();
  context.say(
    used === null ? 'None is used: name one with --encoder, or in the setting `encoder.use`.' : `${used.name} is used.`,
  );
}

function describe({ name, id, dimensions, tokens, bytes, medianMs, source }: EncoderManifest): readonly string[] {
  return [
    name,
    id.slice(0, 12),
    String(dimensions),
    String(tokens),
    String(megabytes(bytes)),
    medianMs.toFixed(1),
    source,
  ];
}

async function remove(wanted: string, _options: unknown, context: CommandContext): Promise<void> {
  const { data } = await context.settings();
  const encoder = await findEncoder(data, wanted);
  const students = await studentsNeeding(data, encoder.id);
  for (const { id, task } of students) context.say(`Student ${id.slice(0, 12)} of ${task} needs it.`);
  const question = students.length === 0 ? `Remove ${encoder.name}?` : `Remove ${encoder.name} all the same?`;
  const removed = await context.confirm(question);
  if (removed) await removeEncoder(data, encoder);
  if (context.isJson) context.printJson({ removed, encoder: encoder.id, students });
  else context.say(removed ? `Removed ${encoder.name}.` : 'Nothing was removed; say --yes to do it.');
}

interface NeedingStudent {
  readonly id: string;
  /** The task's name. */
  readonly task: string;
}

/** Stored students that cannot answer without this encoder. */
async function studentsNeeding(data: string, encoder: string): Promise<readonly NeedingStudent[]> {
  const store = await openStore(data, { readOnly: true }).catch((error: unknown) => {
    // A folder may hold encoders and nothing else yet.
    if (error instanceof RightsizeError && error.code === 'file_not_found') return null;
    throw error;
  });
  if (store === null) return [];
  try {
    const names = new Map((await store.tasks.list()).map(({ id, name }) => [id, name]));
    const students = await store.students.list();
    return students
      .filter(({ details }) => details.encoder === encoder)
      .map(({ id, task }) => ({ id, task: names.get(task) ?? task }));
  } finally {
    await store.close();
  }
}

function megabytes(bytes: number): number {
  return Math.ceil(bytes / 1e6);
}
