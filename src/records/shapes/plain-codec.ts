import type { Json } from '../call.ts';
import { countLabelWords, foldLabel } from '../label-form.ts';
import type { PlainForm, SeparatedForm } from './answer-form.ts';
import type { WrittenJson } from './json-style.ts';
import { plainText, withoutEnds } from './lines-codec.ts';

/** The items of a list in running text; null where one is too long to be one. */
export function readSeparated(form: SeparatedForm, text: string): Json | null {
  if (form.empty !== null && foldLabel(text) === foldLabel(form.empty)) return [];
  const inner = withoutEnds(text.trim(), form.before.trim(), form.after.trim());
  const items = splitItems(inner);
  return items.length > 0 && items.every((item) => countLabelWords(item) <= form.mostWords) ? items : null;
}

/** What commas, semicolons, bars and line breaks set apart. */
export function splitItems(text: string): readonly string[] {
  return text
    .split(/[,;\n|，、；]/)
    .map((item) => item.trim().replace(/^[-*•]\s+/, ''))
    .filter((item) => foldLabel(item) !== '');
}

/** Null where there is nothing to list and no word for it. */
export function writeSeparated(form: SeparatedForm, items: readonly WrittenJson[]): string | null {
  return items.length === 0 ? form.empty : form.before + items.map(plainText).join(form.separator) + form.after;
}

/** The number or text that the whole answer is; null where it has too many words for one. */
export function readPlain(form: PlainForm, isNumber: boolean, text: string): Json | null {
  const inner = withoutEnds(text.trim(), form.before.trim(), form.after.trim()).trim();
  if (isNumber) return parseNumber(inner, form.grouping);
  return inner !== '' && countLabelWords(inner) <= form.mostWords ? inner : null;
}

/** A plain number with or without marked thousands; null where a text is none. */
export function parseNumber(text: string, grouping: string): number | null {
  const bare = grouping === '' ? text : text.replaceAll(grouping, '');
  return /^[-+]?(?:\d+(?:\.\d+)?|\.\d+)$/.test(bare) ? Number(bare) : null;
}

/** The answer that a value is. */
export function writePlain(form: PlainForm, value: WrittenJson): string {
  const text = plainText(value);
  const grouped = form.grouping === '' ? text : text.replace(/\B(?<![.\d]*\.\d*)(?=(\d{3})+(?!\d))/g, form.grouping);
  return form.before + grouped + form.after;
}
