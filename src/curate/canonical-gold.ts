import type { Gold, Json } from '../records/call.ts';
import { foldLabel, type LabelForm, type LearnableShape, labelOf } from '../records/output-shape.ts';
import { structuredGold } from './structured-gold.ts';

/**
 * A person's answer in the same canonical form as the teacher's labels, so that the two can be compared.
 * People write gold as the bare label, as the whole answer, as a JSON value, or as an object with the answer's field;
 * all of them give the same label. Null where the gold does not fit the form: it then scores nothing.
 */
export function canonicalGold(gold: Gold, shape: LearnableShape): string | null {
  return shape.kind === 'label' ? labelGold(gold, shape.form) : structuredGold(gold, shape);
}

function labelGold(gold: Gold, form: LabelForm): string | null {
  if (typeof gold === 'object') return canonicalOfContainer(gold, form);
  const label = labelOf(form, { kind: 'text', text: String(gold) }) ?? foldLabel(String(gold));
  return form.kind === 'json' ? fitFieldType(label, form.type) : label || null;
}

/** An object stands for its answer field (or its only field), a list for its only item. */
function canonicalOfContainer(gold: Extract<Gold, object>, form: LabelForm): string | null {
  const values = Object.values<Json | undefined>(gold);
  const named =
    form.kind === 'json' && !Array.isArray(gold) ? Object.entries(gold).find(byName(form.field)) : undefined;
  const value = named ? named[1] : values.length === 1 ? values[0] : undefined;
  return value === undefined || value === null ? null : labelGold(value, form);
}

function byName(field: string): (entry: [string, unknown]) => boolean {
  return ([name]) => name === field;
}

const truths: Readonly<Record<string, string>> = {
  true: 'true',
  yes: 'true',
  '1': 'true',
  false: 'false',
  no: 'false',
  '0': 'false',
};

/** Labels of boolean and number fields are written as JSON writes them: `true`, `0.5`. */
function fitFieldType(label: string, type: 'string' | 'boolean' | 'number'): string | null {
  if (type === 'string') return label || null;
  if (type === 'boolean') return truths[label] ?? null;
  return label === '' || Number.isNaN(Number(label)) ? null : String(Number(label));
}
