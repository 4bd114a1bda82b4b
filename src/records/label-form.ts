import type { Answer } from './answer.ts';

/** Where in the answer the label stands. An answer with more than `mostWords` words in the label's place is said beside the point (a refusal). */
export type LabelForm =
  | { readonly kind: 'plain'; readonly mostWords?: number }
  | { readonly kind: 'sentence'; readonly before: string; readonly after: string; readonly mostWords?: number }
  | { readonly kind: 'json'; readonly field: string; readonly type: 'string' | 'boolean' | 'number' };

/**
 * The canonical label in an answer, or null where the answer does not have the form (a refusal, a cut answer, a tool call).
 * A label that is not in `shape.labels` is returned too: whether it is new is the caller's question.
 */
export function labelOf(form: LabelForm, answer: Answer): string | null {
  if (answer.kind !== 'text') return null;
  switch (form.kind) {
    case 'plain':
      return unlessTooLong(foldLabel(answer.text) || null, form.mostWords);
    case 'sentence':
      return unlessTooLong(labelInSentence(answer.text, form), form.mostWords);
    case 'json':
      return labelInJson(answer.text, form);
  }
}

function unlessTooLong(label: string | null, mostWords = Number.POSITIVE_INFINITY): string | null {
  return label !== null && countLabelWords(label) > mostWords ? null : label;
}

/** Words as white space sets them apart; in scripts without spaces every character is one. */
export function countLabelWords(label: string): number {
  return (
    label.match(
      /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}]|[^\s\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}]+/gu,
    )?.length ?? 0
  );
}

const openingMarks = /^["'`*“„«]+/;
// Looking back keeps the run of marks from being tried again from each of its characters.
const closingMarks = /(?<!["'`*.!,;:”»。！，；：])["'`*.!,;:”»。！，；：]+$/;

/** What near-labels share: case, white space, quotes, emphasis, brackets around the whole and closing punctuation make no other label. */
export function foldLabel(text: string): string {
  const folded = text.normalize('NFC').replace(/\s+/g, ' ').trim().toLowerCase();
  const bare = folded.replace(openingMarks, '').replace(closingMarks, '').trim();
  const inner = /^\(?([^()]+)\)$/.exec(bare)?.[1]?.trim() ?? bare;
  // A label made of punctuation alone ("!", "?") is still a label.
  return inner || folded;
}

/** The words around a label, folded like the label itself but without dropping their punctuation. */
function foldAround(text: string): string {
  return text.normalize('NFC').replace(/\s+/g, ' ').toLowerCase();
}

function labelInSentence(text: string, form: { readonly before: string; readonly after: string }): string | null {
  const folded = foldAround(text).trim();
  const before = foldAround(form.before).trimStart();
  const after = foldAround(form.after).trimEnd();
  const bareAfter = after.replace(/(?<![.!])[.!]+$/, '');
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
  if (entries.length !== 1 || key !== form.field) return null;
  // Where texts are expected, null says that none of them fits: an answer like any other.
  if (field === null && form.type === 'string') return 'null';
  if (typeof field !== form.type) return null;
  return typeof field === 'string' ? foldLabel(field) || null : String(field);
}
