import { applyNormaliser, exactly, findSources, type Normaliser, spotsIn } from './normaliser.ts';
import { type DateForm, dateForms } from './read-date.ts';
import { countryOf, phoneFormOf, spotPhones } from './read-phone.ts';
import { type TimeForm, timeForms } from './read-time.ts';

/** A value of an answer and the input it answers. */
export interface Valued {
  readonly value: string | number;
  readonly slots: readonly string[];
}

/** A text of the input and the value that the answer makes of it. */
export interface ValuePair {
  readonly text: string;
  readonly value: string | number;
}

/** A normaliser is kept only if it makes so many of the values whose inputs hold anything of its kind. */
const leastFitting = 0.99;
/** Fewer values prove no normaliser. */
const fewestValues = 5;
/** Values looked at, evenly spread. */
const looksEnough = 400;
/** A family is tried where so many of the values look like its own. */
const lookingLike = 0.9;

/**
 * The normaliser that makes most of the values out of their inputs, and the share of all values that it makes. Where none is proven,
 * or none makes more than copies letter by letter, that is `exactly`. Of two that make as many, the one that assumes less.
 */
export function chooseNormaliser(values: readonly Valued[]): {
  readonly normaliser: Normaliser;
  readonly share: number;
} {
  const stride = Math.max(1, Math.ceil(values.length / looksEnough));
  const looked = values.filter((_, index) => index % stride === 0);
  const copies = looked.filter(({ value, slots }) => findSources(value, slots, exactly).length > 0).length;
  let best = { normaliser: exactly, made: copies };
  if (copies < looked.length)
    for (const normaliser of candidatesFor(looked)) {
      const { made, fit } = judge(normaliser, looked);
      if (made > best.made && made >= fewestValues && fit >= leastFitting) best = { normaliser, made };
    }
  return { normaliser: best.normaliser, share: looked.length === 0 ? 0 : best.made / looked.length };
}

function judge(normaliser: Normaliser, values: readonly Valued[]): { readonly made: number; readonly fit: number } {
  let [made, spotted] = [0, 0];
  for (const { value, slots } of values) {
    if (spotsIn(slots, normaliser, value).length === 0) continue;
    spotted++;
    if (findSources(value, slots, normaliser).length > 0) made++;
  }
  return { made, fit: spotted === 0 ? 0 : made / spotted };
}

/** The normaliser that reproduces at least 99 % of the values from their texts, and how many it does; null where none does. */
export function inferNormaliser(
  pairs: readonly ValuePair[],
): { readonly normaliser: Normaliser; readonly coverage: number } | null {
  const values = pairs.map(({ text, value }) => ({ value, slots: [text] }));
  const scored = [exactly, ...candidatesFor(values)].map((normaliser) => ({
    normaliser,
    coverage: pairs.filter(({ text, value }) => applyNormaliser(normaliser, text) === value).length / pairs.length,
  }));
  const best = scored.reduce((a, b) => (b.coverage > a.coverage ? b : a));
  return pairs.length >= fewestValues && best.coverage >= leastFitting ? best : null;
}

/** Normalisers whose values look like these, those that assume least before the others. */
function candidatesFor(values: readonly Valued[]): readonly Normaliser[] {
  const look = (test: (value: string | number) => boolean): boolean =>
    values.filter(({ value }) => test(value)).length >= lookingLike * values.length;
  const areTexts = look((value) => typeof value === 'string');
  return [
    ...(areTexts ? textCandidates(values, look) : []),
    ...numberCandidates(look),
    ...(areTexts
      ? (['same', 'lower', 'upper', 'title', 'sentence'] as const).map(
          (letterCase): Normaliser => ({ name: 'trimmed', letterCase }),
        )
      : []),
  ];
}

type Look = (test: (value: string | number) => boolean) => boolean;

function textCandidates(values: readonly Valued[], look: Look): readonly Normaliser[] {
  const matches = (pattern: RegExp): boolean => look((value) => pattern.test(String(value)));
  const dates = dateForms.filter((form) => matches(patternOf(form)));
  const times = timeForms.filter((form) => matches(patternOf(form)));
  return [
    ...dates.flatMap((form: DateForm) =>
      ([null, 'day-first', 'month-first'] as const).map((order): Normaliser => ({ name: 'date', order, form })),
    ),
    ...times.flatMap((form: TimeForm) =>
      (['as-written', 'evening'] as const).map((bare): Normaliser => ({ name: 'time', bare, form })),
    ),
    ...(matches(/^[A-Z]{3}$/) ? [{ name: 'currency' } as const] : []),
    ...phoneCandidates(values),
  ];
}

function patternOf(form: string): RegExp {
  const parts: Readonly<Record<string, string>> = {
    YYYY: '\\d{4}',
    MM: '\\d\\d',
    DD: '\\d\\d',
    HH: '\\d\\d',
    SS: '\\d\\d',
  };
  const escaped = form.replaceAll('.', '\\.');
  return new RegExp(`^${escaped.replace(/YYYY|MM|DD|HH|SS|[MDH]/g, (part) => parts[part] ?? '\\d{1,2}')}$`);
}

function phoneCandidates(values: readonly Valued[]): readonly Normaliser[] {
  const form = mostOf(values.map(({ value }) => phoneFormOf(String(value))));
  if (form === null) return [];
  const country = mostOf(
    values.map(({ value, slots }) => {
      const texts = slots.flatMap((slot) => spotPhones(slot).map(({ start, end }) => slot.slice(start, end)));
      return mostOf(texts.map((text) => countryOf(String(value), text)));
    }),
  );
  return [{ name: 'phone', form, country: country ?? '' }];
}

/** The most frequent text, if more than half of those that are any agree on it. */
function mostOf(texts: readonly (string | null)[]): string | null {
  const counts = new Map<string, number>();
  for (const text of texts) if (text !== null) counts.set(text, (counts.get(text) ?? 0) + 1);
  const all = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const [text, count] = [...counts].reduce((best, one) => (one[1] > best[1] ? one : best), ['', 0] as const);
  return count > all / 2 ? text : null;
}

function numberCandidates(look: Look): readonly Normaliser[] {
  const areNumbers = look((value) => typeof value === 'number');
  const areNumeric = areNumbers || look((value) => /^-?\d+(\.\d+)?$/.test(String(value)));
  const forms = areNumbers ? (['number'] as const) : areNumeric ? (['text', 'text-2'] as const) : [];
  const areCounts = look((value) => /^\d{1,3}$/.test(String(value)));
  return forms.flatMap((form) => [
    ...([null, '.', ','] as const).map((mark): Normaliser => ({ name: 'amount', mark, form })),
    ...(areCounts ? [{ name: 'count', form } as const] : []),
  ]);
}
