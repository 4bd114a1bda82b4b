import type { LabelShape } from '../src/records/output-shape.ts';
import type { LabelledCall } from '../src/train/training-rows.ts';

/** Answers that are one label in plain text, whichever labels come. */
export const plainLabels: LabelShape = { kind: 'label', form: { kind: 'plain' }, labels: [], unseenShare: 0 };

/** A teacher's answer that is this label and nothing else; null for one without a label. */
export function answeredWith(label: string | null): Pick<LabelledCall, 'answer' | 'label' | 'closedParts'> {
  return label === null
    ? { answer: { kind: 'none', why: 'refusal' }, label, closedParts: [] }
    : { answer: { kind: 'text', text: label }, label, closedParts: [label] };
}

export function areEqual(given: string, teacher: string): boolean {
  return given === teacher;
}
