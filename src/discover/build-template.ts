import { createHash } from 'node:crypto';
import type { Template, TemplateMessage, TemplatePart } from '../records/task.ts';
import { type Alignment, alignTexts } from './align-texts.ts';
import { constantsOf } from './name-task.ts';
import { findOwnDates } from './own-dates.ts';
import type { Prompt } from './read-prompt.ts';
import { isStructural, isWord, tokenise } from './tokens.ts';

/** A prompt to build a template from, and when it was sent. */
export interface SentPrompt {
  readonly texts: readonly string[];
  /** Milliseconds since 1970, UTC. */
  readonly at: number;
}

/** Makes the template of prompts that share one. All have the structure of `prompt`. */
export function buildTemplate(prompt: Prompt, rows: readonly SentPrompt[]): Template {
  let slots = 0;
  const messages = prompt.roles.map((role, index): TemplateMessage => {
    const alignment = alignTexts(rows.map((row) => row.texts[index] ?? ''));
    const pieces = joinSlots(alignment.flatMap((text) => (text === null ? [null] : withoutOwnDates(text, rows))));
    const parts = pieces.map(
      (text): TemplatePart => (text === null ? { kind: 'slot', slot: slots++ } : { kind: 'constant', text }),
    );
    return { role, parts };
  });
  return templateOf(prompt, messages);
}

/** Completes messages to a template of the structure of `prompt`. */
export function templateOf(prompt: Prompt, messages: readonly TemplateMessage[]): Template {
  return {
    key: shortHash([prompt.structure, messages]),
    messages,
    toolsHash: prompt.toolsJson === null ? null : shortHash(prompt.toolsJson),
    responseFormatHash: prompt.formatJson === null ? null : shortHash(prompt.formatJson),
    slots: messages.reduce((sum, { parts }) => sum + parts.filter((part) => part.kind === 'slot').length, 0),
  };
}

/** Today's date is constant today only. */
function withoutOwnDates(text: string, rows: readonly SentPrompt[]): Alignment {
  const [first, ...others] = rows;
  if (first === undefined) return [text];
  const last = others.at(-1) ?? first;
  const dates = findOwnDates(text, first.at).filter(
    ([start, end]) => findOwnDates(text.slice(start, end), last.at).length > 0,
  );
  const pieces: (string | null)[] = [];
  let at = 0;
  for (const [start, end] of dates) {
    pieces.push(text.slice(at, start), null);
    at = end;
  }
  return [...pieces, text.slice(at)].filter((piece) => piece !== '');
}

function joinSlots(alignment: Alignment): Alignment {
  return alignment.filter((piece, index) => piece !== null || alignment[index - 1] !== null);
}

/** Sixteen hexadecimal digits of SHA-256 over JSON, which keeps lone surrogates apart. */
export function shortHash(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 16);
}

/** Words that are constant: how much a template says. */
export function countConstantWords(template: Pick<Template, 'messages'>): number {
  return constantsOf(template).reduce((sum, text) => sum + tokenise(text).filter(isWord).length, 0);
}

/** Words and delimiters that are constant: what tells its calls from any others. */
export function countEvidence(template: Template): number {
  const tokens = constantsOf(template).flatMap((text) => tokenise(text));
  return tokens.filter((token) => isWord(token) || (isStructural(token) && token !== '\n')).length;
}

/** A model's turn that differs from call to call is no example turn: the prompt carries a conversation. */
export function isConversation(template: Template): boolean {
  return template.messages.some(
    (message) =>
      (message.role === 'assistant' || message.role === 'tool') && message.parts.some((part) => part.kind === 'slot'),
  );
}
