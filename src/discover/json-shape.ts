import { foldLabel, type OutputShape } from '../records/output-shape.ts';
import type { AnswerTally } from './answer-tally.ts';
import { judgeClosed } from './closed-set.ts';
import { labelWithForm, sentenceForm } from './label-shape.ts';
import { isObject } from './read-prompt.ts';
import {
  type CountedText,
  increase,
  isOpen,
  named,
  numbersShape,
  type ShapeHints,
  sameShape,
  sumOf,
  tolerated,
  tooFewShape,
} from './shape-evidence.ts';

interface ParsedAnswer {
  readonly value: unknown;
  readonly count: number;
}

export function jsonShape(answers: readonly CountedText[], tally: AnswerTally, hints: ShapeHints): OutputShape | null {
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
export function parseContainer(text: string): object | null {
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
