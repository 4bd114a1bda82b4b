import type { Template, TemplateMessage, TemplatePart } from '../records/task.ts';

/** How one message is taken apart: what it starts and ends with, and the constants between its slots, in order. */
interface MessageMatcher {
  /** The whole message is constant. */
  readonly exact: string | null;
  readonly prefix: string;
  readonly inner: readonly string[];
  readonly suffix: string;
  readonly leastLength: number;
}

export interface TemplateMatcher {
  /** The text of each slot, or null where a constant is missing. The same texts give the same slots always. */
  split(texts: readonly string[]): string[] | null;
  /** Characters that are constant: of two templates that match, the one that says more is meant. */
  readonly constantLength: number;
}

/**
 * Compiles a template. The start is matched first, then the end, then the constants between from left to right at their
 * first occurrence: one pass, no backtracking, so a text that contains a delimiter cannot be read in two ways.
 */
export function compileTemplate(template: Pick<Template, 'messages'>): TemplateMatcher {
  const matchers = template.messages.map((message) => compileMessage(message));
  // Exact messages first: they refuse a stranger at the cost of one comparison.
  const order = matchers
    .map((_, index) => index)
    .sort((a, b) => Number(isExact(matchers[b])) - Number(isExact(matchers[a])));
  return {
    constantLength: matchers.reduce((sum, matcher) => sum + matcher.leastLength, 0),
    split(texts) {
      if (texts.length !== matchers.length) return null;
      for (const index of order) if (!couldMatch(matchers[index]!, texts[index]!)) return null;
      const slots: string[] = [];
      for (let index = 0; index < matchers.length; index++)
        if (!splitMessage(matchers[index]!, texts[index]!, slots)) return null;
      return slots;
    },
  };
}

function isExact(matcher: MessageMatcher | undefined): boolean {
  return matcher?.exact !== null;
}

function compileMessage(message: TemplateMessage): MessageMatcher {
  const parts = message.parts;
  const texts = parts.map((part) => (part.kind === 'constant' ? part.text : ''));
  const leastLength = texts.reduce((sum, text) => sum + text.length, 0);
  if (!parts.some((part) => part.kind === 'slot'))
    return { exact: texts.join(''), prefix: '', inner: [], suffix: '', leastLength };
  const first = parts[0]?.kind === 'constant' ? 1 : 0;
  const last = parts.at(-1)?.kind === 'constant' ? parts.length - 1 : parts.length;
  return {
    exact: null,
    prefix: first === 1 ? texts[0]! : '',
    inner: parts.slice(first, last).flatMap((part: TemplatePart) => (part.kind === 'constant' ? [part.text] : [])),
    suffix: last < parts.length ? texts[last]! : '',
    leastLength,
  };
}

function couldMatch(matcher: MessageMatcher, text: string): boolean {
  if (matcher.exact !== null) return text === matcher.exact;
  return text.length >= matcher.leastLength && text.startsWith(matcher.prefix) && text.endsWith(matcher.suffix);
}

function splitMessage(matcher: MessageMatcher, text: string, slots: string[]): boolean {
  if (matcher.exact !== null) return true;
  const end = text.length - matcher.suffix.length;
  let at = matcher.prefix.length;
  for (const constant of matcher.inner) {
    const found = text.indexOf(constant, at);
    if (found < 0 || found + constant.length > end) return false;
    slots.push(text.slice(at, found));
    at = found + constant.length;
  }
  slots.push(text.slice(at, end));
  return true;
}
