const dayMs = 86_400_000;

const locales = ['en', 'de', 'fr', 'es', 'it', 'pt', 'nl'];
const monthNumbers = new Map(
  locales.flatMap((locale) =>
    Array.from({ length: 12 }, (_, month) => {
      const format = new Intl.DateTimeFormat(locale, { month: 'long', timeZone: 'UTC' });
      return [format.format(Date.UTC(2024, month, 15)).toLowerCase(), month + 1] as const;
    }),
  ),
);
for (const [index, name] of [
  'jan',
  'feb',
  'mar',
  'apr',
  'may',
  'jun',
  'jul',
  'aug',
  'sep',
  'oct',
  'nov',
  'dec',
].entries())
  monthNumbers.set(name, index + 1);
const monthNames = [...monthNumbers.keys()].sort((a, b) => b.length - a.length).join('|');
const weekdayNames = locales
  .flatMap((locale) =>
    Array.from({ length: 7 }, (_, weekday) =>
      new Intl.DateTimeFormat(locale, { weekday: 'long', timeZone: 'UTC' }).format(Date.UTC(2024, 0, 1 + weekday)),
    ),
  )
  .join('|');

const clock = String.raw`(?:[T ,]+\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:\s?[AaPp][Mm])?(?:Z|[+-]\d{2}:?\d{2})?)?`;
const datePattern = new RegExp(
  String.raw`(?<![\p{L}\p{N}])(?:(?:${weekdayNames}),?\s+)?(?:\d{4}-\d{2}-\d{2}|\d{1,4}[./]\d{1,2}[./]\d{1,4}|(?:${monthNames})\.? \d{1,2}(?:st|nd|rd|th)?,? \d{4}|\d{1,2}(?:st|nd|rd|th|\.)?(?: de| of)? (?:${monthNames})(?: de|,)? \d{4}|\d{4}年\d{1,2}月\d{1,2}日)${clock}(?![\p{L}\p{N}])`,
  'giu',
);

/** Where a text states the day on which its call was made (or the day before or after: clocks and zones differ), as [start, end) pairs. */
export function findOwnDates(text: string, at: number): readonly (readonly [number, number])[] {
  return [...text.matchAll(datePattern)]
    .filter((found) => [-1, 0, 1].some((shift) => statesDay(found[0], new Date(at + shift * dayMs))))
    .map((found) => [found.index, found.index + found[0].length]);
}

function statesDay(text: string, date: Date): boolean {
  if (Number.isNaN(date.getTime())) return false;
  const month = new RegExp(`(?:${monthNames})`, 'iu').exec(text)?.[0].toLowerCase();
  const numbers = (text.replace(new RegExp(`${clock}$`, 'u'), '').match(/\d+/g) ?? []).map(Number);
  const [year, day] = [date.getUTCFullYear(), date.getUTCDate()];
  const wanted = [year, day, ...(month === undefined ? [date.getUTCMonth() + 1] : [])];
  if (month !== undefined && monthNumbers.get(month) !== date.getUTCMonth() + 1) return false;
  const short = numbers.map((number) => (number < 100 && number + 2000 === year ? year : number));
  return [numbers, short].some(
    (candidates) => candidates.length === wanted.length && [...candidates].sort().join() === [...wanted].sort().join(),
  );
}
