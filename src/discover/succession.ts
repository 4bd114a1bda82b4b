import type { Template } from '../records/task.ts';
import { constantsOf, systemConstantsOf } from './name-task.ts';
import { isWord, tokenise } from './tokens.ts';

/** What is known of a template's calls when asking whether another one succeeds it. */
export interface Lifespan {
  /** Text that is constant. */
  readonly constants: string;
  /** An even sample of the times of its calls, milliseconds since 1970; each stands for `stride` calls. */
  readonly times: readonly number[];
  readonly stride: number;
  /** The times of its last calls, every one of them. */
  readonly lastTimes: readonly number[];
  /** What its answers are made of: labels, field names, names of tools. Empty for free text. */
  readonly vocabulary: ReadonlySet<string>;
}

/** What tells one template from another: its constants. Of conversations only how they are set up, for their turns differ in number. */
export function identityOf(template: Template, isConversation: boolean): string {
  const setUp = isConversation ? systemConstantsOf(template) : [];
  return (setUp.length > 0 ? setUp : constantsOf(template)).join('\n');
}

/** `wait`: more calls will tell. */
export type Succession = 'same-task' | 'other-task' | 'wait';

/** Shares of the answers' vocabulary that must be common. */
const knownFromOld = 0.75;
const keptFromOld = 0.5;
/** Words alike, below which two prompts for the same two everyday answers (yes, no) have nothing to do with each other. */
const fewestAlike = 0.25;
/** A template has stopped when it shows less than this share of the calls its past lets expect. */
const stoppedShare = 0.15;
const clearExpectation = 5;
/** Calls after which waiting for evidence ends. */
const mostAwaited = 80;

/**
 * Whether a new template is a known one rewritten: the same answers, and the one stopped when the other began. Two prompts that run
 * side by side are two tasks, however alike.
 */
export function judgeSuccession(known: Lifespan, found: Lifespan): Succession {
  if (squeezed(known.constants) === squeezed(found.constants)) return 'same-task';
  if (!haveSameAnswers(known, found)) return 'other-task';
  const { expected, seen } = presenceDuring(known, found);
  const isEnough = expected >= clearExpectation;
  if (isEnough && seen > 0.6 * expected) return 'other-task';
  const isOver = areApart(known, found) && seen <= Math.max(1, stoppedShare * expected);
  if (isEnough && isOver) return 'same-task';
  if (found.times.length < mostAwaited) return 'wait';
  return isOver ? 'same-task' : 'other-task';
}

function haveSameAnswers(known: Lifespan, found: Lifespan): boolean {
  const likeness = wordLikeness(known.constants, found.constants);
  if (known.vocabulary.size === 0 || found.vocabulary.size === 0)
    return known.vocabulary.size === found.vocabulary.size && likeness >= 0.5;
  if (containment(found.vocabulary, known.vocabulary) < knownFromOld) return false;
  const isManyToSee = known.vocabulary.size > found.times.length / 4;
  if (!isManyToSee && containment(known.vocabulary, found.vocabulary) < keptFromOld) return false;
  return Math.max(known.vocabulary.size, found.vocabulary.size) > 2 || likeness >= fewestAlike;
}

/** Whether one ended, but for a few calls, when the other began. */
function areApart(known: Lifespan, found: Lifespan): boolean {
  const times = [...known.times, ...known.lastTimes];
  return quantile(times, 0.97) <= quantile(found.times, 0.2) || quantile(found.times, 0.8) <= quantile(times, 0.03);
}

/** How many calls of the known template its past lets expect while the found one ran, and how many there were. */
export function presenceDuring(
  known: Pick<Lifespan, 'times' | 'stride' | 'lastTimes'>,
  found: Pick<Lifespan, 'times'>,
): { readonly expected: number; readonly seen: number } {
  const from = quantile(found.times, 0.03);
  const until = quantile(found.times, 0.97);
  const first = Math.min(...known.times);
  const last = Math.max(...known.times, ...known.lastTimes);
  const calls = known.times.length * known.stride;
  const expected = (calls * (until - from)) / Math.max(1, last - first);
  const isRecent = known.lastTimes.length > 0 && Math.min(...known.lastTimes) <= from;
  const seen = isRecent ? within(known.lastTimes, from, until) : within(known.times, from, until) * known.stride;
  return { expected: Math.min(expected, 1000), seen };
}

function within(times: readonly number[], from: number, until: number): number {
  return times.filter((time) => time >= from && time <= until).length;
}

function quantile(times: readonly number[], share: number): number {
  const sorted = [...times].sort((a, b) => a - b);
  return sorted[Math.round(share * (sorted.length - 1))] ?? 0;
}

function containment(some: ReadonlySet<string>, others: ReadonlySet<string>): number {
  let shared = 0;
  for (const item of some) if (others.has(item)) shared++;
  return some.size === 0 ? 0 : shared / some.size;
}

/** Jaccard index of the words. */
function wordLikeness(some: string, others: string): number {
  const left = new Set(tokenise(some.toLowerCase()).filter(isWord));
  const right = new Set(tokenise(others.toLowerCase()).filter(isWord));
  let shared = 0;
  for (const word of left) if (right.has(word)) shared++;
  const all = left.size + right.size - shared;
  return all === 0 ? 1 : shared / all;
}

function squeezed(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
