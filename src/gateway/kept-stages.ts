import type { Stage } from '../records/route.ts';
import type { StateStore } from '../storage/state-store.ts';
import type { Engine } from './engine.ts';

const prefix = 'stage/';
const allTasks = `${prefix}*`;
const stages: readonly unknown[] = ['off', 'shadow', 'canary', 'live', 'auto'] satisfies readonly (Stage | 'auto')[];

/** Makes a stage outlive the process. `task` null means all tasks, and undoes what was said of single ones. */
export async function keepStage(state: StateStore, task: string | null, stage: Stage | 'auto'): Promise<void> {
  if (task === null) for (const key of await state.keys(prefix)) await state.remove(key);
  await state.set(task === null ? allTasks : prefix + task, stage);
}

/** The stage that was kept for a task, or for all; null where none was. */
export async function keptStageOf(state: StateStore, task: string): Promise<Stage | 'auto' | null> {
  for (const key of [prefix + task, allTasks]) {
    const stage = await state.get(key);
    if (isStage(stage)) return stage;
  }
  return null;
}

/** Gives an engine the stages that were kept: first what holds for all tasks, then for single ones. Tasks that are gone are passed over. */
export async function applyKeptStages(state: StateStore, engine: Engine): Promise<void> {
  const known = new Set(engine.status().map(({ task }) => task.id));
  const forAll = await state.get(allTasks);
  if (isStage(forAll)) engine.setStage(null, forAll);
  for (const key of await state.keys(prefix)) {
    const task = key.slice(prefix.length);
    const stage = await state.get(key);
    if (known.has(task) && isStage(stage)) engine.setStage(task, stage);
  }
}

function isStage(value: unknown): value is Stage | 'auto' {
  return stages.includes(value);
}
