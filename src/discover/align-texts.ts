import { isSentenceMark, isSpace, isStructural, isWord, tokenise } from './tokens.ts';

/** A text as constants with slots between them: `null` stands for a slot. Two slots never touch. */
export type Alignment = readonly (string | null)[];

/** Fewer texts than this prove no constant between two slots. */
const fewestForInner = 8;
/** Words of an input that every sample happens to share beside a delimiter are given back to the input. */
const wordsGivenBack = 3;

/**
 * Splits texts of one template into what all share, in order, and slots. Constants end at whole words; words next to a slot that
 * no delimiter closes are given to the slot, since a sample may share them by accident and a slot that is a word too long does no harm.
 */
export function alignTexts(texts: readonly string[], fewest = fewestForInner): Alignment {
  const first = texts[0];
  if (first === undefined) return [];
  if (texts.every((text) => text === first)) return first === '' ? [] : [first];
  const distinct = [...new Set(texts)];
  const rows = distinct.map((text) => tokenise(text));
  const shortest = Math.min(...rows.map((row) => row.length));
  let prefix = 0;
  while (prefix < shortest && allShare(rows, (row) => row[prefix])) prefix++;
  let suffix = 0;
  while (suffix < shortest - prefix && allShare(rows, (row) => row[row.length - 1 - suffix])) suffix++;
  const reference = rows[0]!;
  const head = trimHead(reference.slice(0, prefix));
  const tail = trimTail(suffix === 0 ? [] : reference.slice(-suffix), head);
  const middles = distinct.map((text) => text.slice(head.length, text.length - tail.length));
  const inner: Alignment = distinct.length >= fewest ? alignInner(middles, 0) : [null];
  return [...(head ? [head] : []), ...inner, ...(tail ? [tail] : [])];
}

function allShare(rows: readonly (readonly string[])[], pick: (row: readonly string[]) => string | undefined): boolean {
  const token = pick(rows[0]!);
  return rows.every((row) => pick(row) === token);
}

/** A constant before a slot, cut back to the last delimiter if one is near; nothing where it is only a few words of running text. */
function trimHead(tokens: readonly string[]): string {
  const words = wordsBeforeDelimiter([...tokens].reverse(), (token) => isStructural(token) || isSentenceMark(token));
  if (words.delimiter < 0) return words.seen > wordsGivenBack ? tokens.join('') : '';
  let end = tokens.length - words.delimiter;
  // The spaces behind a delimiter belong to it.
  while (end < tokens.length && isSpace(tokens[end]!)) end++;
  return tokens.slice(0, end).join('');
}

/** A constant after a slot. A colon closes nothing: "Answer:" at the end is one piece. */
function trimTail(tokens: readonly string[], head: string): string {
  const words = wordsBeforeDelimiter(tokens, isTailDelimiter);
  if (words.delimiter >= 0) {
    const text = tokens.slice(words.delimiter).join('');
    // "?" at the end of all questions is theirs, but a closing quote or bracket belongs to what was opened before the slot.
    return hasWord(text) || head !== '' ? text : '';
  }
  return words.seen > wordsGivenBack || (words.seen > 0 && tokens.some(isStructural)) ? tokens.join('') : '';
}

/** A hash or an asterisk behind an input may be the input's own ("#late", "*sigh*"). */
function isTailDelimiter(token: string): boolean {
  return isStructural(token) && !/[:=#*~]/.test(token);
}

/** Walks away from the slot: where the first delimiter stands (-1: not among the first words) and the words up to there. */
function wordsBeforeDelimiter(
  tokens: readonly string[],
  isDelimiter: (token: string) => boolean,
): { readonly delimiter: number; readonly seen: number } {
  let seen = 0;
  for (let i = 0; i < tokens.length; i++) {
    if (isDelimiter(tokens[i]!)) return { delimiter: i, seen };
    if (isWord(tokens[i]!) && ++seen > wordsGivenBack) break;
  }
  return { delimiter: -1, seen };
}

function hasWord(text: string): boolean {
  return tokenise(text).some(isWord);
}

/** Constants between slots: the longest run of tokens that all texts contain, then the same to its left and right. */
function alignInner(texts: readonly string[], depth: number): Alignment {
  const run = depth > 30 ? null : longestSharedRun(texts);
  if (run === null) return [null];
  const left = texts.map((text) => text.slice(0, text.indexOf(run)));
  const right = texts.map((text) => text.slice(text.indexOf(run) + run.length));
  return [...innerOrNothing(left, depth), run, ...innerOrNothing(right, depth)];
}

function innerOrNothing(texts: readonly string[], depth: number): Alignment {
  return texts.every((text) => text === '') ? [] : alignInner(texts, depth + 1);
}

function longestSharedRun(texts: readonly string[]): string | null {
  const shortest = texts.reduce((a, b) => (b.length < a.length ? b : a));
  // Rows in order of length refuse a candidate soonest.
  const others = texts.filter((text) => text !== shortest).sort((a, b) => a.length - b.length);
  const tokens = tokenise(shortest);
  let best: string | null = null;
  let bestWeight = 0;
  for (let start = 0; start < tokens.length; ) {
    const length = sharedLength(tokens, start, others);
    const candidate = length > 0 ? trimRun(tokens.slice(start, start + length)) : null;
    if (candidate !== null && candidate.weight > bestWeight) {
      best = candidate.text;
      bestWeight = candidate.weight;
    }
    start += Math.max(1, length - 2);
  }
  return best;
}

/** Tokens that a run has at least, unless a delimiter ends it. */
const shortestRun = 5;

/** How many tokens from `start` on all others contain in one piece: found by doubling, then halving, for runs may be long. */
function sharedLength(tokens: readonly string[], start: number, others: readonly string[]): number {
  const isShared = (length: number): boolean => {
    const run = tokens.slice(start, start + length).join('');
    return others.every((text) => text.includes(run));
  };
  const most = tokens.length - start;
  // Up to the next delimiter, or a few words: less would be found in any text and mean nothing.
  const next = tokens.slice(start, start + shortestRun).findIndex(isStructural);
  const least = Math.min(most, next < 0 ? shortestRun : next + 1);
  if (!isShared(least)) return 0;
  let good = least;
  let bad = least + 1;
  while (bad <= most && isShared(bad)) {
    good = bad;
    bad = Math.min(2 * bad, most + 1);
    if (good === most) return good;
  }
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    if (isShared(middle)) good = middle;
    else bad = middle;
  }
  return good;
}

/** A run between slots, cut at both sides like an edge; null where it may as well be a phrase of the inputs. */
function trimRun(tokens: readonly string[]): { readonly text: string; readonly weight: number } | null {
  const first = tokens.findIndex((token) => isStructural(token) || isWord(token));
  if (first < 0) return null;
  const words = tokens.filter(isWord).length;
  const structural = tokens.filter(isStructural).length;
  if (structural === 0) return words >= 6 ? { text: tokens.join(''), weight: words } : null;
  const from = tokens.findIndex(isStructural);
  const to = tokens.findLastIndex(isStructural);
  const start = words > wordsGivenBack && from > 0 && countWords(tokens, 0, from) > wordsGivenBack ? 0 : from;
  let end = countWords(tokens, to, tokens.length) > wordsGivenBack ? tokens.length : to + 1;
  while (end < tokens.length && isSpace(tokens[end]!)) end++;
  const kept = tokens.slice(start, end);
  const keptWords = kept.filter(isWord).length;
  const marks = kept.filter((token) => isStructural(token)).length;
  return keptWords + marks >= 2 && !(keptWords === 0 && kept.every((token) => token === '\n' || isSpace(token)))
    ? { text: kept.join(''), weight: keptWords + marks }
    : null;
}

function countWords(tokens: readonly string[], from: number, to: number): number {
  let words = 0;
  for (let i = from; i < to; i++) if (isWord(tokens[i]!)) words++;
  return words;
}
