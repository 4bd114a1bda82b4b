import { byPattern, digitsOf, type Recogniser, type Stretch } from './recogniser.ts';

const local = /[\p{L}\p{N}._%+'-]/u;
const domain = /^[\p{L}\p{N}-]{1,63}(?:\.[\p{L}\p{N}-]{1,63}){0,8}\.\p{L}{2,24}/u;
const longestLocal = 64;
const longestDomain = 255;
const shortestDomain = 5;

/** Goes out from every `@`: each character is looked at by one of them at most on its left, and one on its right. */
const email: Recogniser = {
  name: 'email',
  find(text) {
    const found: Stretch[] = [];
    for (let at = text.indexOf('@'), next = at; at >= 0; at = next) {
      next = text.indexOf('@', at + 1);
      const end = Math.min(at + 1 + longestDomain, next < 0 ? text.length : next);
      if (end < at + shortestDomain) continue;
      const behind = domain.exec(text.slice(at + 1, end));
      if (behind === null) continue;
      let start = at;
      while (start > 0 && at - start < longestLocal && local.test(text[start - 1] as string)) start--;
      while (start < at && /[.'-]/.test(text[start] as string)) start++;
      if (start < at) found.push({ start, end: at + 1 + behind[0].length });
    }
    return found;
  },
};

/** ITU-T E.164: at most 15 digits; fewer than 8 are no number that a stranger could call. */
const fewestDigits = 8;
const mostDigits = 15;
const longestNumber = 26;

const phone: Recogniser = {
  name: 'phone',
  find(text) {
    if (!/\d{2}/.test(text)) return [];
    return [
      ...international(text),
      ...northAmerican.find(text),
      ...national.find(text),
      ...announced.find(text),
      ...inPairs.find(text),
    ];
  },
};

/** `+` or `00`, then digits in groups. */
function international(text: string): readonly Stretch[] {
  const found: Stretch[] = [];
  for (const { index, 0: opening } of text.matchAll(/(?<![\w+]|\d[ .-])(?:\+|00)(?=[1-9])/g)) {
    const end = endOfNumber(text, index + opening.length);
    const digits = digitsOf(text.slice(index + opening.length, end)).length;
    if (digits >= fewestDigits && digits <= mostDigits) found.push({ start: index, end: end + extensionAt(text, end) });
  }
  return found;
}

/** Characters of an extension: `x769`, ` ext. 12`. */
function extensionAt(text: string, place: number): number {
  return /^ ?(?:x|ext\.?) ?\d{1,6}(?!\d)/.exec(text.slice(place, place + 14))?.[0].length ?? 0;
}

/** Behind the last digit of a number whose groups are set apart by at most two of ` .-/()`. */
function endOfNumber(text: string, start: number): number {
  let end = start;
  let separators = 0;
  for (let place = start; place < text.length && place - start < longestNumber; place++) {
    const character = text[place] as string;
    if (character >= '0' && character <= '9') {
      end = place + 1;
      separators = 0;
    } else if (!' .-/()\u00a0'.includes(character) || ++separators > 2) break;
  }
  return end;
}

const northAmerican = byPattern({
  name: 'phone',
  pattern:
    /(?<![\d.-])(?:1[ .-])?(?:\([2-9]\d{2}\) ?|[2-9]\d{2}[ .-])[2-9]\d{2}[ .-]\d{4}(?: ?(?:x|ext\.?) ?\d{1,6})?(?![\d]|[.-]\d)/g,
});

/** A trunk 0 and groups that are set apart: `030 901820`, `020 7946 0958`, `01 23 45 67 89`. Dates have fewer digits. */
const national = byPattern({
  name: 'phone',
  pattern: /(?<![\d.,/-]|\d )\(?0[1-9]\d{0,3}\)?[ /-]{1,2}\d{2,8}(?:[ -]\d{2,8}){0,4}(?![\d]|[.,/-]\d)/g,
  accepts: (found) => {
    const { length } = digitsOf(found);
    return length >= 9 && length <= 12;
  },
});

/** Any grouping, where a word before it says that it is a number to call. */
const announced = byPattern({
  name: 'phone',
  pattern: /(?<![\w.,/-]|\d )\(?\d{2,5}\)?(?:[ .-]?\d{2,4}){1,5}(?![\w]|[.,/-]\d)/g,
  after: /phone|\btel\b|telefon|\bcall|mobile|\bcell|\bfax|whatsapp|\bnumber is|\breach me/i,
  accepts: (found) => {
    const { length } = digitsOf(found);
    return length >= 7 && length <= mostDigits;
  },
});

/** French numbers: five pairs. */
const inPairs = byPattern({ name: 'phone', pattern: /(?<![\d.])0[1-9](?:[ .-]\d{2}){4}(?![\d]|[.,-]\d)/g });

/** How people are reached. */
export const contactRecognisers: readonly Recogniser[] = [email, phone];
