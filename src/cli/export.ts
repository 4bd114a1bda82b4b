import { existsSync } from 'node:fs';
import { Command, Option } from 'commander';
import { RightsizeError } from '../errors.ts';
import { datasetRows } from '../export/dataset.ts';
import { exportModule } from '../export/export-module.ts';
import { readRuntimeText } from '../export/runtime-text.ts';
import { writeWholeFiles } from '../export/write-whole-files.ts';
import { resolveTask } from '../gateway/resolve-task.ts';
import type { Task } from '../records/task.ts';
import { describePromise } from './describe-promise.ts';
import { type OpenedStore, withStore } from './open-store-for.ts';
import { wrongUsage } from './output.ts';
import { parseShare } from './parse-options.ts';
import { type CommandContext, dataOption, jsonOption, runCommand, yesOption } from './run-command.ts';
import { frozenCalls, learnableShapeOf, readExamples } from './stored-tasks.ts';
import { percent } from './table.ts';
import { tasksOf } from './tasks.ts';
import { readVersion } from './version.ts';

interface ExportFlags {
  readonly as: 'module' | 'dataset';
  readonly out?: string;
  readonly force?: true;
  readonly uncertified?: true;
  readonly threshold?: number;
}

interface ExportJob {
  readonly store: OpenedStore;
  readonly task: Task;
  readonly flags: ExportFlags;
  readonly context: CommandContext;
  readonly runtime: () => Promise<string>;
}

/** `rightsize export TASK --as module|dataset`: a student, or the examples of a task, for use outside. */
export function createExportCommand(runtime: () => Promise<string> = readRuntimeText): Command {
  return new Command('export')
    .description('Writes the student of a task as one module that runs anywhere, or its examples as a data set.')
    .argument('<task>', 'name, id, or tenant/name')
    .addOption(new Option('--as <form>', 'what to write').choices(['module', 'dataset']).makeOptionMandatory())
    .option('--out <file>', 'where to (default: TASK.student.mjs or TASK.dataset.jsonl)')
    .option('--force', 'replace a file that exists')
    .option('--uncertified', 'let a student answer that has no certificate; takes --threshold')
    .option('--threshold <score>', 'score from which an uncertified student answers', parseShare)
    .addOption(dataOption())
    .addOption(jsonOption())
    .addOption(yesOption())
    .action(runCommand<[string, ExportFlags]>((wanted, flags, context) => exportTask(wanted, flags, context, runtime)));
}

async function exportTask(
  wanted: string,
  flags: ExportFlags,
  context: CommandContext,
  runtime: () => Promise<string>,
): Promise<void> {
  if ((flags.uncertified === true) !== (flags.threshold !== undefined))
    throw wrongUsage('--uncertified and --threshold go together: a score from which it answers without a promise');
  await withStore(
    context,
    async (store) => {
      const task = resolveTask(await tasksOf(store, context), wanted);
      const job = { store, task, flags, context, runtime };
      await (flags.as === 'module' ? exportStudent(job) : exportDataset(job));
    },
    { onlyReads: true },
  );
}

async function exportStudent({ store, task, flags, context, runtime }: ExportJob): Promise<void> {
  const file = flags.out ?? `${fileName(task.name)}.student.mjs`;
  const { code, types, card } = await exportModule({
    store,
    task,
    runtime: await runtime(),
    uncertifiedThreshold: flags.threshold ?? null,
    now: Date.now(),
    rightsize: readVersion(),
  });
  if (card.certificate === null) await confirmUncertified(task, card.threshold, context);
  const typesFile = typesBeside(file);
  await confirmReplacing([file, typesFile], flags, context);
  await writeWholeFiles({ [file]: code, [typesFile]: types }, context.signal);
  const bytes = Buffer.byteLength(code);
  if (context.isJson) return context.printJson({ form: 'module', file, types: typesFile, bytes, card });
  context.say(`Wrote ${file} (${(bytes / 1e6).toFixed(1)} MB) and its types, ${typesFile}.`);
  const { certificate, threshold, student } = card;
  if (certificate !== null)
    context.say(
      `It answers from a score of ${certificate.threshold.toFixed(3)} on: ${describePromise(certificate)}; confidence ${percent(1 - certificate.delta, 0)}. Nothing watches that promise outside the gateway.`,
    );
  else if (threshold !== null) context.say(`It answers from a score of ${threshold} on, and promises nothing.`);
  if (student.encoder !== null)
    context.say(
      `It needs vectors of the encoder ${student.encoder.id} (${student.encoder.dimensions} dimensions), and abstains without.`,
    );
}

async function confirmUncertified(task: Task, threshold: number | null, context: CommandContext): Promise<void> {
  if (threshold !== null) {
    context.warn(`The student of ${task.name} has no certificate: nobody knows how often it will be wrong.`);
    return;
  }
  context.warn(`The student of ${task.name} has no certificate: the module would abstain from everything.`);
  if (await context.confirm('Write it all the same?')) return;
  throw new RightsizeError('not_certified', `The student of \`${task.name}\` has no certificate.`);
}

async function exportDataset({ store, task, flags, context }: ExportJob): Promise<void> {
  const file = flags.out ?? `${fileName(task.name)}.dataset.jsonl`;
  const shape = learnableShapeOf(task);
  const examples = await readExamples(store, task, context.signal);
  if (examples.length === 0)
    throw new RightsizeError('too_few_examples', `No answered call of \`${task.name}\` is kept.`);
  const rows = datasetRows(examples, shape, await frozenCalls(store, task));
  await confirmReplacing([file], flags, context);
  context.warn(
    `The content of ${rows.length} calls leaves the store: retention and \`tasks forget\` do not reach ${file}.`,
  );
  await writeWholeFiles({ [file]: rows.map((row) => `${JSON.stringify(row)}\n`).join('') }, context.signal);
  const splits = Object.fromEntries(
    (['train', 'certify', 'judge', 'none'] as const).map((split) => [
      split,
      rows.filter((row) => row.split === split).length,
    ]),
  );
  if (context.isJson) return context.printJson({ form: 'dataset', file, task: task.id, rows: rows.length, splits });
  const counts = Object.entries(splits).map(([split, count]) => `${count} ${split}`);
  context.say(`Wrote ${rows.length} examples of ${task.name} to ${file}: ${counts.join(', ')}.`);
}

async function confirmReplacing(
  files: readonly string[],
  { force }: ExportFlags,
  context: CommandContext,
): Promise<void> {
  const taken = files.filter((file) => existsSync(file));
  if (taken.length === 0 || force === true) return;
  const names = taken.map((file) => `\`${file}\``).join(' and ');
  if (await context.confirm(`Replace ${names}?`)) return;
  throw new RightsizeError('file_exists', `${names} exists already.`);
}

/** A task's name as the name of a file: without what paths and shells read as something else. */
function fileName(task: string): string {
  return task.replace(/[^\p{L}\p{N}._-]+/gu, '-').replace(/^[.-]+/, '') || 'task';
}

/** TypeScript looks for the types of `x.mjs` in `x.d.mts`, and for those of `x.js` in `x.d.ts`. */
function typesBeside(file: string): string {
  const [, stem = file, ending = ''] = /^(.*)\.([cm]?)js$/.exec(file) ?? [];
  return `${stem}.d.${ending}ts`;
}
