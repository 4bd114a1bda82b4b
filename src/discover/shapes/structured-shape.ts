import type { Json } from '../../records/call.ts';
import type { OutputShape, StructuredKind } from '../../records/output-shape.ts';
import type { AnswerForm } from '../../records/shapes/answer-form.ts';
import { valueAt } from '../../records/shapes/canonical-json.ts';
import type { ShapeField } from '../../records/shapes/shape-field.ts';
import { countOf, saysSomething, type ValueRow } from './value-rows.ts';

/** With free text in more of the answers than this a student has next to nothing to say. */
const mostFree = 0.8;
/** Fewer answers do not tell free text from values not seen twice yet. */
const fewestForFree = 60;
/** Share of a field's values that is worth a note. */
const notable = 0.02;

export interface StructuredParts {
  readonly kind: StructuredKind;
  readonly form: AnswerForm;
  readonly fields: readonly ShapeField[];
  readonly rows: readonly ValueRow[];
  readonly notes?: readonly string[];
}

/** The shape, or why nobody can learn it: the same is said every time, or something free in (almost) every answer. */
export function structuredShape({ kind, form, fields, rows, notes = [] }: StructuredParts): OutputShape {
  const total = countOf(rows);
  if (fields.every(isAlwaysTheSame)) return { kind, why: `all ${total} answers say the same` };
  const free = fields.filter(({ value }) => value.kind === 'free');
  const withFree = countOf(rows.filter(({ value }) => free.some(({ path }) => says(value, path))));
  if (withFree > mostFree * total) {
    const most = free.reduce((a, b) => (b.presence > a.presence ? b : a));
    return total < fewestForFree
      ? { kind, why: `${total} answers are too few to tell what stands in ${nameOf(most)}` }
      : { kind, why: freeText(most, most.presence) };
  }
  return { kind, form, fields, notes: [...notes, ...fields.flatMap((field) => fieldNotes(field))] };
}

function isAlwaysTheSame({ value, presence }: ShapeField): boolean {
  return value.kind === 'constant' || (value.kind === 'label' && value.labels.length === 1 && presence === 1);
}

function says(value: Json | undefined, path: readonly string[]): boolean {
  return saysSomething(valueAt(value, path));
}

function fieldNotes(field: ShapeField): readonly string[] {
  const { value, presence } = field;
  if (value.kind === 'free') return [`${freeText(field, presence)}: these go to the teacher`];
  if ('copied' in value && value.copied < 1 - notable)
    return [
      `${nameOf(field)} is copied from the input in ${percent(value.copied)} of its values; the others go to the teacher`,
    ];
  if ('unseenShare' in value && value.unseenShare > 0.1)
    return [`${percent(value.unseenShare)} of the values of ${nameOf(field)} came only once`];
  return [];
}

const whatIsFree = {
  text: 'free text',
  list: 'a list of anything',
  object: 'an object of any keys',
  mixed: 'of no one kind',
};

function freeText(field: ShapeField, presence: number): string {
  const what = field.value.kind === 'free' ? whatIsFree[field.value.what] : 'free text';
  return `${nameOf(field)} is ${what} in ${percent(presence)} of the answers`;
}

/** A field as people name it. */
export function nameOf({ path }: Pick<ShapeField, 'path'>): string {
  return path.length === 0 ? 'the answer' : `\`${path.join('.')}\``;
}

function percent(share: number): string {
  const exact = 100 * share;
  return `${exact > 0 && exact < 1 ? '<1' : Math.round(exact)} %`;
}
