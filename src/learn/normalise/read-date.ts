import { anyMonth, monthOf } from './month-names.ts';

export interface CalendarDate {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

/** Which of two numbers comes first; null: unknown, and a date that needs it is none. */
export type DateOrder = 'day-first' | 'month-first' | null;

const day = String.raw`\d{1,2}(?:st|nd|rd|th|er|º|\.)?`;
const yearFirst = String.raw`(?<y1>\d{4})[-/.](?<m1>\d{1,2})[-/.](?<d1>\d{1,2})`;
const numeric = String.raw`(?<a>\d{1,2})[-/.](?<b>\d{1,2})[-/.](?<y2>\d{4}|\d{2})`;
const dayNamed = String.raw`(?<d3>${day})\s*(?:of\s+|de\s+)?(?<n3>${anyMonth})\.?,?\s+(?:de\s+)?(?<y3>\d{4})`;
const monthNamed = String.raw`(?<n4>${anyMonth})\.?\s+(?<d4>${day}),?\s+(?<y4>\d{4})`;
const pattern = String.raw`(?<![\p{L}\p{N}])(?:${yearFirst}|${dayNamed}|${monthNamed}|${numeric})(?![\p{L}\p{N}])`;

/** Where dates stand in a text that name their year. */
export function spotDates(text: string): readonly { readonly start: number; readonly end: number }[] {
  return [...text.matchAll(new RegExp(pattern, 'giu'))].map(({ index, 0: part }) => ({
    start: index,
    end: index + part.length,
  }));
}

/** The date that a text is; null where it is none, or could be two and `order` does not tell. */
export function readDate(text: string, order: DateOrder): CalendarDate | null {
  const groups = new RegExp(`^${pattern}$`, 'iu').exec(text.trim())?.groups;
  if (groups === undefined) return null;
  const { y1, m1, d1, d3, n3, y3, n4, d4, y4, a, b, y2 } = groups;
  if (y1 !== undefined) return valid(Number(y1), Number(m1), Number(d1));
  if (n3 !== undefined) return valid(Number(y3), monthOf(n3) ?? 0, Number.parseInt(d3 ?? '', 10));
  if (n4 !== undefined) return valid(Number(y4), monthOf(n4) ?? 0, Number.parseInt(d4 ?? '', 10));
  return numericDate(Number(a), Number(b), { year: fullYear(y2 ?? ''), order });
}

function numericDate(
  first: number,
  second: number,
  { year, order }: { readonly year: number; readonly order: DateOrder },
): CalendarDate | null {
  if (first === second || first > 12) return valid(year, second, first);
  if (second > 12) return valid(year, first, second);
  if (order === null) return null;
  return order === 'day-first' ? valid(year, second, first) : valid(year, first, second);
}

/** As POSIX reads two digits: 69 to 99 are of the last century. */
function fullYear(digits: string): number {
  const year = Number(digits);
  return digits.length === 4 ? year : year + (year < 69 ? 2000 : 1900);
}

function valid(year: number, month: number, dayOfMonth: number): CalendarDate | null {
  const date = new Date(Date.UTC(year, month - 1, dayOfMonth));
  const isReal = date.getUTCMonth() === month - 1 && date.getUTCDate() === dayOfMonth;
  return isReal && month >= 1 ? { year, month, day: dayOfMonth } : null;
}

/** Forms that answers give dates: `YYYY`, `MM`, `DD` are padded, `M` and `D` are not. */
export const dateForms = [
  'YYYY-MM-DD',
  'DD.MM.YYYY',
  'DD/MM/YYYY',
  'MM/DD/YYYY',
  'YYYY/MM/DD',
  'YYYYMMDD',
  'DD-MM-YYYY',
  'D.M.YYYY',
  'M/D/YYYY',
] as const;

export type DateForm = (typeof dateForms)[number];

export function writeDate({ year, month, day: dayOfMonth }: CalendarDate, form: DateForm): string {
  const values: Record<string, string> = {
    YYYY: String(year).padStart(4, '0'),
    MM: String(month).padStart(2, '0'),
    DD: String(dayOfMonth).padStart(2, '0'),
    M: String(month),
    D: String(dayOfMonth),
  };
  return form.replace(/YYYY|MM|DD|M|D/g, (part) => values[part] ?? part);
}
