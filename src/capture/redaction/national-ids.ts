import { passesLuhn, passesMod11And10, passesVerhoeff, remainder97, weightedSum } from './check-digits.ts';
import { byPattern, digitsOf, type Recogniser } from './recogniser.ts';

/** No country checks a number's digits here: ranges that were never issued are all there is. */
const usSocialSecurity = byPattern({
  name: 'us-ssn',
  pattern: /(?<![\d-])(?!000|666|9)\d{3}([- ])(?!00)\d{2}\1(?!0000)\d{4}(?![\d]|-\d)/g,
});

/** HMRC, National Insurance manual: the prefixes that are not used. */
const ukNationalInsurance = byPattern({
  name: 'uk-nino',
  pattern:
    /(?<![A-Za-z0-9])(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d{2} ?\d{2} ?\d{2} ?[A-D](?![A-Za-z0-9])/g,
});

/** Ten digits, the last by weights 10 to 2 modulo 11. Ten digits in a row are many things: then a word must stand before. */
const isNhsNumber = (found: string): boolean => {
  const digits = digitsOf(found);
  const check = (11 - (weightedSum(digits, [10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11)) % 11;
  return check === Number(digits[9]);
};
const ukHealth = either('uk-nhs', isNhsNumber, {
  spaced: /(?<![\d-])\d{3}([ -])\d{3}\1\d{4}(?![\d]|-\d)/g,
  plain: /(?<!\d)\d{10}(?!\d)/g,
  after: /nhs|national health|patient/i,
});

/** Eleven digits; of the first ten one digit stands there twice or three times, the others at most once. */
const germanTax = byPattern({
  name: 'german-tax-id',
  pattern: /(?<![\d-])[1-9]\d ?\d{3} ?\d{3} ?\d{3}(?![\d]|-\d)/g,
  accepts: (found) => {
    const digits = digitsOf(found);
    const different = new Set(digits.slice(0, 10)).size;
    return (different === 9 || different === 8) && passesMod11And10(digits);
  },
});

/** The "eleven test": weights 9 to 2, the last digit counts against. */
const dutchCitizen = byPattern({
  name: 'dutch-bsn',
  pattern: /(?<!\d)\d{9}(?!\d)|(?<!\d)\d{4}\.\d{2}\.\d{3}(?!\d)/g,
  after: /bsn|burgerservice|sofi|citizen service/i,
  accepts: (found) => weightedSum(digitsOf(found), [9, 8, 7, 6, 5, 4, 3, 2, -1]) % 11 === 0,
});

const spanishLetters = 'TRWAGMYFPDXBNJZSQVHLCKE';

/** Eight digits and a letter by the remainder modulo 23; X, Y and Z of foreigners stand for 0, 1 and 2. */
const spanishId = byPattern({
  name: 'spanish-dni',
  pattern: /(?<![A-Za-z0-9])(?:\d{8}|[XYZxyz]-?\d{7})[- ]?[A-Za-z](?![A-Za-z0-9])/g,
  accepts: (found) => {
    const upper = found.toUpperCase();
    const digits = digitsOf(upper.replace(/^[XYZ]/, (letter) => String('XYZ'.indexOf(letter))));
    return spanishLetters[Number(digits) % 23] === upper.at(-1);
  },
});

/** Sex, year, month, place, order, and 97 less the remainder modulo 97; Corsica's 2A and 2B count as 19 and 18. */
const frenchSocialSecurity = byPattern({
  name: 'french-nir',
  pattern: /(?<!\d)[12] ?\d{2} ?(?:0[1-9]|1[0-2]|[2-9]\d) ?(?:\d{2}|2[ABab]) ?\d{3} ?\d{3} ?\d{2}(?!\d)/g,
  accepts: (found) => {
    const plain = found.replace(/ /g, '').toUpperCase();
    const number = plain.slice(0, 13).replace('2A', '19').replace('2B', '18');
    return 97 - remainder97(number) === Number(plain.slice(13));
  },
});

const italianOdd = [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23];

/** Decree of 12 March 1974: characters at odd places by a table, at even places by their rank; the sum modulo 26. */
const italianTax = byPattern({
  name: 'italian-tax-code',
  pattern:
    /(?<![A-Za-z0-9])[A-Za-z]{6}[0-9L-Vl-v]{2}[A-EHLMPR-Ta-ehlmpr-t][0-9L-Vl-v]{2}[A-Za-z][0-9L-Vl-v]{3}[A-Za-z](?![A-Za-z0-9])/g,
  accepts: (found) => {
    const code = found.toUpperCase();
    const rank = (character: string) => (character >= 'A' ? character.charCodeAt(0) - 65 : Number(character));
    let sum = 0;
    for (let place = 0; place < 15; place++) {
      const value = rank(code[place] as string);
      sum += place % 2 === 0 ? (italianOdd[value] as number) : value;
    }
    return sum % 26 === rank(code[15] as string);
  },
});

/** Twelve digits by Verhoeff, never beginning with 0 or 1. */
const indianAadhaar = either('indian-aadhaar', (found) => passesVerhoeff(digitsOf(found)), {
  spaced: /(?<![\d-])[2-9]\d{3}([ -])\d{4}\1\d{4}(?![\d]|[ -]\d)/g,
  plain: /(?<!\d)[2-9]\d{11}(?!\d)/g,
  after: /aadha?ar|uid/i,
});

/** Two check digits, each by falling weights modulo 11. */
const isCpf = (found: string): boolean => {
  const digits = digitsOf(found);
  if (/^(\d)\1+$/.test(digits)) return false;
  return [9, 10].every((length) => {
    const weights = Array.from({ length }, (_, place) => length + 1 - place);
    return ((weightedSum(digits, weights) * 10) % 11) % 10 === Number(digits[length]);
  });
};
const brazilianCpf = either('brazilian-cpf', isCpf, {
  spaced: /(?<![\d.])\d{3}\.\d{3}\.\d{3}-\d{2}(?!\d)/g,
  plain: /(?<!\d)\d{11}(?!\d)/g,
  after: /cpf/i,
});

/** Date of birth with the century in the month, then weights 1, 3, 7, 9 modulo 10. */
const polishPesel = byPattern({
  name: 'polish-pesel',
  pattern: /(?<!\d)\d{2}(?:[02468][1-9]|[13579][0-2])(?:0[1-9]|[12]\d|3[01])\d{5}(?!\d)/g,
  accepts: (found) => weightedSum(found, [1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1]) % 10 === 0,
});

const canadianSin = either('canadian-sin', (found) => passesLuhn(digitsOf(found)), {
  spaced: /(?<![\d-])[1-79]\d{2}([ -])\d{3}\1\d{3}(?![\d]|[ -]\d)/g,
  plain: /(?<!\d)[1-79]\d{8}(?!\d)/g,
  after: /\bsin\b|social insurance|assurance sociale/i,
});

/** Date of birth, a dash (plus over a hundred years of age), three digits and Luhn's over all ten. */
const swedishPersonal = byPattern({
  name: 'swedish-personnummer',
  pattern: /(?<!\d)(?:19|20)?\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01]|6[1-9]|[78]\d|9[01])[-+]\d{4}(?!\d)/g,
  accepts: (found) => passesLuhn(digitsOf(found).slice(-10)),
});

/** Date of birth, a sign of the century, three digits, and a character by the remainder modulo 31. */
const finnishPersonal = byPattern({
  name: 'finnish-hetu',
  pattern:
    /(?<![A-Za-z0-9])(?:0[1-9]|[12]\d|3[01])(?:0[1-9]|1[0-2])\d{2}[-+A-FU-Y]\d{3}[0-9A-FHJ-NPR-Y](?![A-Za-z0-9])/g,
  accepts: (found) => '0123456789ABCDEFHJKLMNPRSTUVWXY'[Number(digitsOf(found.slice(0, -1))) % 31] === found.at(-1),
});

/** 97 less the remainder of the first nine digits modulo 97; born from 2000 on with a 2 in front. */
const belgianNational = byPattern({
  name: 'belgian-national-number',
  pattern: /(?<!\d)\d{2}\.\d{2}\.\d{2}-\d{3}[.-]\d{2}(?!\d)/g,
  accepts: (found) => {
    const digits = digitsOf(found);
    const check = Number(digits.slice(9));
    return [digits.slice(0, 9), `2${digits.slice(0, 9)}`].some((number) => 97 - remainder97(number) === check);
  },
});

/** The numbers that states give to people. Those that look like other numbers are believed by their check digits. */
export const nationalRecognisers: readonly Recogniser[] = [
  usSocialSecurity,
  ukNationalInsurance,
  ukHealth,
  germanTax,
  dutchCitizen,
  spanishId,
  frenchSocialSecurity,
  italianTax,
  indianAadhaar,
  brazilianCpf,
  polishPesel,
  canadianSin,
  swedishPersonal,
  finnishPersonal,
  belgianNational,
].map((recogniser) => ({ ...recogniser, find: (text) => (/\d{2}/.test(text) ? recogniser.find(text) : []) }));

interface Spellings {
  /** Written in its groups, as only this number is. */
  readonly spaced: RegExp;
  /** In one piece, which is believed behind `after` only. */
  readonly plain: RegExp;
  readonly after: RegExp;
}

function either(name: string, accepts: (found: string) => boolean, { spaced, plain, after }: Spellings): Recogniser {
  const inGroups = byPattern({ name, pattern: spaced, accepts });
  const inOnePiece = byPattern({ name, pattern: plain, accepts, after });
  return { name, find: (text) => [...inGroups.find(text), ...inOnePiece.find(text)] };
}
