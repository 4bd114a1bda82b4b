import type { Answer, GivenAnswer } from './answer.ts';
import type { Json } from './call.ts';
import { type LabelShape, type LearnableShape, labelOf, type StructuredShape, spellingOf } from './output-shape.ts';
import { readAnswerValue, writeAnswerValue } from './shapes/answer-value.ts';
import { canonicalJson, isList } from './shapes/canonical-json.ts';
import { canonicalValue, OtherForm } from './shapes/canonical-value.ts';
import { treeOf } from './shapes/field-tree.ts';
import { parseJson } from './shapes/json-text.ts';
import type { ShapeField } from './shapes/shape-field.ts';
import { writtenValue } from './shapes/written-value.ts';

/**
 * The canonical answer of a call, or null where it has not the shape (a refusal, a cut answer, another form). For labels the label;
 * for all other shapes JSON with sorted keys: fields that say nothing are left out, lists whose order says nothing are sorted, texts
 * folded (labels) or tidied. Never throws.
 */
export function canonicalOf(shape: LearnableShape, answer: Answer): string | null {
  if (isLabel(shape)) return labelOf(shape.form, answer);
  const read = readAnswerValue(shape, answer);
  return read === null ? null : canonicalText(shape, read.value);
}

/** The canonical answer of a value that is built like the shape's own; null where it is not. */
export function canonicalText(shape: StructuredShape, value: Json): string | null {
  try {
    const canonical = canonicalValue(treeOf(shape.fields), value);
    return canonicalJson(canonical ?? emptyValue(shape.fields));
  } catch (error) {
    if (error instanceof OtherForm) return null;
    throw error;
  }
}

/**
 * The whole answer as the application is used to it, byte for byte. `slots`: the input, which some teachers order their lists by.
 * Null where the shape cannot say it, which is so for everything that it would not read back as the same.
 */
export function answerOf(shape: LearnableShape, label: string, slots: readonly string[] = []): GivenAnswer | null {
  const answer = isLabel(shape) ? labelAnswer(shape, label) : structuredAnswer(shape, label, slots);
  return answer !== null && canonicalOf(shape, answer) === label ? answer : null;
}

function labelAnswer(shape: LabelShape, label: string): GivenAnswer | null {
  const text = spellingOf(shape, label);
  return text === null ? null : { kind: 'text', text };
}

function structuredAnswer(shape: StructuredShape, label: string, slots: readonly string[]): GivenAnswer | null {
  const value = parseJson(label);
  if (value === null && label !== 'null') return null;
  const habits = 'groups' in shape.form ? shape.form : { byText: isByText(shape) ? [[]] : [], groups: [] };
  const written = writtenValue(treeOf(shape.fields), value ?? undefined, habits, slots.join('\n'));
  return writeAnswerValue(shape, written ?? null);
}

function isByText({ form }: StructuredShape): boolean {
  return form.kind === 'lines' && form.keyOrder === 'text';
}

/** Whether two canonical answers are the same to the application: equal, or within the tolerance that the user set for numbers. */
export function isSameAnswer(shape: LearnableShape, a: string, b: string): boolean {
  if (a === b) return true;
  if (isLabel(shape) || shape.tolerance === undefined) return false;
  const [one, other] = [parseJson(a), parseJson(b)];
  return areClose(one, other, { numbers: numberPaths(shape.fields), tolerance: shape.tolerance });
}

interface Closeness {
  /** Paths of the fields that may be off, as keys joined by a zero. */
  readonly numbers: ReadonlySet<string>;
  readonly tolerance: number;
}

function areClose(a: Json, b: Json, closeness: Closeness, path = ''): boolean {
  if (typeof a === 'number' && typeof b === 'number' && closeness.numbers.has(path))
    // Differences of decimal fractions are off by some units of the last binary place.
    return Math.abs(a - b) <= closeness.tolerance * (1 + 1e-9) + 1e-12;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null || isList(a) || isList(b))
    return canonicalJson(a) === canonicalJson(b);
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...keys].every((key) => {
    const [left, right] = [a[key], b[key]];
    return left !== undefined && right !== undefined && areClose(left, right, closeness, `${path}\0${key}`);
  });
}

function numberPaths(fields: readonly ShapeField[]): ReadonlySet<string> {
  return new Set(
    fields.filter(({ value }) => isNumeric(value)).map(({ path }) => path.map((key) => `\0${key}`).join('')),
  );
}

/** Numbers that are no names: those of a closed set are held to be the same only when they are. */
function isNumeric(value: ShapeField['value']): boolean {
  return value.kind === 'number' || (value.kind === 'span' && value.type === 'number');
}

function emptyValue(fields: readonly ShapeField[]): Json {
  return fields[0]?.path.length === 0 ? null : {};
}

function isLabel(shape: LearnableShape): shape is LabelShape {
  return shape.kind === 'label';
}
