import type { CheckContext } from './check.ts';

type Fields = Readonly<Record<string, unknown>>;

/** A chat request as applications send it. */
export function chat({ model }: Pick<CheckContext, 'model'>, fields: Fields = {}): Record<string, unknown> {
  return { model, messages: [{ role: 'user', content: 'Say hello.' }], ...fields };
}

/** A chat completion as OpenAI writes it. */
export function completion(content: string | null, fields: Fields = {}): Record<string, unknown> {
  return {
    id: 'chatcmpl-conformance',
    object: 'chat.completion',
    created: 1_790_000_000,
    model: 'gpt-4o-mini-2024-07-18',
    choices: [choice({ role: 'assistant', content, refusal: null })],
    usage: { prompt_tokens: 12, completion_tokens: 3, total_tokens: 15 },
    system_fingerprint: 'fp_conformance',
    ...fields,
  };
}

export function choice(message: Fields, fields: Fields = {}): Record<string, unknown> {
  return { index: 0, message, logprobs: null, finish_reason: 'stop', ...fields };
}

/** One chunk of a streamed chat completion. */
export function chunk(delta: Fields, fields: Fields & { readonly finish?: string; readonly index?: number } = {}) {
  const { finish = null, index = 0, ...others } = fields;
  return {
    id: 'chatcmpl-conformance',
    object: 'chat.completion.chunk',
    created: 1_790_000_000,
    model: 'gpt-4o-mini-2024-07-18',
    system_fingerprint: 'fp_conformance',
    choices: [{ index, delta, logprobs: null, finish_reason: finish }],
    ...others,
  };
}

/** Role, contents, finish: a whole stream but for `[DONE]`. */
export function chunks(...contents: readonly string[]): readonly Record<string, unknown>[] {
  return [
    chunk({ role: 'assistant', content: '', refusal: null }),
    ...contents.map((content) => chunk({ content })),
    chunk({}, { finish: 'stop' }),
  ];
}

/** The chunk that a stream carries where its usage was asked for. */
export function usageChunk(fields: Fields = {}): Record<string, unknown> {
  return { ...chunk({}), choices: [], usage: { prompt_tokens: 12, completion_tokens: 3, total_tokens: 15 }, ...fields };
}

/** As it stands on the wire. */
export function eventText(data: unknown): string {
  return `data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`;
}
