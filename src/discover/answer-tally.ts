import type { Answer } from '../records/answer.ts';

/** What the answers of a task have been, in bounded memory. */
export interface AnswerTally {
  /** Answers with content: texts and tool calls. */
  count: number;
  /** Answers cut, refused or empty. */
  withoutContent: number;
  toolCalls: number;
  readonly toolNames: Map<string, number>;
  /** Whole answers, byte for byte, with how often they came. */
  readonly texts: Map<string, number>;
  /** Text answers that stand, as they are, in a slot of their prompt. */
  copied: number;
  /** Text answers that came after the table was full and are not in it. */
  overflow: number;
  size: number;
}

/** Answers kept a task: enough for some hundred labels in several spellings each. */
const mostTexts = 3000;
const mostCharacters = 2_000_000;
/** Longer answers are counted by how they begin. */
const longestText = 4000;

export function emptyTally(): AnswerTally {
  return {
    count: 0,
    withoutContent: 0,
    toolCalls: 0,
    toolNames: new Map(),
    texts: new Map(),
    copied: 0,
    overflow: 0,
    size: 0,
  };
}

/** Counts one answer. Failed requests are not calls of the task and change nothing. */
export function tallyAnswer(tally: AnswerTally, answer: Answer, slots: readonly string[]): void {
  if (answer.kind === 'none') {
    if (answer.why !== 'error') tally.withoutContent++;
    return;
  }
  tally.count++;
  if (answer.kind === 'tool-calls') {
    tally.toolCalls++;
    for (const call of answer.calls) increase(tally.toolNames, call.name.slice(0, 200));
    return;
  }
  if (slots.some((slot) => slot.includes(answer.text))) tally.copied++;
  addText(tally, answer.text.length > longestText ? answer.text.slice(0, longestText) : answer.text, 1);
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
  for (const [text, count] of other.texts) addText(tally, text, count);
}

function addText(tally: AnswerTally, text: string, count: number): void {
  const known = tally.texts.get(text);
  if (known !== undefined) tally.texts.set(text, known + count);
  else if (tally.texts.size >= mostTexts || tally.size + text.length > mostCharacters) tally.overflow += count;
  else {
    tally.texts.set(text, count);
    tally.size += text.length;
  }
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
}

export function tallyToJson(tally: AnswerTally): TallyState {
  const { count, withoutContent, toolCalls, copied, overflow } = tally;
  return {
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
  const size = [...texts.keys()].reduce((sum, text) => sum + text.length, 0);
  return { ...state, toolNames: new Map(state.toolNames), texts, size };
}
