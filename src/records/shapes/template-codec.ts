import type { Json } from '../call.ts';
import type { TemplateForm } from './answer-form.ts';
import { inCase } from './letter-case.ts';

/**
 * The values between the constants of a template, by their keys; null where the answer has another form, or a repeated value is
 * not the same. Constants are met at their first place; the last one ends the text.
 */
export function readTemplate({ constants, slots }: TemplateForm, text: string): Json | null {
  const values = splitByConstants(constants, text);
  if (values === null) return null;
  const own = new Map<string, string>();
  slots.forEach((slot, index) => {
    if (slot.kind === 'own') own.set(slot.key, values[index] ?? '');
  });
  const isRepeated = slots.every(
    (slot, index) => slot.kind === 'own' || inCase(own.get(slot.of) ?? '', slot.letterCase) === values[index],
  );
  return isRepeated ? Object.fromEntries(own) : null;
}

/** What stands between constants, one value fewer than there are of them; null where they do not all stand there in their order. */
export function splitByConstants(constants: readonly string[], text: string): readonly string[] | null {
  const first = constants[0] ?? '';
  const last = constants.at(-1) ?? '';
  if (constants.length < 2 || !text.startsWith(first) || !text.endsWith(last)) return null;
  const end = text.length - last.length;
  const values: string[] = [];
  let from = first.length;
  for (const constant of constants.slice(1, -1)) {
    const at = text.indexOf(constant, from);
    if (at < 0) return null;
    values.push(text.slice(from, at));
    from = at + constant.length;
  }
  if (from > end) return null;
  return [...values, text.slice(from, end)];
}

/** The text of a template with these values, by key. */
export function writeTemplate({ constants, slots }: TemplateForm, values: ReadonlyMap<string, string>): string {
  return constants.reduce((text, constant, index) => {
    const slot = slots[index - 1];
    if (slot === undefined) return text + constant;
    const value = slot.kind === 'own' ? values.get(slot.key) : inCase(values.get(slot.of) ?? '', slot.letterCase);
    return text + (value ?? '') + constant;
  }, '');
}
