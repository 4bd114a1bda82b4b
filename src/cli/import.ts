import { Command } from 'commander';
import { type ImportReport, importCalls } from '../capture/import-calls.ts';
import type { BadLine } from '../capture/read-call-log.ts';
import type { PrivacyCounts } from '../gateway/call-privacy.ts';
import { importedCalls } from '../gateway/imported-calls.ts';
import type { Task } from '../records/task.ts';
import type { Store } from '../storage/store.ts';
import { withStore } from './open-store-for.ts';
import { type CommandContext, dataOption, jsonOption, runCommand } from './run-command.ts';
import { findStoredTasks } from './stored-tasks.ts';

interface ImportFlags {
  readonly tenant?: string;
}

/** Bad lines that are shown one by one; all are counted. */
const shownBadLines = 10;

/** `rightsize import FILE…`: call logs into the store. */
export function createImportCommand(): Command {
  return new Command('import')
    .description('Imports call logs, plain or compressed; importing a file twice adds nothing.')
    .argument('<file...>', 'our call log, OpenAI batch input and output, or an export of LiteLLM or Langfuse')
    .option('--tenant <name>', 'tenant of the calls that name none (default: default)')
    .addOption(dataOption())
    .addOption(jsonOption())
    .action(runCommand<[readonly string[], ImportFlags]>(importFiles));
}

async function importFiles(files: readonly string[], flags: ImportFlags, context: CommandContext): Promise<void> {
  await withStore(context, async (store) => {
    const bad: BadLine[] = [];
    const { report, failure } = await readInto(store, { files, flags, context, bad });
    sayBadLines(bad, report.badLines, context);
    if (failure) {
      context.warn(`${counted(report.calls, 'call')} before that ${report.calls === 1 ? 'is' : 'are'} stored.`);
      throw failure;
    }
    sayReport(report, context);
    const tasks = await tasksIn(store, context);
    if (context.isJson) return context.printJson({ ...report, from: iso(report.from), to: iso(report.to), bad, tasks });
    const kinds = [...new Set(tasks.map(({ kind }) => kind))].map((kind) =>
      counted(tasks.filter((task) => task.kind === kind).length, kind),
    );
    context.say(`Found ${kinds.join(' and ') || 'no task yet'}. List them with \`rightsize tasks\`.`);
  });
}

interface Reading {
  readonly files: readonly string[];
  readonly flags: ImportFlags;
  readonly context: CommandContext;
  /** Takes the first bad lines. */
  readonly bad: BadLine[];
}

async function readInto(store: Store, { files, flags, context, bad }: Reading): ReturnType<typeof importCalls> {
  const { prepare, counts } = importedCalls(await context.settings());
  const progress = context.progress('importing');
  try {
    return await importCalls({
      files,
      calls: store.calls,
      prepare,
      now: Date.now(),
      signal: context.signal,
      ...(flags.tenant === undefined ? {} : { tenant: flags.tenant }),
      onBadLine: (line) => bad.length < shownBadLines && bad.push(line),
      onProgress: (done, total) => progress.update(megabytes(done), megabytes(total), 'MB'),
    });
  } finally {
    progress.end();
    sayRedacted(counts, context);
  }
}

function sayRedacted(counts: PrivacyCounts, { warn }: CommandContext): void {
  const stretches = counts.list().reduce((sum, { count }) => sum + count, 0);
  if (stretches > 0) warn(`${counted(stretches, 'stretch', 'stretches')} of personal data and secrets replaced.`);
  if (counts.failures > 0)
    warn(`${counted(counts.failures, 'call')} could not be redacted; only figures of them are kept.`);
}

async function tasksIn(store: Store, { progress, signal }: CommandContext): Promise<readonly TaskLine[]> {
  const bar = progress('finding tasks');
  try {
    return (await findStoredTasks(store, { progress: bar, signal })).map(taskLine);
  } finally {
    bar.end();
  }
}

type TaskLine = Pick<Task, 'id' | 'name' | 'tenant' | 'kind'> & { readonly shape: string };

function taskLine({ id, name, tenant, kind, shape }: Task): TaskLine {
  return { id, name, tenant, kind, shape: shape.kind };
}

function sayBadLines(bad: readonly BadLine[], count: number, { warn }: CommandContext): void {
  for (const { file, line, reason } of bad) warn(`${file}:${line}: ${reason}`);
  if (count > bad.length) warn(`… and ${count - bad.length} more bad lines`);
}

function sayReport(
  { calls, added, notKept, badLines, future, backwards, from, to }: ImportReport,
  context: CommandContext,
): void {
  const known = calls - added - notKept;
  const parts = [
    `${counted(added, 'new call')}`,
    ...(known > 0 ? [`${known.toLocaleString('en')} stored already`] : []),
    ...(notKept > 0 ? [`${notKept.toLocaleString('en')} not to be kept`] : []),
    ...(badLines > 0 ? [`${counted(badLines, 'bad line')} passed over`] : []),
  ];
  context.say(`Imported ${parts.join(', ')}; from ${iso(from)} to ${iso(to)}.`);
  if (future > 0) context.warn(`${counted(future, 'call')} dated in the future; check the clock that wrote the log.`);
  if (backwards > 0) context.warn(`${counted(backwards, 'call')} dated before the line above; kept, and put in order.`);
}

function counted(count: number, what: string, several = `${what}s`): string {
  return `${count.toLocaleString('en')} ${count === 1 ? what : several}`;
}

function iso(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}

function megabytes(bytes: number): number {
  return Math.ceil(bytes / 1e6);
}
