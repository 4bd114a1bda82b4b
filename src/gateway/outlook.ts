import { callsNeeded } from '../certify/binomial-bounds.ts';
import { deltaOfLook } from '../certify/look-budget.ts';
import { isLearnable } from '../records/output-shape.ts';
import type { TaskRunner } from './task-runner.ts';
import { type TaskTrack, type TrackSettings, WINDOW_DAYS } from './task-track.ts';

/** In people's words: what a task is waiting for, and when its next certificate can be expected at its volume. */
export function describeOutlook(
  runner: TaskRunner,
  { epsilon, delta }: Pick<TrackSettings, 'epsilon' | 'delta'>,
): string {
  const { task, track } = runner;
  if (task.kind === 'group') return 'free text: audited, never learned';
  if (!isLearnable(task.shape)) return `not yet learnable: ${task.shape.why}`;
  if (track === null) return 'no call seen since the start';
  if (track.serving !== null)
    return runner.livedStage === 'live'
      ? 'answering what it is sure of'
      : `certified; waits for \`rightsize stage ${task.name} auto\``;
  const { calls, days } = waitOf(
    track,
    callsNeeded({ errors: 0, epsilon, delta: deltaOfLook(delta, track.looks + 1) }),
  );
  return `nothing can be certified yet: ${calls.toLocaleString('en')} more calls needed${expectedIn(days)}`;
}

/** At the least: without an error, and with a window opened as soon as there is a student. */
function waitOf(track: TaskTrack, fewest: number): { readonly calls: number; readonly days: number | null } {
  const perDay = track.callsPerDay;
  if (track.trial !== null) {
    const { missing, share } = track.trial;
    return { calls: missing, days: perDay === null ? null : missing / (perDay * share) };
  }
  const training = track.rowsUntilTraining;
  return {
    calls: training + fewest,
    days: perDay === null ? null : training / perDay + Math.max(fewest / perDay, WINDOW_DAYS),
  };
}

function expectedIn(days: number | null): string {
  if (days === null || !Number.isFinite(days)) return '';
  const hours = Math.ceil(days * 24);
  if (hours <= 1) return '; expected within the hour at this volume';
  return days < 2
    ? `; expected in ${hours} hours at this volume`
    : `; expected in ${Math.ceil(days)} days at this volume`;
}
