import type { Call } from '../records/call.ts';

export const noon = Date.UTC(2026, 9, 1, 12);

/** A call of a small classification prompt; says only what a test is about. */
export function call(overrides: Partial<Call> & { readonly id: string }): Call {
  return {
    at: noon,
    tenant: 'shop',
    status: 200,
    latencyMs: 400,
    request: {
      model: 'large',
      messages: [
        { role: 'system', content: 'Answer with one word: question, complaint or praise.' },
        { role: 'user', content: `Where is parcel ${overrides.id}?` },
      ],
    },
    response: { choices: [{ index: 0, message: { role: 'assistant', content: 'question' }, finish_reason: 'stop' }] },
    task: null,
    gold: null,
    tags: {},
    ...overrides,
  };
}
