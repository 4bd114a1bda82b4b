import type { JsonObject } from './call.ts';

/** What the application got out of a response, or why there is nothing to learn from it. */
export type Answer =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'tool-calls'; readonly calls: readonly ToolCall[] }
  /** `error`: the request failed, it is no call of the task. `cut` and `refusal` are answers that agree with nothing. */
  | { readonly kind: 'none'; readonly why: 'error' | 'cut' | 'refusal' | 'several-choices' | 'empty' };

/** An answer that says something. */
export type GivenAnswer = Exclude<Answer, { kind: 'none' }>;

/** What the application got: text, or the tool calls. */
export function saidIn(answer: GivenAnswer): string | readonly ToolCall[] {
  return answer.kind === 'text' ? answer.text : answer.calls;
}

export interface ToolCall {
  readonly name: string;
  /** JSON text, as the model wrote it. */
  readonly arguments: string;
}

/** Reads the answer out of a chat completion. Never throws: whatever cannot be read is `none`. */
export function readAnswer(response: JsonObject, status = 200): Answer {
  if (status < 200 || status > 299 || isObject(response.error)) return { kind: 'none', why: 'error' };
  const choices = response.choices;
  if (!Array.isArray(choices) || choices.length === 0) return { kind: 'none', why: 'error' };
  if (choices.length > 1) return { kind: 'none', why: 'several-choices' };
  const choice: unknown = choices[0];
  const message = isObject(choice) ? choice.message : undefined;
  if (!isObject(choice) || !isObject(message)) return { kind: 'none', why: 'error' };
  if (choice.finish_reason === 'length') return { kind: 'none', why: 'cut' };
  if (choice.finish_reason === 'content_filter' || typeof message.refusal === 'string')
    return { kind: 'none', why: 'refusal' };
  const calls = readToolCalls(message.tool_calls);
  if (calls.length > 0) return { kind: 'tool-calls', calls };
  const text = message.content;
  return typeof text === 'string' && text.length > 0 ? { kind: 'text', text } : { kind: 'none', why: 'empty' };
}

function readToolCalls(value: unknown): readonly ToolCall[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((call: unknown) => {
    const made = isObject(call) ? call.function : undefined;
    return isObject(made) && typeof made.name === 'string'
      ? [{ name: made.name, arguments: typeof made.arguments === 'string' ? made.arguments : '{}' }]
      : [];
  });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
