import type { Template, TemplateMessage } from '../records/task.ts';
import { compileTemplate } from './match-template.ts';
import { isWord, tokenise } from './tokens.ts';

/** A shorter value that recurs may be a name or a language. */
const fewestWords = 5;
/** Share of the prompts whose value stands in another one too. */
const recurringShare = 0.25;

/**
 * Whether one of several slots holds instructions: long texts at the edge of a message that come again with other inputs. Then the
 * template is only the form that many prompts are written in.
 */
export function hasInstructionSlot(template: Template, prompts: readonly (readonly string[])[]): boolean {
  if (template.slots < 2) return false;
  const matcher = compileTemplate(template);
  const distinct = new Map(prompts.map((texts) => [texts.join('\u0000'), texts]));
  const rows = [...distinct.values()].flatMap((texts) => {
    const slots = matcher.split(texts);
    return slots === null ? [] : [slots];
  });
  return edgeSlots(template).some((slot) => {
    const counts = new Map<string, number>();
    for (const row of rows) counts.set(row[slot] ?? '', (counts.get(row[slot] ?? '') ?? 0) + 1);
    const recurring = [...counts].filter(
      ([value, count]) => count > 1 && tokenise(value).filter(isWord).length >= fewestWords,
    );
    return counts.size > 1 && recurring.reduce((sum, [, count]) => sum + count, 0) >= recurringShare * rows.length;
  });
}

function edgeSlots(template: Template): readonly number[] {
  return template.messages.flatMap(({ role, parts }: TemplateMessage) =>
    role === 'assistant' ? [] : [parts[0], parts.at(-1)].flatMap((part) => (part?.kind === 'slot' ? [part.slot] : [])),
  );
}
