import {
  countLabelWords,
  foldLabel,
  type LabelForm,
  type LabelSpelling,
  labelOf,
  type OutputShape,
} from '../records/output-shape.ts';
import type { AnswerTally } from './answer-tally.ts';
import { fewestAnswers, judgeClosed } from './closed-set.ts';
import { isObject } from './read-prompt.ts';
import { isSpace, isWord, tokenise } from './tokens.ts';

/** What a prompt says about its answers, beside the answers themselves. */
export interface ShapeHints {
  /** All constant text of the template and its response format: a value that is named there is a value of a closed set. */
  readonly constants: string;
}

interface CountedText {
  readonly text: string;
  readonly count: number;
}

/** Equal answers that make a constant. */
const fewestForConstant = 50;

/** Answers in another form than the rest that a shape survives: refusals in words, slips. */
function tolerated(count: number): number {
  return count < 40 ? 1 : Math.floor(count * 0.03);
}

/** What the answers of a task look like. Anything but a label is named and said to be not learnable yet. */
export function findShape(tally: AnswerTally, hints: ShapeHints): OutputShape {
  if (tally.count < fewestAnswers)
    return { kind: 'too-few-answers', why: `${tally.count} answers so far; ${fewestAnswers} are needed to tell` };
  if (tally.toolCalls > tolerated(tally.count)) return toolCallShape(tally);
  const answers = [...tally.texts].map(([text, count]) => ({ text, count })).sort((a, b) => b.count - a.count);
  return (
    jsonShape(answers, tally, hints) ??
    labelShape(answers, tally, hints) ??
    numberShape(answers, tally) ??
    linesShape(answers, tally) ??
    spanShape(tally) ??
    wordsShape(answers, tally)
  );
}

function toolCallShape(tally: AnswerTally): OutputShape {
  const names = [...tally.toolNames.keys()].sort();
  return { kind: 'tool-call', why: `the answers call tools: ${names.slice(0, 5).join(', ')}` };
}

// ---- JSON

interface ParsedAnswer {
  readonly value: unknown;
  readonly count: number;
}

function jsonShape(answers: readonly CountedText[], tally: AnswerTally, hints: ShapeHints): OutputShape | null {
  const parsed = answers.flatMap(({ text, count }) => {
    const value = parseContainer(text);
    return value === null ? [] : [{ value, count, isFenced: text.trimStart().startsWith('`') }];
  });
  const total = sumOf(answers);
  if (total - sumOf(parsed) > tolerated(total)) return null;
  const lists = parsed.filter(({ value }) => Array.isArray(value));
  if (sumOf(lists) > tolerated(total)) return listShape(lists, tally);
  const keys = new Map<string, number>();
  for (const { value, count } of parsed) for (const key of Object.keys(value)) increase(keys, key, count);
  const known = [...keys].filter(([, count]) => count > tolerated(total)).map(([key]) => key);
  const [field] = known;
  if (field === undefined) return { kind: 'object', why: 'the answers are empty JSON objects' };
  // With all but one field constant, or a code fence around it, the object is a sentence with a label in it.
  const isFenced = sumOf(parsed.filter((answer) => answer.isFenced)) > tolerated(total);
  if (known.length > 1 || isFenced) {
    const label = labelWithForm(sentenceForm(answers), answers, tally, hints);
    if (label !== null) return label;
  }
  return known.length > 1
    ? { kind: 'object', why: `the answers are JSON objects of ${known.length} fields: ${named(known)}` }
    : fieldShape(field, parsed, answers, tally, hints);
}

/** The JSON object or list that an answer is, in a code fence or not; null where it is something else. */
function parseContainer(text: string): object | null {
  const bare = text.trim().replace(/^```\w*\s*|\s*```$/g, '');
  if (!bare.startsWith('{') && !bare.startsWith('[')) return null;
  try {
    const value: unknown = JSON.parse(bare);
    return typeof value === 'object' ? value : null;
  } catch {
    return null;
  }
}

function fieldShape(
  field: string,
  parsed: readonly ParsedAnswer[],
  answers: readonly CountedText[],
  tally: AnswerTally,
  hints: ShapeHints,
): OutputShape {
  const values = parsed.map(({ value, count }) => ({ value: isObject(value) ? value[field] : undefined, count }));
  const lists = values.filter(({ value }) => Array.isArray(value));
  if (sumOf(lists) > tolerated(sumOf(answers))) return listShape(lists, tally);
  const type = (['string', 'boolean', 'number'] as const).find(
    (name) => sumOf(values.filter(({ value }) => typeof value === name)) > sumOf(answers) / 2,
  );
  const label = type === undefined ? null : labelWithForm({ kind: 'json', field, type }, answers, tally, hints);
  if (label !== null) return label;
  if (new Set(answers.map(({ text }) => text)).size === 1) return sameShape(tally);
  if (type === 'number') return numbersShape(answers.length, tally, `the JSON field "${field}" holds numbers`);
  return isOpen(values.map(({ count }) => count))
    ? { kind: 'object', why: `the answers are JSON objects whose field "${field}" has no closed set of values` }
    : tooFewShape(values.length, tally);
}

function listShape(lists: readonly ParsedAnswer[], tally: AnswerTally): OutputShape {
  const items = new Map<string, number>();
  let objects = 0;
  for (const { value, count } of lists)
    for (const item of Array.isArray(value) ? value : []) {
      if (typeof item === 'object' && item !== null) objects += count;
      else increase(items, foldLabel(String(item)), count);
    }
  if (objects > 0) return { kind: 'spans', why: 'the answers are JSON lists of objects' };
  if (items.size === 0) return { kind: 'constant', why: 'the answers are empty lists' };
  if (judgeClosed([...items.values()]).isClosed)
    return { kind: 'labels', why: `the answers are JSON lists of ${items.size} different values` };
  return isOpen([...items.values()])
    ? { kind: 'spans', why: 'the answers are JSON lists of texts from no closed set' }
    : tooFewShape(items.size, tally);
}

function increase(counts: Map<string, number>, key: string, count: number): void {
  counts.set(key, (counts.get(key) ?? 0) + count);
}

/** Whether enough was seen to say that values go on being new: most of a good number came once. */
function isOpen(counts: readonly number[]): boolean {
  const { unseenShare } = judgeClosed(counts);
  const total = counts.reduce((sum, count) => sum + count, 0);
  return (total >= 60 && unseenShare > 0.3) || total >= 1000;
}

function tooFewShape(different: number, tally: AnswerTally): OutputShape {
  return { kind: 'too-few-answers', why: `${different} different answers in ${tally.count}: not yet a closed set` };
}

/** One answer, so far. A filter that has met no spam yet answers the same as one that never will. */
function sameShape(tally: AnswerTally): OutputShape {
  return tally.count >= fewestForConstant
    ? { kind: 'constant', why: `all ${tally.count} answers are the same` }
    : { kind: 'too-few-answers', why: `all ${tally.count} answers are the same so far` };
}

function numbersShape(different: number, tally: AnswerTally, what: string): OutputShape {
  return isOpen([...tally.texts.values()]) || tally.overflow > 0
    ? { kind: 'number', why: `${what} of no closed set` }
    : tooFewShape(different, tally);
}

// ---- a label

function labelShape(answers: readonly CountedText[], tally: AnswerTally, hints: ShapeHints): OutputShape | null {
  const plain = answers.filter(({ text }) => !looksLikeList(text));
  const folded = new Set(plain.map(({ text }) => foldLabel(text)));
  if (folded.size === 1 && tally.overflow === 0) return sameShape(tally);
  return (
    separatedListShape(answers) ??
    labelWithForm(sentenceForm(answers), answers, tally, hints) ??
    labelWithForm({ kind: 'plain' }, answers, tally, hints)
  );
}

function looksLikeList(text: string): boolean {
  return text.trimStart().startsWith('[');
}

/** The words that (almost) all answers begin and end with; null where there are none worth the name. */
function sentenceForm(answers: readonly CountedText[]): LabelForm | null {
  if (answers.length < 2) return null;
  const rows = answers.map(({ text, count }) => ({ tokens: tokenise(text), count }));
  const needed = sumOf(answers) - tolerated(sumOf(answers));
  const before = sharedRun(rows, needed, (tokens, i) => tokens[i]).join('');
  const after = sharedRun(rows, needed, (tokens, i) => tokens[tokens.length - 1 - i])
    .reverse()
    .join('');
  const isWorthIt = tokenise(before).some(isWord) || tokenise(after).some(isWord) || /["{}[\]<>`]/.test(before);
  return isWorthIt ? { kind: 'sentence', before, after } : null;
}

/** Token by token from one end, for as long as (almost) all agree and every one of them goes on. */
function sharedRun(
  rows: readonly { readonly tokens: readonly string[]; readonly count: number }[],
  needed: number,
  pick: (tokens: readonly string[], index: number) => string | undefined,
): string[] {
  const run: string[] = [];
  let agreeing = rows;
  for (let i = 0; ; i++) {
    const votes = new Map<string, number>();
    for (const row of agreeing) {
      const token = pick(row.tokens, i);
      // The last token may be the label itself.
      if (token !== undefined && row.tokens.length > i + 1) votes.set(token, (votes.get(token) ?? 0) + row.count);
    }
    const [token, count] = [...votes].reduce((best, vote) => (vote[1] > best[1] ? vote : best), ['', 0] as const);
    if (count < needed) break;
    run.push(token);
    agreeing = agreeing.filter((row) => pick(row.tokens, i) === token);
  }
  // A space before the label is part of the sentence; a half word never is.
  return run;
}

function labelWithForm(
  loose: LabelForm | null,
  answers: readonly CountedText[],
  tally: AnswerTally,
  hints: ShapeHints,
): OutputShape | null {
  if (loose === null) return null;
  const total = sumOf(answers) + tally.overflow;
  const all = spellingsOf(loose, answers);
  const form: LabelForm = loose.kind === 'json' ? loose : { ...loose, mostWords: mostWordsOf(all, tolerated(total)) };
  const labels = loose.kind === 'json' ? all : spellingsOf(form, answers);
  if (total - sumOf(labels) > tolerated(total) || labels.length < 2) return null;
  const counts = labels.map((label) => label.count);
  const { isClosed, unseenShare } = judgeClosed(counts, areListed(labels, hints.constants));
  return isClosed ? { kind: 'label', form, labels, unseenShare } : null;
}

/** Labels with the spelling each is most often written in, most frequent first. */
function spellingsOf(form: LabelForm, answers: readonly CountedText[]): readonly LabelSpelling[] {
  const merged = new Map<string, { answer: string; best: number; count: number }>();
  for (const { text, count } of answers) {
    const label = form.kind === 'plain' && looksLikeList(text) ? null : labelOf(form, { kind: 'text', text });
    if (label === null) continue;
    const known = merged.get(label);
    if (known === undefined) merged.set(label, { answer: text, best: count, count });
    else {
      known.count += count;
      if (count > known.best) {
        known.best = count;
        known.answer = text;
      }
    }
  }
  return [...merged]
    .map(([label, { answer, count }]) => ({ label, answer, count }))
    .sort((a, b) => b.count - a.count || (a.label < b.label ? -1 : 1));
}

/** Words a label may have: twice as many as nine of ten answers have, or as many as any that is no accident. */
function mostWordsOf(labels: readonly LabelSpelling[], accident: number): number {
  const lengths = labels
    .map(({ label, count }) => ({ words: countLabelWords(label), count }))
    .sort((a, b) => a.words - b.words);
  const usual = Math.max(0, ...lengths.filter(({ count }) => count > accident).map(({ words }) => words));
  return Math.max(2 * quantile(lengths, 0.9) + 2, usual);
}

/** The words that this share of the answers does not exceed. */
function quantile(lengths: readonly { readonly words: number; readonly count: number }[], share: number): number {
  let left = share * sumOf(lengths);
  for (const { words, count } of lengths) {
    left -= count;
    if (left <= 0) return words;
  }
  return 0;
}

function wordsIn(text: string): number {
  return tokenise(text).filter(isWord).length;
}

/** Whether the prompt itself names (almost) all the values. */
function areListed(labels: readonly LabelSpelling[], constants: string): boolean {
  const folded = constants.toLowerCase();
  const named = labels.filter((label) => wordsIn(label.label) <= 6 && folded.includes(label.label));
  return sumOf(named) >= 0.9 * sumOf(labels);
}

/** Values of a closed set, several in one answer, separated by commas, semicolons or line breaks. */
function separatedListShape(answers: readonly CountedText[]): OutputShape | null {
  const items = new Map<string, { count: number; answers: number }>();
  let several = 0;
  let different = 0;
  for (const { text, count } of answers) {
    const parts = new Set(
      text
        .split(/[,;\n|]/)
        .map(foldLabel)
        .filter(Boolean),
    );
    if (parts.size > 1) several += count;
    if (parts.size > 1) different++;
    for (const part of parts) {
      const item = items.get(part) ?? { count: 0, answers: 0 };
      items.set(part, { count: item.count + count, answers: item.answers + 1 });
    }
  }
  if (several < 0.1 * sumOf(answers) || different < 3) return null;
  const isShort = [...items.keys()].every((item) => wordsIn(item) <= 4);
  // "Paris, France" is one label: its parts stand in no other answer.
  const inSeveral = [...items.values()].filter((item) => item.answers > 1);
  if (!isShort || sumOf(inSeveral) < 0.9 * sumOf([...items.values()])) return null;
  if (!judgeClosed([...items.values()].map((item) => item.count)).isClosed) return null;
  return { kind: 'labels', why: `the answers list several of ${items.size} values` };
}

// ---- everything else

function numberShape(answers: readonly CountedText[], tally: AnswerTally): OutputShape | null {
  const numbers = answers.filter(({ text }) => /^\s*[-+]?[$€£]?\d[\d.,\s]*%?\s*$/.test(text));
  const total = sumOf(answers) + tally.overflow;
  return total - sumOf(numbers) <= tolerated(total) + tally.overflow
    ? numbersShape(answers.length, tally, 'the answers are numbers')
    : null;
}

function linesShape(answers: readonly CountedText[], tally: AnswerTally): OutputShape | null {
  const keys = new Map<string, number>();
  let fitting = 0;
  let several = 0;
  for (const { text, count } of answers) {
    const lines = text.trim().split(/\n+/);
    const names = lines.map((line) => /^[\s*-]*([\p{L}\p{N}_ -]{1,40}?)\**\s*[:=]/u.exec(line)?.[1]);
    if (names.every((name) => name !== undefined)) {
      fitting += count;
      if (names.length > 1) several += count;
      for (const name of names) if (name !== undefined) keys.set(name, (keys.get(name) ?? 0) + count);
    }
  }
  const total = sumOf(answers);
  if (
    several < 0.25 * total ||
    total - fitting > tolerated(total) * 2 ||
    keys.size > total / 2 ||
    tally.count < fewestAnswers
  )
    return null;
  return { kind: 'lines', why: `the answers are lines of ${keys.size} named fields: ${named([...keys.keys()])}` };
}

function spanShape(tally: AnswerTally): OutputShape | null {
  return tally.copied >= 0.9 * (tally.count - tally.toolCalls)
    ? { kind: 'spans', why: 'the answers are copied from the input' }
    : null;
}

/** Running text: written around the same words every time, or free. Short different answers may still turn out a label. */
function wordsShape(answers: readonly CountedText[], tally: AnswerTally): OutputShape {
  const share = sharedWordsShare(answers.slice(0, 300));
  if (share >= 0.3)
    return {
      kind: 'templated-text',
      why: `${Math.round(share * 100)} % of the words are the same in (almost) all answers`,
    };
  const typical = answers.map(({ text }) => wordsIn(text)).sort((a, b) => a - b)[Math.floor(answers.length / 2)] ?? 0;
  if (typical <= 6 && tally.count < 1000)
    return {
      kind: 'too-few-answers',
      why: `${answers.length} different answers in ${tally.count}: not yet a closed set`,
    };
  return { kind: 'free-text', why: `${answers.length} different answers in ${tally.count}` };
}

/** Share of the words that stand in runs of three which nine of ten answers have. */
function sharedWordsShare(answers: readonly CountedText[]): number {
  const rows = answers.map(({ text }) => tokenise(text).filter((token) => !isSpace(token)));
  const runs = rows.map((row) => row.slice(2).map((_, i) => `${row[i]} ${row[i + 1]} ${row[i + 2]}`));
  const counts = new Map<string, number>();
  for (const row of runs) for (const run of new Set(row)) counts.set(run, (counts.get(run) ?? 0) + 1);
  let covered = 0;
  let all = 0;
  rows.forEach((row, index) => {
    const isCovered = new Set<number>();
    runs[index]!.forEach((run, i) => {
      if ((counts.get(run) ?? 0) >= 0.9 * rows.length) for (const j of [i, i + 1, i + 2]) isCovered.add(j);
    });
    covered += isCovered.size;
    all += row.length;
  });
  return all === 0 || rows.length < fewestAnswers ? 0 : covered / all;
}

function sumOf(items: readonly { readonly count: number }[]): number {
  return items.reduce((sum, item) => sum + item.count, 0);
}

function named(names: readonly string[]): string {
  return names.length <= 6 ? names.join(', ') : `${names.slice(0, 6).join(', ')}, …`;
}

/** What answers are made of: labels, names of JSON fields, lines or tools. Empty for running text. Answers that share it are of one kind. */
export function vocabularyOf(tally: AnswerTally, shape: OutputShape): ReadonlySet<string> {
  const words = new Set<string>();
  for (const name of tally.toolNames.keys()) words.add(`tool:${name}`);
  if (shape.kind === 'label') {
    for (const label of shape.labels) words.add(`label:${label.label}`);
    return words;
  }
  for (const text of tally.texts.keys()) {
    const value = parseContainer(text);
    if (Array.isArray(value)) words.add('[]');
    else if (value !== null) for (const key of Object.keys(value)) words.add(`field:${key}`);
    else if (shape.kind === 'lines')
      for (const line of text.split('\n')) words.add(`line:${line.split(/[:=]/)[0]?.trim() ?? ''}`);
    else if (shape.kind === 'too-few-answers' || shape.kind === 'constant') words.add(`label:${foldLabel(text)}`);
  }
  return words;
}
