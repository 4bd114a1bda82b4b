import type { LearnableShape } from './output-shape.ts';
import type { Task } from './task.ts';

/** What users set of single tasks, by the task's name or by `tenant/name`. */
export type TaskSettings = Readonly<Record<string, { readonly tolerance?: number | undefined }>>;

/** The tolerance of a shape, to be put into what speaks of it; nothing where there is none. */
export function toleranceOf(shape: LearnableShape): { readonly tolerance?: number } {
  return 'tolerance' in shape && shape.tolerance !== undefined ? { tolerance: shape.tolerance } : {};
}

/** A task with the tolerance that was set for its numbers; without one where none is set, or its answers are a label. */
export function withTolerance(task: Task, settings: TaskSettings): Task {
  const { shape } = task;
  if (!('fields' in shape)) return task;
  const set = settings[`${task.tenant}/${task.name}`] ?? settings[task.name];
  if (set?.tolerance === shape.tolerance) return task;
  const { tolerance: _, ...plain } = shape;
  return { ...task, shape: set?.tolerance === undefined ? plain : { ...plain, tolerance: set.tolerance } };
}
