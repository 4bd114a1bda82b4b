export interface ClockTime {
  readonly hour: number;
  readonly minute: number;
}

/** What a time means that does not say which half of the day: the number that is written, or the hours after noon. */
export type BareTime = 'as-written' | 'evening';

const half = String.raw`(?<half>a\.?m\.?|p\.?m\.?)`;
const clock = String.raw`(?<h1>\d{1,2})(?:[:.h](?<m1>\d{2}))(?:\s*${half})?(?:\s*(?:uhr|h|hrs))?`;
const hour = String.raw`(?<h2>\d{1,2})\s*(?:(?<half2>a\.?m\.?|p\.?m\.?)|uhr|o['’]clock|h)`;
const word = `(?<word>noon|midnight|midday|mittags?|mitternacht|midi|minuit|mediodía|medianoche)`;
const bare = String.raw`(?<h3>\d{1,2})`;
const marked = `(?:${clock}|${hour}|${word})`;
const edges = (inside: string): string => String.raw`(?<![\p{L}\p{N}:.])${inside}(?![\p{L}\p{N}:])`;

/** Where times stand in a text. A number alone is one only for `readTime`. */
export function spotTimes(text: string): readonly { readonly start: number; readonly end: number }[] {
  return [...text.matchAll(new RegExp(edges(`(?:${marked}|${bare})`), 'giu'))].map(({ index, 0: part }) => ({
    start: index,
    end: index + part.length,
  }));
}

/** The time of day that a text is; null where it is none. */
export function readTime(text: string, bareTime: BareTime): ClockTime | null {
  const groups = new RegExp(`^(?:${marked}|${bare})$`, 'iu').exec(text.trim())?.groups;
  if (groups === undefined) return null;
  const { h1, m1, half: half1, h2, half2, word: named, h3 } = groups;
  if (named !== undefined) return { hour: /^m(idn|itter|inuit|edian)/i.test(named) ? 0 : 12, minute: 0 };
  const said = (half1 ?? half2)?.toLowerCase().startsWith('p') ? 'pm' : (half1 ?? half2) === undefined ? null : 'am';
  return valid(Number(h1 ?? h2 ?? h3), Number(m1 ?? 0), said ?? (bareTime === 'evening' ? 'evening' : null));
}

function valid(written: number, minute: number, half: 'am' | 'pm' | 'evening' | null): ClockTime | null {
  if (written > 24 || minute > 59 || ((half === 'am' || half === 'pm') && (written > 12 || written === 0))) return null;
  if (half === 'am') return { hour: written % 12, minute };
  if (half === 'pm') return { hour: (written % 12) + 12, minute };
  const isEvening = half === 'evening' && written > 0 && written < 12;
  return { hour: isEvening ? written + 12 : written % 24, minute };
}

export const timeForms = ['HH:MM', 'H:MM', 'HH:MM:SS'] as const;
export type TimeForm = (typeof timeForms)[number];

/** Twenty-four hours. */
export function writeTime({ hour: hours, minute }: ClockTime, form: TimeForm): string {
  const minutes = String(minute).padStart(2, '0');
  const padded = String(hours).padStart(2, '0');
  return form === 'H:MM'
    ? `${hours}:${minutes}`
    : form === 'HH:MM'
      ? `${padded}:${minutes}`
      : `${padded}:${minutes}:00`;
}
