import { countLabelWords, type OutputShape } from '../../records/output-shape.ts';
import type { PlainForm } from '../../records/shapes/answer-form.ts';
import { readPlain, readSeparated, splitItems } from '../../records/shapes/plain-codec.ts';
import type { AnswerTally } from '../answer-tally.ts';
import { type CountedText, increase, type ShapeHints, wordsIn } from '../shape-evidence.ts';
import { fieldsOf } from './fields-of.ts';
import { decimalsOf } from './number-evidence.ts';
import { structuredShape } from './structured-shape.ts';
import { rowsOf } from './value-rows.ts';

/** Answers that are numbers, with a sign of money or of per cent around them or none. */
export function plainNumberShape(answers: readonly CountedText[], tally: AnswerTally, hints: ShapeHints): OutputShape {
  const form = numberFormOf(answers);
  const rows = rowsOf(tally, (answer) => (answer.kind === 'text' ? readPlain(form, true, answer.text) : null));
  const { fields } = fieldsOf(rows, { constants: hints.constants, before: hints.before });
  const decimals = decimalsOf(answers.map(({ text, count }) => ({ text: text.replace(/\D+$/, ''), count })));
  return structuredShape({
    kind: 'number',
    form,
    fields: fields.map((field) => ({ ...field, value: { kind: 'number', type: 'number', decimals } })),
    rows,
  });
}

function numberFormOf(answers: readonly CountedText[]): PlainForm {
  const ends = new Map<string, number>();
  let [grouped, all] = [0, 0];
  for (const { text, count } of answers) {
    const [, before, number, after] = /^([^\d.+-]*)(?![^\d.+-])([-+]?[\d.,]*\d)([\s\S]*)$/.exec(text) ?? [];
    if (number === undefined) continue;
    increase(ends, JSON.stringify([before, after]), count);
    all += count;
    if (/\d,\d{3}(\D|$)/.test(number)) grouped += count;
  }
  const [most] = [...ends].sort((a, b) => b[1] - a[1]);
  const [before = '', after = ''] = JSON.parse(most?.[0] ?? '["",""]') as string[];
  return { kind: 'plain', before, after, grouping: grouped > 0.02 * all ? ',' : '', mostWords: 1 };
}

/** Answers that are texts copied from the input; null where they turn out to be otherwise. */
export function plainSpanShape(tally: AnswerTally, hints: ShapeHints): OutputShape {
  const lengths = [...tally.texts.keys()].map(countLabelWords).sort((a, b) => a - b);
  // A refusal in words is longer than what is usually copied.
  const mostWords = rounded(2 * (lengths[Math.floor(0.95 * lengths.length)] ?? 1) + 2);
  const form: PlainForm = { kind: 'plain', before: '', after: trailingSpace(tally), grouping: '', mostWords };
  const rows = rowsOf(tally, (answer) => (answer.kind === 'text' ? readPlain(form, false, answer.text) : null));
  const { fields } = fieldsOf(rows, { constants: hints.constants, before: hints.before });
  return structuredShape({ kind: 'span', form, fields, rows });
}

/** A power of two: what is read as an answer does not change with every longer one. */
function rounded(words: number): number {
  return 2 ** Math.ceil(Math.log2(words));
}

function trailingSpace(tally: AnswerTally): string {
  const ends = new Map<string, number>();
  for (const [text, count] of tally.texts) increase(ends, text.slice(text.trimEnd().length), count);
  return [...ends].sort((a, b) => b[1] - a[1])[0]?.[0] ?? '';
}

/** Answers that list several labels in running text. */
export function separatedLabelsShape(
  answers: readonly CountedText[],
  tally: AnswerTally,
  hints: ShapeHints,
): OutputShape {
  const separators = new Map<string, number>();
  const words = new Map<string, number>();
  for (const { text, count } of answers) {
    for (const mark of text.trim().match(/(?:(?<!\s)\s+)?[,;\n|，、；]\s*/g) ?? []) increase(separators, mark, count);
    for (const item of splitItems(text)) increase(words, item, count);
  }
  const [separator] = [...separators].sort((a, b) => b[1] - a[1]);
  const mostWords = rounded(
    2 + Math.max(...[...words].filter(([, count]) => count > 1).map(([item]) => wordsIn(item)), 1),
  );
  const form = {
    kind: 'separated',
    separator: separator?.[0] ?? ', ',
    empty: null,
    before: '',
    after: trailingSpace(tally),
    mostWords,
  } as const;
  const rows = rowsOf(tally, (answer) => (answer.kind === 'text' ? readSeparated(form, answer.text) : null));
  const { fields } = fieldsOf(rows, { constants: hints.constants, before: hints.before });
  return structuredShape({ kind: 'labels', form, fields, rows });
}
