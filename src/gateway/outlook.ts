import { callsNeeded } from '../certify/binomial-bounds.ts';
import { deltaOfLook } from '../certify/look-budget.ts';
import type { TaskRunner } from './task-runner.ts';
import type { TrackSettings } from './task-track.ts';

const DAY_MS = 86_400_000;

/** In people's words: what a task is waiting for, and when its next certificate can be expected at its volume. */
export function describeOutlook(
  runner: TaskRunner,
  { epsilon, delta }: Pick<TrackSettings, 'epsilon' | 'delta'>,
): string {
  const { task, track } = runner;
  if (task.kind === 'group') return 'free text: audited, never learned';
  if (task.shape.kind !== 'label') return `not yet learnable: ${task.shape.why}`;
  if (track === null) return 'no call seen since the start';
  if (track.serving !== null)
    return runner.livedStage === 'live'
      ? 'answering what it is sure of'
      : `certified; waits for \`rightsize stage ${task.name} auto\``;
  const needed =
    track.trial?.missing ??
    track.rowsUntilTraining + callsNeeded({ errors: 0, epsilon, delta: deltaOfLook(delta, track.looks + 1) });
  return `nothing can be certified yet: ${needed.toLocaleString('en')} more calls needed${expectedIn(needed, track.callsPerDay)}`;
}

function expectedIn(calls: number, perDay: number | null): string {
  if (perDay === null || perDay <= 0) return '';
  const days = calls / perDay;
  if (days * DAY_MS < 3_600_000) return '; expected within the hour at this volume';
  return days < 2
    ? `; expected in ${Math.ceil(days * 24)} hours at this volume`
    : `; expected in ${Math.ceil(days)} days at this volume`;
}
