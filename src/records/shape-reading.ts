import type { Json } from './call.ts';
import type { LearnableShape } from './output-shape.ts';
import { canonicalJson, valueAt } from './shapes/canonical-json.ts';
import { parseJson } from './shapes/json-text.ts';

/** What decides which canonical answer a shape reads: two shapes with the same reading read every answer alike. */
export function readingOf(shape: LearnableShape): string {
  if (shape.kind === 'label') return JSON.stringify(shape.form);
  const fields = shape.fields.map(({ path, value, nothing }) => ({
    path,
    nothing,
    kind: value.kind,
    isExact: 'isExact' in value,
  }));
  return JSON.stringify({ kind: shape.kind, form: shape.form, fields });
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
