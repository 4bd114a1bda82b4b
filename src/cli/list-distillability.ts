import { type Distillability, distillability } from '../curate/distillability.ts';
import { isLearnable } from '../records/output-shape.ts';
import type { Task } from '../records/task.ts';
import type { OpenedStore } from './open-store-for.ts';
import type { CommandContext } from './run-command.ts';
import { readExamples } from './stored-tasks.ts';
import { drawTable, inBand, percent } from './table.ts';
import type { TaskRow } from './tasks.ts';

/** The same tasks with what a student of each could do; null for those that no student can learn. */
export async function listDistillability(
  store: OpenedStore,
  tasks: readonly Task[],
  rows: readonly TaskRow[],
  context: CommandContext,
): Promise<void> {
  const { epsilon } = (await context.settings()).promise;
  const figures = new Map<string, Distillability | null>();
  for (const task of tasks) figures.set(task.id, await distillabilityOf(store, task, epsilon, context.signal));
  if (context.isJson) {
    context.printJson({ epsilon, tasks: rows.map((row) => ({ ...row, distillability: figures.get(row.id) ?? null })) });
    return;
  }
  const lines = rows.map(({ id, name, calls, shape }) => {
    const figure = figures.get(id) ?? null;
    if (figure === null) return [name, `${calls}`, '', '', shape];
    return [name, `${calls}`, inBand(figure.agreement), inBand(figure.answerable), figure.reasons[0]?.words ?? ''];
  });
  const heading = ['TASK', 'CALLS', 'AGREEMENT', 'ANSWERABLE', 'WHY'];
  for (const line of drawTable([heading, ...lines])) context.say(line);
  context.say(
    `Answerable: so that at most ${percent(epsilon)} of all calls differ. Expected before anything is trained; in brackets what holds in nine of ten tasks.`,
  );
}

async function distillabilityOf(
  store: OpenedStore,
  task: Task,
  epsilon: number,
  signal: AbortSignal,
): Promise<Distillability | null> {
  if (task.kind === 'group' || !isLearnable(task.shape)) return null;
  const kind = task.shape.kind === 'label' ? 'label' : 'fields';
  return distillability(await readExamples(store, task, signal), { kind, epsilon });
}
