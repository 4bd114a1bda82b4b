import { passesLuhn } from './check-digits.ts';
import { byPattern, digitsOf, type Recogniser, type Stretch } from './recogniser.ts';

/** Issuer ranges and lengths: Visa, Diners, American Express, Mastercard, JCB, Discover, UnionPay, Maestro; ISO/IEC 7812. */
const issued =
  /^(?:4\d{12}|3[068]\d{12}|3[47]\d{13}|(?:2131|1800)\d{11}|(?:4\d|5[1-5]|2[2-7]|35|6[0245])\d{14}|(?:4\d|5[0678]|6\d)\d{15,17}|(?:5018|502\d|503\d|5[678]\d\d|6304|6390|67\d\d)\d{8,15})$/;

const creditCard = byPattern({
  name: 'credit-card',
  needs: /\d{4}/,
  pattern:
    /(?<![\w]|\d[.-])(?:\d{12,19}|\d{4}([ -])\d{4}\1\d{4}\1\d{4}(?:\1\d{1,3})?|\d{4}([ -])\d{6}\2\d{4,5})(?![\w]|[.-]\d)/g,
  accepts: (found) => issued.test(digitsOf(found)) && passesLuhn(digitsOf(found)),
});

/** Characters of an account number by country; the registry of ISO 13616. */
// biome-ignore format: a table
const ibanLengths: Readonly<Record<string, number>> = {
  AD: 24, AE: 23, AL: 28, AT: 20, AZ: 28, BA: 20, BE: 16, BG: 22, BH: 22, BR: 29, BY: 28, CH: 21, CR: 22, CY: 28,
  CZ: 24, DE: 22, DK: 18, DO: 28, EE: 20, EG: 29, ES: 24, FI: 18, FO: 18, FR: 27, GB: 22, GE: 22, GI: 23, GL: 18,
  GR: 27, GT: 28, HR: 21, HU: 28, IE: 22, IL: 23, IQ: 23, IS: 26, IT: 27, JO: 30, KW: 30, KZ: 20, LB: 28, LC: 32,
  LI: 21, LT: 20, LU: 20, LV: 21, LY: 25, MC: 27, MD: 24, ME: 22, MK: 19, MR: 27, MT: 31, MU: 30, NL: 18, NO: 15,
  PK: 24, PL: 28, PS: 29, PT: 25, QA: 29, RO: 24, RS: 22, SA: 24, SC: 31, SE: 24, SI: 19, SK: 24, SM: 27, ST: 25,
  SV: 28, TL: 23, TN: 24, TR: 26, UA: 29, VA: 22, VG: 24, XK: 20,
};

const iban: Recogniser = {
  name: 'iban',
  find(text) {
    const found: Stretch[] = [];
    for (const { index, 0: opening } of text.matchAll(/(?<![A-Za-z0-9])[A-Za-z]{2}\d{2}(?=[ -]?[A-Za-z0-9])/g)) {
      const length = ibanLengths[opening.slice(0, 2).toUpperCase()];
      const end = length === undefined ? null : endOfIban(text, index, length);
      if (end !== null) found.push({ start: index, end });
    }
    return found;
  },
};

/**
 * Behind so many letters and digits, set apart by single spaces or dashes at most; null where they are fewer or more, or
 * the check fails. ISO 7064, MOD 97-10: letters are numbers of two digits, the first four characters stand at the end.
 */
function endOfIban(text: string, start: number, length: number): number | null {
  let place = start + 4;
  let remainder = 0;
  for (let taken = 4; taken < length; place++) {
    if (isLetterOrDigit(text, place)) {
      remainder = append97(remainder, text.charCodeAt(place));
      taken++;
    } else if (!isSeparator(text, place) || isSeparator(text, place - 1)) return null;
  }
  if (isLetterOrDigit(text, place)) return null;
  for (let opening = start; opening < start + 4; opening++) remainder = append97(remainder, text.charCodeAt(opening));
  return remainder === 1 ? place : null;
}

function append97(remainder: number, code: number): number {
  return code < 65 ? (remainder * 10 + code - 48) % 97 : (remainder * 100 + (code & ~32) - 55) % 97;
}

function isSeparator(text: string, place: number): boolean {
  const code = text.charCodeAt(place);
  return code === 32 || code === 45;
}

function isLetterOrDigit(text: string, place: number): boolean {
  const code = text.charCodeAt(place);
  return (code >= 48 && code <= 57) || (code >= 65 && code <= 90) || (code >= 97 && code <= 122);
}

/** How people pay. */
export const paymentRecognisers: readonly Recogniser[] = [iban, creditCard];
