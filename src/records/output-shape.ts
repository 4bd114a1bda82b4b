import type { Answer } from './answer.ts';

/** One answer of a closed set, with the spelling the application is used to. */
export interface LabelSpelling {
  /** Canonical: what near-labels (`Positive.`, ` positive`) share. */
  readonly label: string;
  /** The whole answer, byte for byte, as the teacher most often writes it. */
  readonly answer: string;
  readonly count: number;
}

/** Where in the answer the label stands. */
export type LabelForm =
  | { readonly kind: 'plain' }
  | { readonly kind: 'sentence'; readonly before: string; readonly after: string }
  | { readonly kind: 'json'; readonly field: string; readonly type: 'string' | 'boolean' | 'number' };

/** What the teacher's answers of a task look like. Only `label` can be learned so far; the others say so and are never guessed. */
export type OutputShape =
  | {
      readonly kind: 'label';
      readonly form: LabelForm;
      readonly labels: readonly LabelSpelling[];
      /** Good–Turing estimate of the share of calls whose label has not been seen yet. */
      readonly unseenShare: number;
    }
  | { readonly kind: UnlearnableKind; readonly why: string };

export type UnlearnableKind =
  | 'labels'
  | 'object'
  | 'lines'
  | 'spans'
  | 'tool-call'
  | 'templated-text'
  | 'number'
  | 'constant'
  | 'free-text'
  | 'too-few-answers';

export type LabelShape = Extract<OutputShape, { kind: 'label' }>;

export function isLabelShape(shape: OutputShape): shape is LabelShape {
  return shape.kind === 'label';
}

/**
 * The canonical label in an answer, or null where the answer does not have the form (a refusal, a cut answer, a tool call).
 * A label that is not in `shape.labels` is returned too: whether it is new is the caller's question.
 */
export function labelOf(form: LabelForm, answer: Answer): string | null {
  if (answer.kind !== 'text') return null;
  switch (form.kind) {
    case 'plain':
      return foldLabel(answer.text) || null;
    case 'sentence':
      return labelInSentence(answer.text, form);
    case 'json':
      return labelInJson(answer.text, form);
  }
}

/** What near-labels share: case, white space and closing punctuation do not make another label. */
export function foldLabel(text: string): string {
  const folded = text.normalize('NFC').replace(/\s+/g, ' ').trim().toLowerCase();
  const bare = folded.replace(/^["'`*]+|["'`*.!,;:]+$/g, '').trim();
  // A label made of punctuation alone ("!", "?") is still a label.
  return bare || folded;
}

/** The words around a label, folded like the label itself but without dropping their punctuation. */
function foldAround(text: string): string {
  return text.normalize('NFC').replace(/\s+/g, ' ').toLowerCase();
}

function labelInSentence(text: string, form: { readonly before: string; readonly after: string }): string | null {
  const folded = foldAround(text).trim();
  const before = foldAround(form.before).trimStart();
  const after = foldAround(form.after).trimEnd();
  const bareAfter = after.replace(/[.!]+$/, '');
  const end = folded.endsWith(after) ? after.length : folded.endsWith(bareAfter) ? bareAfter.length : -1;
  if (end < 0 || !folded.startsWith(before) || before.length + end > folded.length) return null;
  return foldLabel(folded.slice(before.length, folded.length - end)) || null;
}

function labelInJson(
  text: string,
  form: { readonly field: string; readonly type: 'string' | 'boolean' | 'number' },
): string | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  const entries = Object.entries(value);
  const [key, field] = entries[0] ?? [];
  if (entries.length !== 1 || key !== form.field || typeof field !== form.type) return null;
  return typeof field === 'string' ? foldLabel(field) || null : String(field);
}

/** The spelling of a label, or null where the shape does not know it. */
export function spellingOf(shape: LabelShape, label: string): string | null {
  return shape.labels.find((known) => known.label === label)?.answer ?? null;
}
