import { fewestAnswers } from '../learn/closed-set.ts';
import type { OutputShape } from '../records/output-shape.ts';
import type { AnswerTally } from './answer-tally.ts';
import { jsonShape } from './json-shape.ts';
import { labelShape } from './label-shape.ts';
import {
  type CountedText,
  isOpen,
  looksLikeNumber,
  type ShapeHints,
  sumOf,
  tolerated,
  tooFewShape,
  wordsIn,
} from './shape-evidence.ts';
import { linesShape } from './shapes/lines-shape.ts';
import { plainNumberShape, plainSpanShape } from './shapes/plain-shapes.ts';
import { templateShape } from './shapes/template-shape.ts';
import { toolCallShape } from './shapes/tool-call-shape.ts';
import { isPlaceholder } from './shapes/value-rows.ts';
import { isSpace, tokenise } from './tokens.ts';

/** What the answers of a task look like, and what stands in them; where no student can learn them, why. */
export function findShape(tally: AnswerTally, hints: ShapeHints): OutputShape {
  if (tally.count < fewestAnswers)
    return { kind: 'too-few-answers', why: `${tally.count} answers so far; ${fewestAnswers} are needed to tell` };
  if (tally.toolCalls > tolerated(tally.count)) return toolCallShape(tally, hints);
  const answers = [...tally.texts].map(([text, count]) => ({ text, count })).sort((a, b) => b.count - a.count);
  return (
    jsonShape(answers, tally, hints) ??
    // Before labels: a few values a field make each line look like one of a closed set.
    linesShape(answers, tally, hints) ??
    labelShape(answers, tally, hints) ??
    numberShape(answers, tally, hints) ??
    spanShape(tally, hints) ??
    wordsShape(answers, tally, hints)
  );
}

function numberShape(answers: readonly CountedText[], tally: AnswerTally, hints: ShapeHints): OutputShape | null {
  const numbers = answers.filter(({ text }) => looksLikeNumber(text));
  const total = sumOf(answers) + tally.overflow;
  if (total - sumOf(numbers) > tolerated(total) + tally.overflow) return null;
  return isOpen([...tally.texts.values()]) || tally.overflow > 0
    ? plainNumberShape(numbers, tally, hints)
    : tooFewShape(answers.length, tally);
}

/** Texts copied from the input, or a word for there being none. */
function spanShape(tally: AnswerTally, hints: ShapeHints): OutputShape | null {
  const words = [...tally.texts].reduce((sum, [text, count]) => sum + (isPlaceholder(text) ? count : 0), 0);
  const texts = tally.count - tally.toolCalls;
  return tally.copied + words >= 0.9 * texts && tally.copied >= 0.3 * texts ? plainSpanShape(tally, hints) : null;
}

/** Running text: written around the same words every time, or free. Short different answers may still turn out a label. */
function wordsShape(answers: readonly CountedText[], tally: AnswerTally, hints: ShapeHints): OutputShape {
  const share = sharedWordsShare(answers.slice(0, 300));
  if (share >= 0.3)
    return (
      templateShape(answers, tally, hints) ?? {
        kind: 'templated-text',
        why: `${Math.round(share * 100)} % of the words are the same in (almost) all answers, and the rest has no one form`,
      }
    );
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
