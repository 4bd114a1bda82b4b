import type { Json } from './call.ts';
import type { LearnableShape } from './output-shape.ts';
import type { AnswerForm } from './shapes/answer-form.ts';
import { canonicalJson, valueAt } from './shapes/canonical-json.ts';
import { parseJson } from './shapes/json-text.ts';
import type { ShapeField } from './shapes/shape-field.ts';

/** What decides which canonical answer a shape reads: two shapes with the same reading read every answer alike. */
export function readingOf(shape: LearnableShape): string {
  if (shape.kind === 'label') return JSON.stringify(shape.form);
  const fields = shape.fields.map(readingOfField).sort((a, b) => (a.path < b.path ? -1 : 1));
  return JSON.stringify({ form: readingOfForm(shape.form), fields });
}

function readingOfField({ path, value, nothing }: ShapeField) {
  return {
    path: canonicalJson(path),
    kind: value.kind,
    isExact: 'isExact' in value,
    keys: value.kind === 'typed-spans' ? [value.textKey, value.typeKey] : [],
    nothing: typeof nothing === 'object' ? nothing.text : '',
  };
}

/** A form without what only decides how answers are written. */
function readingOfForm(form: AnswerForm): unknown {
  if (form.kind === 'json') return [form.kind, form.style.before, form.style.after];
  if (form.kind === 'tool-call') return [form.kind];
  if (form.kind === 'lines') return [form.kind, form.before.trim(), form.after.trim(), form.empty];
  if (form.kind === 'separated') return { ...form, separator: '' };
  return form;
}

/**
 * The parts of a canonical answer that come from closed sets, each with its field: a part that nobody has seen before is
 * news, while a copied text is new in every call.
 */
export function closedPartsOf(shape: LearnableShape, label: string): readonly string[] {
  if (shape.kind === 'label') return [label];
  const answer = parseJson(label) ?? undefined;
  return shape.fields.flatMap(({ path, value }) => {
    const part: Json | undefined = valueAt(answer, path);
    if (part === undefined || (value.kind !== 'label' && value.kind !== 'labels')) return [];
    const values = Array.isArray(part) ? (part as readonly Json[]) : [part];
    return values.map((one) => `${path.join('.')}=${canonicalJson(one)}`);
  });
}
