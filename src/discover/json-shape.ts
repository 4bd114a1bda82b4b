import { judgeClosed } from '../learn/closed-set.ts';
import { isJsonObject, type Json } from '../records/call.ts';
import { foldLabel, type OutputShape } from '../records/output-shape.ts';
import { canonicalJson, isList } from '../records/shapes/canonical-json.ts';
import { findJsonText, parseJsonAnswer } from '../records/shapes/json-text.ts';
import type { AnswerTally } from './answer-tally.ts';
import { labelWithForm, sentenceForm } from './label-shape.ts';
import {
  type CountedText,
  increase,
  isOpen,
  type ShapeHints,
  sameShape,
  sumOf,
  tolerated,
  tooFewShape,
} from './shape-evidence.ts';
import { jsonAnswersShape } from './shapes/json-answers.ts';

interface ParsedAnswer {
  readonly value: Json | undefined;
  readonly count: number;
}

/** With more than this share of other answers (words, almost JSON) the answers are none of a kind. */
const mostOthers = 0.3;

export function jsonShape(all: readonly CountedText[], tally: AnswerTally, hints: ShapeHints): OutputShape | null {
  const wrapping = wrappingOf(all);
  const parsed = all.flatMap((answer) => {
    const value = parseJsonAnswer(answer.text, wrapping);
    return value === null ? [] : [{ value, count: answer.count, answer, isFenced: !/^\s*[[{]/.test(answer.text) }];
  });
  const total = sumOf(parsed);
  if (sumOf(all) - total > Math.max(tolerated(sumOf(all)), mostOthers * sumOf(all))) return null;
  const answers = parsed.map(({ answer }) => answer);
  const lists = parsed.filter(({ value }) => isList(value));
  if (sumOf(lists) > tolerated(total)) return listShape(lists, answers, tally, hints);
  const keys = new Map<string, number>();
  for (const { value, count } of parsed)
    if (isJsonObject(value)) for (const key of Object.keys(value)) increase(keys, key, count);
  const known = [...keys].filter(([, count]) => count > tolerated(total)).map(([key]) => key);
  const [field] = known;
  if (field === undefined) return { kind: 'object', why: 'the answers are empty JSON objects' };
  // With all but one field constant, or a code fence around it, the object is a sentence with a label in it.
  const isFenced = sumOf(parsed.filter((answer) => answer.isFenced)) > tolerated(total);
  if ((known.length > 1 || isFenced) && varyingFields(parsed, known) === 1) {
    const label = labelWithForm(sentenceForm(answers), answers, tally, hints);
    if (label !== null) return label;
  }
  return known.length > 1
    ? jsonAnswersShape('object', answers, tally, hints)
    : fieldShape(field, parsed, answers, tally, hints);
}

/** How many fields have other values now and then; one answer that is out of line may be a slip. */
function varyingFields(parsed: readonly ParsedAnswer[], fields: readonly string[]): number {
  return fields.filter((field) => {
    const values = new Map<string, number>();
    for (const { value, count } of parsed)
      if (isJsonObject(value)) increase(values, canonicalJson(value[field] ?? null), count);
    return sumOf(parsed) - Math.max(...values.values()) > Math.max(1, 0.005 * sumOf(parsed));
  }).length;
}

/** What most answers of some hundred write around their JSON. */
function wrappingOf(answers: readonly CountedText[]): { readonly before: string; readonly after: string } {
  const votes = new Map<string, number>();
  for (const { text, count } of answers.slice(0, 100)) {
    const found = findJsonText(text);
    if (found !== null) increase(votes, JSON.stringify([found.before, found.after]), count);
  }
  const [best] = [...votes].reduce((most, vote) => (vote[1] > most[1] ? vote : most), ['["",""]', 0] as const);
  const [before = '', after = ''] = JSON.parse(best) as string[];
  return { before, after };
}

function fieldShape(
  field: string,
  parsed: readonly ParsedAnswer[],
  answers: readonly CountedText[],
  tally: AnswerTally,
  hints: ShapeHints,
): OutputShape {
  const values = parsed.map(({ value, count }) => ({ value: isJsonObject(value) ? value[field] : undefined, count }));
  const lists = values.filter(({ value }) => isList(value));
  if (sumOf(lists) > tolerated(sumOf(answers))) return listShape(lists, answers, tally, hints);
  const type = (['string', 'boolean', 'number'] as const).find(
    (name) => sumOf(values.filter(({ value }) => typeof value === name)) > sumOf(answers) / 2,
  );
  const label = type === undefined ? null : labelWithForm({ kind: 'json', field, type }, answers, tally, hints);
  if (label !== null) return label;
  if (new Set(answers.map(({ text }) => text)).size === 1) return sameShape(tally);
  if (type === 'number' && !isOpen([...tally.texts.values()]) && tally.overflow === 0)
    return tooFewShape(answers.length, tally);
  return isOpen(values.map(({ count }) => count)) || type === undefined
    ? jsonAnswersShape(type === 'number' ? 'number' : 'object', answers, tally, hints)
    : tooFewShape(values.length, tally);
}

function listShape(
  lists: readonly ParsedAnswer[],
  answers: readonly CountedText[],
  tally: AnswerTally,
  hints: ShapeHints,
): OutputShape {
  const items = new Map<string, number>();
  let objects = 0;
  for (const { value, count } of lists)
    for (const item of isList(value) ? value : []) {
      if (typeof item === 'object' && item !== null) objects += count;
      else increase(items, foldLabel(String(item)), count);
    }
  if (objects > 0) return jsonAnswersShape('spans', answers, tally, hints);
  if (items.size === 0) return { kind: 'constant', why: 'the answers are empty lists' };
  if (judgeClosed([...items.values()]).isClosed) return jsonAnswersShape('labels', answers, tally, hints);
  return isOpen([...items.values()])
    ? jsonAnswersShape('spans', answers, tally, hints)
    : tooFewShape(items.size, tally);
}
