/** What sets the decimals apart; null: unknown, and a number that needs it ("1,200") is none. */
export type DecimalMark = '.' | ',' | null;

const sign = String.raw`[$€£¥₹]|USD|EUR|GBP|CHF|JPY|INR|US\$`;
const number = String.raw`[-+−]?\d{1,3}(?:[ ,.'’\u00a0\u202f]\d{3})+(?:[.,]\d+)?|[-+−]?\d+(?:[.,]\d+)?`;
const unit = `${sign}|%|euros?|dollars?|pounds?|francs?`;

/** Where numbers stand in a text, each also with the sign of money or per cent beside it. */
export function spotAmounts(text: string): readonly { readonly start: number; readonly end: number }[] {
  const whole = new RegExp(
    String.raw`(?<![\p{L}\p{N}.,])(?:(?:${sign})\s?)?(?:${number})(?:\s?(?:${unit}))?(?![\p{L}\p{N}])`,
    'giu',
  );
  return [...text.matchAll(whole)].map(({ index, 0: part }) => ({ start: index, end: index + part.length }));
}

/** The number that a text is, without its sign of money or per cent; null where it is none, or could be two and `mark` does not tell. */
export function readAmount(text: string, mark: DecimalMark): number | null {
  const bare = text
    .trim()
    .replace(new RegExp(`^(?:${sign})\\s?|\\s?(?:${unit})$`, 'giu'), '')
    .replace('−', '-');
  if (!new RegExp(`^(?:${number})$`, 'u').test(bare)) return null;
  const digits = bare.replace(/[ '’\u00a0\u202f]/g, '');
  const decimals = decimalsOf(digits, mark);
  if (decimals === null) return null;
  const value = Number(
    decimals === 'none'
      ? digits.replace(/[.,]/g, '')
      : digits.replace(decimals === '.' ? /,/g : /\./g, '').replace(',', '.'),
  );
  return Number.isFinite(value) ? value : null;
}

/** Which mark sets the decimals apart. Two different ones tell it, and so does one that stands twice, or before two digits. */
function decimalsOf(digits: string, mark: DecimalMark): '.' | ',' | 'none' | null {
  const marks = digits.match(/[.,]/g) ?? [];
  const last = marks.at(-1);
  if (last !== '.' && last !== ',') return 'none';
  if (new Set(marks).size === 2) return last;
  if (marks.length > 1) return 'none';
  const [before = '', after = ''] = digits.replace(/^[-+]/, '').split(last);
  if (after.length !== 3 || before.length > 3 || before === '0') return last;
  return mark === null ? null : mark === last ? last : 'none';
}

const codes: readonly (readonly [RegExp, string])[] = [
  [/^(?:US)?\$$|^USD$|^dollars?$/i, 'USD'],
  [/^€$|^EUR$|^euros?$/i, 'EUR'],
  [/^£$|^GBP$|^pounds?$/i, 'GBP'],
  [/^¥$|^JPY$|^yen$/i, 'JPY'],
  [/^₹$|^INR$|^rupees?$/i, 'INR'],
  [/^CHF$|^francs?$/i, 'CHF'],
];

/** The code of a currency (ISO 4217) by its sign or name; null where a text is none. */
export function readCurrency(text: string): string | null {
  return codes.find(([pattern]) => pattern.test(text.trim()))?.[1] ?? null;
}

export function spotCurrencies(text: string): readonly { readonly start: number; readonly end: number }[] {
  const any =
    /US\$|[$€£¥₹]|(?<![\p{L}])(?:USD|EUR|GBP|JPY|INR|CHF|dollars?|euros?|pounds?|yen|rupees?|francs?)(?![\p{L}])/giu;
  return [...text.matchAll(any)].map(({ index, 0: part }) => ({ start: index, end: index + part.length }));
}
