import { createHash } from 'node:crypto';
import type { Template, TemplateMessage, TemplatePart } from '../records/task.ts';
import { type Alignment, alignTexts } from './align-texts.ts';
import { constantsOf } from './name-task.ts';
import type { Prompt } from './read-prompt.ts';
import { isWord, tokenise } from './tokens.ts';

/** Makes the template of prompts that share one. All have the structure of `prompt`. */
export function buildTemplate(prompt: Prompt, rows: readonly (readonly string[])[]): Template {
  let slots = 0;
  const messages = prompt.roles.map((role, index): TemplateMessage => {
    const alignment: Alignment = alignTexts(rows.map((texts) => texts[index] ?? ''));
    const parts = alignment.map(
      (text): TemplatePart => (text === null ? { kind: 'slot', slot: slots++ } : { kind: 'constant', text }),
    );
    return { role, parts };
  });
  return {
    key: shortHash([prompt.structure, messages]),
    messages,
    toolsHash: prompt.toolsJson === null ? null : shortHash(prompt.toolsJson),
    responseFormatHash: prompt.formatJson === null ? null : shortHash(prompt.formatJson),
    slots,
  };
}

/** Sixteen hexadecimal digits of SHA-256 over JSON, which keeps lone surrogates apart. */
export function shortHash(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 16);
}

/** Words that are constant: how much a template says. */
export function countConstantWords(template: Template): number {
  return constantsOf(template).reduce((sum, text) => sum + tokenise(text).filter(isWord).length, 0);
}

/** A model's turn that differs from call to call is no example turn: the prompt carries a conversation. */
export function isConversation(template: Template): boolean {
  return template.messages.some(
    (message) =>
      (message.role === 'assistant' || message.role === 'tool') && message.parts.some((part) => part.kind === 'slot'),
  );
}
