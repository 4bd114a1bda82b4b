import { Command } from 'commander';
import { resolveTask } from '../gateway/resolve-task.ts';
import { readAnswer } from '../records/answer.ts';
import type { Call } from '../records/call.ts';
import type { Task } from '../records/task.ts';
import { withTolerance } from '../records/task-tolerance.ts';
import { describeShape, sayShape } from './describe-shape.ts';
import { listDistillability } from './list-distillability.ts';
import { type OpenedStore, withStore } from './open-store-for.ts';
import { parseCount } from './parse-options.ts';
import { type CommandContext, dataOption, jsonOption, runCommand, yesOption } from './run-command.ts';
import { findStoredTasks, forgetTask, renameTask } from './stored-tasks.ts';
import { drawTable, excerpt } from './table.ts';

export interface TaskRow {
  readonly id: string;
  readonly name: string;
  readonly tenant: string;
  readonly kind: Task['kind'];
  readonly shape: string;
  readonly calls: number;
  readonly versions: number;
}

/** `rightsize tasks`: what was found, with examples; and to rename or forget a task. */
export function createTasksCommand(): Command {
  const command = new Command('tasks').description('Lists the tasks found among the stored calls.');
  command
    .option('--distillability', 'say what a student of each task could do, from the log alone')
    .addOption(dataOption())
    .addOption(jsonOption())
    .action(runCommand<[{ readonly distillability?: boolean }]>(listTasks));
  command
    .command('show')
    .description('Shows one task: its prompt, what its answers hold, and its newest calls.')
    .argument('<task>', 'name, id, or tenant/name')
    .option('--calls <count>', 'how many calls to show', parseCount, 5)
    .addOption(dataOption())
    .addOption(jsonOption())
    .action(runCommand<[string, { readonly calls: number }]>(showTask));
  command
    .command('rename')
    .description('Gives a task another name; it stays when tasks are looked for again.')
    .argument('<task>', 'name, id, or tenant/name')
    .argument('<name>', 'the new name')
    .addOption(dataOption())
    .addOption(jsonOption())
    .action(runCommand<[string, string, unknown]>(rename));
  command
    .command('forget')
    .description('Removes a task with its calls, students and certificates.')
    .argument('<task>', 'name, id, or tenant/name')
    .addOption(dataOption())
    .addOption(jsonOption())
    .addOption(yesOption())
    .action(runCommand<[string, unknown]>(forget));
  return command;
}

/** The tasks of a store, with a progress bar while they are looked for. */
export async function tasksOf(store: OpenedStore, context: CommandContext): Promise<readonly Task[]> {
  const progress = context.progress('finding tasks');
  try {
    const tasks = await findStoredTasks(store, { progress, signal: context.signal, isReadOnly: store.isReadOnly });
    const settings = await context.settings();
    return tasks.map((task) => withTolerance(task, settings.tasks));
  } finally {
    progress.end();
  }
}

async function listTasks(options: { readonly distillability?: boolean }, context: CommandContext): Promise<void> {
  await withStore(
    context,
    async (store) => {
      const tasks = await tasksOf(store, context);
      const rows: TaskRow[] = [];
      for (const task of tasks) rows.push(describe(task, await store.calls.count({ task: task.id })));
      rows.sort((a, b) => b.calls - a.calls);
      const unassigned = await store.calls.count({ task: null });
      if (options.distillability) return await listDistillability(store, tasks, rows, context);
      if (context.isJson) return context.printJson({ tasks: rows, callsWithoutTask: unassigned });
      const heading = ['TASK', 'TENANT', 'CALLS', 'VERSIONS', 'ANSWERS'];
      const lines = rows.map((row) => [row.name, row.tenant, `${row.calls}`, `${row.versions}`, row.shape]);
      for (const line of drawTable([heading, ...lines])) context.say(line);
      context.say(`${unassigned} calls belong to no task.`);
    },
    { onlyReads: true },
  );
}

function describe(task: Task, calls: number): TaskRow {
  const { id, name, tenant, kind, versions } = task;
  return { id, name, tenant, kind, shape: describeShape(task), calls, versions: versions.length };
}

async function showTask(wanted: string, options: { readonly calls: number }, context: CommandContext): Promise<void> {
  await withStore(
    context,
    async (store) => {
      const task = resolveTask(await tasksOf(store, context), wanted);
      const stored = await store.calls.list({ task: task.id, limit: options.calls });
      const calls = stored.map(({ call }) => ({ id: call.id, at: new Date(call.at).toISOString(), ...textsOf(call) }));
      if (context.isJson)
        return context.printJson({
          ...describe(task, await store.calls.count({ task: task.id })),
          task,
          newest: calls,
        });
      context.say(`${task.tenant}/${task.name}  ${task.id}`);
      context.say(`${describeShape(task)}`);
      sayShape(task, context);
      for (const version of task.versions) {
        context.say(
          `\nversion ${version.id}, answered by ${version.teacher}, since ${new Date(version.firstSeenAt).toISOString()}`,
        );
        for (const { role, parts } of version.template.messages) {
          const text = parts.map((part) => (part.kind === 'slot' ? `{${part.slot + 1}}` : part.text)).join('');
          context.say(`  ${role}: ${excerpt(text, 160)}`);
        }
      }
      context.say('\nnewest calls');
      for (const { id, input, answer } of calls)
        context.say(`  ${id}  ${excerpt(input, 70)}  →  ${excerpt(answer, 40)}`);
    },
    { onlyReads: true },
  );
}

function textsOf({ request, response, status }: Call): { readonly input: string; readonly answer: string } {
  const last = request.messages.at(-1)?.content;
  const answer = readAnswer(response, status);
  return {
    input: typeof last === 'string' ? last : JSON.stringify(last ?? null),
    answer:
      answer.kind === 'text' ? answer.text : answer.kind === 'none' ? `(${answer.why})` : JSON.stringify(answer.calls),
  };
}

async function rename(wanted: string, name: string, _options: unknown, context: CommandContext): Promise<void> {
  await withStore(context, async (store) => {
    const task = resolveTask(await tasksOf(store, context), wanted);
    await renameTask(store, task, name);
    if (context.isJson) context.printJson({ id: task.id, name });
    else context.say(`${task.name} is now called ${name}.`);
  });
}

async function forget(wanted: string, _options: unknown, context: CommandContext): Promise<void> {
  await withStore(context, async (store) => {
    const task = resolveTask(await tasksOf(store, context), wanted);
    const count = await store.calls.count({ task: task.id });
    if (!(await context.confirm(`Remove ${task.name} with its ${count} calls, students and certificates?`))) {
      context.warn('Nothing was removed. Say --yes to remove it.');
      if (context.isJson) context.printJson({ id: task.id, removed: false, calls: 0 });
      return;
    }
    const calls = await forgetTask(store, task);
    if (context.isJson) context.printJson({ id: task.id, removed: true, calls });
    else context.say(`Removed ${task.name} and ${calls} calls.`);
  });
}
