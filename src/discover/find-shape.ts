import type { OutputShape } from '../records/output-shape.ts';
import type { AnswerTally } from './answer-tally.ts';
import { fewestAnswers } from './closed-set.ts';
import { jsonShape } from './json-shape.ts';
import { labelShape } from './label-shape.ts';
import {
  type CountedText,
  isOpen,
  named,
  numbersShape,
  type ShapeHints,
  sumOf,
  tolerated,
  tooFewShape,
  wordsIn,
} from './shape-evidence.ts';
import { isSpace, tokenise } from './tokens.ts';

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
  if (typical <= 6 && !isOpen(answers.map(({ count }) => count))) return tooFewShape(answers.length, tally);
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
