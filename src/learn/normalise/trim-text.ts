import type { LetterCase } from '../../records/shapes/answer-form.ts';
import { inCase } from '../../records/shapes/letter-case.ts';

const openingMarks = /^[\s"'“”„«»‘’([{<.,;:!?¿¡-]+/;
// Looking back keeps the run of marks from being tried again from each of its characters.
const closingMarks = /(?<![\s"'“”„«»‘’)\]}>.,;:!?-])[\s"'“”„«»‘’)\]}>.,;:!?-]+$/;

/** A text of the input as answers copy it: white space made one, marks at its edges dropped, in a case. `title` and `sentence` lower the rest. */
export function trimText(text: string, letterCase: LetterCase): string {
  const bare = text.normalize('NFC').replace(/\s+/g, ' ').trim().replace(openingMarks, '').replace(closingMarks, '');
  return inCase(letterCase === 'title' || letterCase === 'sentence' ? bare.toLowerCase() : bare, letterCase);
}

/** Where a text stands, in any case and with any white space. */
export function spotText(text: string, value: string): readonly { readonly start: number; readonly end: number }[] {
  const words = value
    .trim()
    .split(/\s+/)
    .map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  if (words.join('') === '' || value.length > 500) return [];
  const found = new RegExp(String.raw`(?<![\p{L}\p{N}])${words.join(String.raw`\s+`)}(?![\p{L}\p{N}])`, 'giu');
  return [...text.matchAll(found)].map(({ index, 0: part }) => ({ start: index, end: index + part.length }));
}
