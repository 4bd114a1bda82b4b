/** A stretch of a text, in UTF-16 units. */
export interface Stretch {
  readonly start: number;
  readonly end: number;
}

const wordUnit = /[\p{L}\p{N}\p{M}_]/u;
/** Scripts that set no spaces between words: a word may begin and end anywhere. */
const spaceless = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}]/u;

/** Where a part stands in a text as whole words, letter by letter. Overlapping places count once, the first of them. */
export function findText(text: string, part: string): readonly Stretch[] {
  const found: Stretch[] = [];
  if (part === '') return found;
  for (let from = text.indexOf(part); from >= 0; ) {
    const end = from + part.length;
    const isWhole = isBoundary(text, from) && isBoundary(text, end);
    if (isWhole) found.push({ start: from, end });
    from = text.indexOf(part, isWhole ? end : from + 1);
  }
  return found;
}

/** Whether a word may begin or end at this place. */
export function isBoundary(text: string, at: number): boolean {
  const before = unitBefore(text, at);
  const after = unitAt(text, at);
  if (!wordUnit.test(before) || !wordUnit.test(after)) return true;
  return (spaceless.test(before) || spaceless.test(after)) && !/\p{M}/u.test(after);
}

function unitAt(text: string, at: number): string {
  const point = text.codePointAt(at);
  return point === undefined ? '' : String.fromCodePoint(point);
}

function unitBefore(text: string, at: number): string {
  const low = text.charCodeAt(at - 1);
  return low >= 0xdc00 && low <= 0xdfff && at >= 2 ? text.slice(at - 2, at) : text.slice(Math.max(0, at - 1), at);
}
