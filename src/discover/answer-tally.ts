import type { Answer, ToolCall } from '../records/answer.ts';
import type { CopyCount } from './shapes/copied-share.ts';
import { addCopyCounts, type CopyCounts, countCopies } from './shapes/copy-counts.ts';

/** What the answers of a task have been, in bounded memory. */
export interface AnswerTally {
  /** Answers with content: texts and tool calls. */
  count: number;
  /** Answers cut, refused or empty. */
  withoutContent: number;
  toolCalls: number;
  readonly toolNames: Map<string, number>;
  /** Answers that are one tool call, as `toolCallKey` writes them, with how often they came. Bounded like the texts. */
  readonly calls: Map<string, number>;
  /** Answers of several tool calls at once. */
  severalCalls: number;
  /** Whole answers, byte for byte, with how often they came. */
  readonly texts: Map<string, number>;
  /** Text answers that stand, as they are, in a slot of their prompt. */
  copied: number;
  /** Text answers that came after the table was full and are not in it. */
  overflow: number;
  size: number;
  /** Some answers with their inputs, the latest: they show what is copied. */
  readonly samples: AnswerSample[];
  /** What stood in the fields of the answers, and how much of it in their inputs. */
  readonly copies: CopyCounts;
}

/** An answer and what stood in the slots of its prompt. */
export interface AnswerSample {
  readonly answer: Answer;
  readonly slots: readonly string[];
}

/** Answers kept a task: enough for some hundred labels in several spellings each. */
const mostTexts = 3000;
const mostCharacters = 2_000_000;
/** Longer answers are counted by how they begin. */
const longestText = 4000;
/** JSON that is cut is no JSON. */
const longestJson = 20_000;
const mostSamples = 120;
const mostSampleCharacters = 150_000;
/** Fewer are kept whatever their size, as far as twice the characters go. */
const fewestSamples = 10;

export function emptyTally(): AnswerTally {
  return {
    count: 0,
    withoutContent: 0,
    toolCalls: 0,
    toolNames: new Map(),
    calls: new Map(),
    severalCalls: 0,
    texts: new Map(),
    copied: 0,
    overflow: 0,
    size: 0,
    samples: [],
    copies: new Map(),
  };
}

/** Counts one answer. Failed requests are not calls of the task and change nothing. */
export function tallyAnswer(tally: AnswerTally, answer: Answer, slots: readonly string[]): void {
  if (answer.kind === 'none') {
    if (answer.why !== 'error') tally.withoutContent++;
    return;
  }
  tally.count++;
  addSample(tally, { answer, slots });
  countCopies(tally.copies, answer, slots);
  if (answer.kind === 'tool-calls') {
    tally.toolCalls++;
    const [call] = answer.calls;
    if (answer.calls.length > 1) tally.severalCalls++;
    else if (call !== undefined) addCounted(tally, tally.calls, toolCallKey(call), 1);
    for (const call of answer.calls) increase(tally.toolNames, call.name.slice(0, 200));
    return;
  }
  if (slots.some((slot) => slot.includes(answer.text))) tally.copied++;
  const longest = /^\s*(`|\{|\[)/.test(answer.text) ? longestJson : longestText;
  const text = answer.text.length > longest ? answer.text.slice(0, longest) : answer.text;
  tally.overflow += addCounted(tally, tally.texts, text, 1);
}

/** A call as one text, to count it by. */
export function toolCallKey({ name, arguments: made }: ToolCall): string {
  return `${name.slice(0, 200)}\u0000${made.slice(0, longestJson)}`;
}

export function toolCallOf(key: string): ToolCall {
  const end = key.indexOf('\u0000');
  return { name: key.slice(0, end), arguments: key.slice(end + 1) };
}

/** Keeps every answer at first, then ever fewer, so that what is kept is spread over time. */
function addSample(tally: AnswerTally, sample: AnswerSample): void {
  const stride = Math.ceil(tally.count / mostSamples);
  if (tally.count % stride !== 0) return;
  tally.samples.push(sample);
  trimSamples(tally.samples);
}

function trimSamples(samples: AnswerSample[]): void {
  let characters = samples.reduce((sum, sample) => sum + sizeOf(sample), 0);
  while (samples.length > mostSamples || characters > (samples.length > fewestSamples ? 1 : 2) * mostSampleCharacters) {
    const oldest = samples.shift();
    if (oldest === undefined) break;
    characters -= sizeOf(oldest);
  }
}

function sizeOf({ answer, slots }: AnswerSample): number {
  const length = answer.kind === 'text' ? answer.text.length : answer.kind === 'none' ? 0 : 400 * answer.calls.length;
  return slots.reduce((sum, slot) => sum + slot.length, length);
}

function increase(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

/** Adds what another tally counted. */
export function addTally(tally: AnswerTally, other: AnswerTally): void {
  tally.count += other.count;
  tally.withoutContent += other.withoutContent;
  tally.toolCalls += other.toolCalls;
  tally.copied += other.copied;
  tally.overflow += other.overflow;
  for (const [name, count] of other.toolNames) tally.toolNames.set(name, (tally.toolNames.get(name) ?? 0) + count);
  tally.severalCalls += other.severalCalls;
  for (const [text, count] of other.texts) tally.overflow += addCounted(tally, tally.texts, text, count);
  for (const [call, count] of other.calls) addCounted(tally, tally.calls, call, count);
  addCopyCounts(tally.copies, other.copies);
  tally.samples.push(...other.samples);
  trimSamples(tally.samples);
}

/** Returns how many found no room. */
function addCounted(tally: AnswerTally, counts: Map<string, number>, key: string, count: number): number {
  const known = counts.get(key);
  if (known === undefined && (counts.size >= mostTexts || tally.size + key.length > mostCharacters)) return count;
  counts.set(key, (known ?? 0) + count);
  if (known === undefined) tally.size += key.length;
  return 0;
}

/** A tally as JSON keeps it. */
export interface TallyState {
  readonly count: number;
  readonly withoutContent: number;
  readonly toolCalls: number;
  readonly toolNames: readonly (readonly [string, number])[];
  readonly texts: readonly (readonly [string, number])[];
  readonly copied: number;
  readonly overflow: number;
  /** Absent in what earlier versions wrote, like all below. */
  readonly calls?: readonly (readonly [string, number])[];
  readonly severalCalls?: number;
  readonly samples?: readonly AnswerSample[];
  readonly copies?: readonly (readonly [string, CopyCount])[];
}

export function tallyToJson(tally: AnswerTally): TallyState {
  const { count, withoutContent, toolCalls, copied, overflow, severalCalls } = tally;
  return {
    severalCalls,
    calls: [...tally.calls],
    samples: [...tally.samples],
    copies: [...tally.copies],
    count,
    withoutContent,
    toolCalls,
    copied,
    overflow,
    toolNames: [...tally.toolNames],
    texts: [...tally.texts],
  };
}

export function tallyFromJson(state: TallyState): AnswerTally {
  const texts = new Map(state.texts);
  const calls = new Map(state.calls ?? []);
  const size = [...texts.keys(), ...calls.keys()].reduce((sum, text) => sum + text.length, 0);
  return {
    ...state,
    toolNames: new Map(state.toolNames),
    texts,
    calls,
    size,
    severalCalls: state.severalCalls ?? 0,
    samples: [...(state.samples ?? [])],
    copies: new Map(state.copies ?? []),
  };
}
