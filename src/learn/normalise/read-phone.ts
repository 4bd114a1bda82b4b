/** Where telephone numbers stand in a text: seven digits at least, with what people write between them. */
export function spotPhones(text: string): readonly { readonly start: number; readonly end: number }[] {
  return [...text.matchAll(/(?<![\p{L}\p{N}])(?:\+|\()?\d(?:[ ()./\u00a0-]{0,3}\d){6,14}(?!\p{N})/gu)].map(
    ({ index, 0: part }) => ({ start: index, end: index + part.length }),
  );
}

/**
 * A telephone number in a form: `d` stands for a digit, all else for itself (`+ddddd`, `(ddd) ddd-dddd`). `country` replaces a
 * leading zero where the form begins with a plus. Null where the digits are too few or too many for the form.
 */
export function writePhone(
  text: string,
  { form, country }: { readonly form: string; readonly country: string },
): string | null {
  const digits = digitsOf(text, form.startsWith('+') ? country : '');
  if (digits === null) return null;
  if (form === 'digits') return digits;
  if (form === '+digits') return `+${digits}`;
  if (form.replace(/[^d]/g, '').length !== digits.length) return null;
  let next = 0;
  return form.replace(/d/g, () => digits[next++] ?? '');
}

function digitsOf(text: string, country: string): string | null {
  const digits = text.replace(/\D/g, '');
  if (digits.length < 7 || digits.length > 15) return null;
  if (country === '') return digits;
  if (text.trim().startsWith('+')) return digits;
  if (digits.startsWith('00')) return digits.slice(2);
  return country + digits.replace(/^0/, '');
}

/** The form that a written number has: `digits` and `+digits` for those without anything between. */
export function phoneFormOf(value: string): string | null {
  if (!/^\+?[\d ()./-]+$/.test(value) || value.replace(/\D/g, '').length < 7) return null;
  if (/^\d+$/.test(value)) return 'digits';
  return /^\+\d+$/.test(value) ? '+digits' : value.replace(/\d/g, 'd');
}

/** What the international number has before the national one without its zero; null where they are not the same. */
export function countryOf(value: string, text: string): string | null {
  if (/^\s*(\+|00)/.test(text)) return null;
  const [whole, national] = [value.replace(/\D/g, ''), text.replace(/\D/g, '').replace(/^0/, '')];
  return whole.endsWith(national) && whole.length > national.length && whole.length - national.length <= 3
    ? whole.slice(0, whole.length - national.length)
    : null;
}
