import type { Template, TemplateMessage, TemplatePart } from '../records/task.ts';
import { alignTexts } from './align-texts.ts';
import { countConstantWords } from './build-template.ts';
import { isWord, tokenise } from './tokens.ts';

/** Stands for a slot while templates are aligned like texts. A private-use character: never a word, and never trusted beyond this file. */
const slotMark = '\uE000';
/** Longer pieces that change are another instruction, not a value. */
const mostWordsOfValue = 3;
/** So many templates that differ in one short place: the place is a slot that was quiet for a while. */
const fewestVariants = 4;

/**
 * The messages of a template that covers several which differ only in short values: four names, or two numbers (dates, versions,
 * references); null where they differ more. A prompt that was edited once stays two templates.
 */
export function generalise(templates: readonly Template[]): readonly TemplateMessage[] | null {
  const [first] = templates;
  if (first === undefined || templates.length < 2) return null;
  if (templates.some((template) => template.messages.length !== first.messages.length)) return null;
  if (JSON.stringify(templates).includes('\\ue000') || templates.some(hasMark)) return null;
  let slots = 0;
  const messages: TemplateMessage[] = [];
  for (const [index, { role }] of first.messages.entries()) {
    const texts = templates.map((template) => textOf(template.messages[index]!));
    const alignment = alignTexts(texts, 2);
    if (!areShortValues(alignment, texts, templates.length)) return null;
    const parts: TemplatePart[] = [];
    for (const piece of alignment.flatMap((text) => (text === null ? [null] : splitAtMarks(text)))) {
      if (piece !== null) parts.push({ kind: 'constant', text: piece });
      else if (parts.at(-1)?.kind !== 'slot') parts.push({ kind: 'slot', slot: slots++ });
    }
    messages.push({ role, parts });
  }
  const kept = countConstantWords({ messages });
  return kept >= 0.6 * Math.min(...templates.map(countConstantWords)) ? messages : null;
}

function hasMark(template: Template): boolean {
  return template.messages.some(({ parts }) =>
    parts.some((part) => part.kind === 'constant' && part.text.includes(slotMark)),
  );
}

function textOf(message: TemplateMessage): string {
  return message.parts.map((part) => (part.kind === 'slot' ? slotMark : part.text)).join('');
}

function splitAtMarks(text: string): (string | null)[] {
  return text
    .split(slotMark)
    .flatMap((piece, index) => [...(index > 0 ? [null] : []), ...(piece === '' ? [] : [piece])]);
}

/** Whether what changes between the templates looks like values of slots. */
function areShortValues(alignment: readonly (string | null)[], texts: readonly string[], variants: number): boolean {
  const changing = texts.map((text) => {
    let left = text;
    for (const constant of alignment) if (constant !== null) left = left.replace(constant, '\u0000');
    return left;
  });
  if (new Set(changing).size === 1) return true;
  const isNumeric = new Set(changing.map((text) => text.replace(/\d+/g, '0'))).size === 1;
  // Words that all have beside the value were given to the slot by the alignment.
  const own = texts.map((text) => tokenise(text).filter(isWord));
  const common = own.reduce((shared, words) => shared.filter((word) => words.includes(word)));
  const longest = Math.max(...own.map((words) => words.filter((word) => !common.includes(word)).length));
  return isNumeric || (variants >= fewestVariants && longest <= mostWordsOfValue);
}
