import type { LetterCase } from '../../records/shapes/answer-form.ts';
import { findOccurrences, type Occurrence } from '../tagger/find-occurrences.ts';
import { readCount, spotCounts } from './number-words.ts';
import { type DecimalMark, readAmount, readCurrency, spotAmounts, spotCurrencies } from './read-amount.ts';
import { type DateForm, type DateOrder, readDate, spotDates, writeDate } from './read-date.ts';
import { spotPhones, writePhone } from './read-phone.ts';
import { type BareTime, readTime, spotTimes, type TimeForm, writeTime } from './read-time.ts';
import { spotText, trimText } from './trim-text.ts';

/** How an answer writes a number: as a number, as its shortest text, or as a text with two decimals. */
export type NumberForm = 'number' | 'text' | 'text-2';

/** How a text of the input becomes a value of the answer. Data: it travels in a student's file. */
export type Normaliser =
  | { readonly name: 'exactly' }
  | { readonly name: 'trimmed'; readonly letterCase: LetterCase }
  | { readonly name: 'date'; readonly order: DateOrder; readonly form: DateForm }
  | { readonly name: 'time'; readonly bare: BareTime; readonly form: TimeForm }
  | { readonly name: 'amount'; readonly mark: DecimalMark; readonly form: NumberForm }
  | { readonly name: 'count'; readonly form: NumberForm }
  | { readonly name: 'currency' }
  | { readonly name: 'phone'; readonly form: string; readonly country: string };

export const exactly: Normaliser = { name: 'exactly' };

type Stretch = { readonly start: number; readonly end: number };

interface Handler<Kind extends Normaliser> {
  apply(normaliser: Kind, text: string): string | number | null;
  /** Where something of the kind stands; `value` is what is looked for. */
  spot(text: string, value: string | number): readonly Stretch[];
}

const handlers: { readonly [Name in Normaliser['name']]: Handler<Extract<Normaliser, { name: Name }>> } = {
  exactly: { apply: (_, text) => text, spot: () => [] },
  trimmed: {
    apply: ({ letterCase }, text) => trimText(text, letterCase) || null,
    spot: (text, value) => (typeof value === 'string' ? spotText(text, value) : []),
  },
  date: {
    apply: ({ order, form }, text) => {
      const date = readDate(text, order);
      return date === null ? null : writeDate(date, form);
    },
    spot: spotDates,
  },
  time: {
    apply: ({ bare, form }, text) => {
      const time = readTime(text, bare);
      return time === null ? null : writeTime(time, form);
    },
    spot: spotTimes,
  },
  amount: { apply: ({ mark, form }, text) => inForm(readAmount(text, mark), form), spot: spotAmounts },
  count: { apply: ({ form }, text) => inForm(readCount(text), form), spot: spotCounts },
  currency: { apply: (_, text) => readCurrency(text), spot: spotCurrencies },
  phone: { apply: (normaliser, text) => writePhone(text, normaliser), spot: spotPhones },
};

function inForm(value: number | null, form: NumberForm): string | number | null {
  if (value === null || form === 'number') return value;
  return form === 'text-2' ? value.toFixed(2) : String(value);
}

/** The value that a text of the input becomes; null where it becomes none. Pure. */
export function applyNormaliser(normaliser: Normaliser, text: string): string | number | null {
  return (handlers[normaliser.name] as Handler<Normaliser>).apply(normaliser, text);
}

/** Where in the input a text stands that becomes this value. */
export function findSources(
  value: string | number,
  slots: readonly string[],
  normaliser: Normaliser,
): readonly Occurrence[] {
  if (normaliser.name === 'exactly') return typeof value === 'string' ? findOccurrences(value, slots) : [];
  return spotsIn(slots, normaliser, value).filter(
    ({ slot, start, end }) => applyNormaliser(normaliser, (slots[slot] ?? '').slice(start, end)) === value,
  );
}

/** Where in the input something stands of the kind that a normaliser reads, whatever value it becomes. */
export function spotsIn(
  slots: readonly string[],
  normaliser: Normaliser,
  value: string | number,
): readonly Occurrence[] {
  const { spot } = handlers[normaliser.name];
  return slots.flatMap((text, slot) => spot(text.slice(0, mostCharacters), value).map((place) => ({ slot, ...place })));
}

/** Characters of a slot that are looked through: what stands behind is no source. */
const mostCharacters = 60_000;
