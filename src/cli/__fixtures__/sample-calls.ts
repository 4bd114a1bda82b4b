import type { Call } from '../../records/call.ts';
import { seededRandom } from '../../records/random.ts';
import type { Store } from '../../storage/store.ts';

const words = {
  billing: ['invoice', 'charge', 'refund', 'payment', 'receipt'],
  travel: ['flight', 'hotel', 'luggage', 'airport', 'visa'],
  health: ['doctor', 'fever', 'tablet', 'allergy', 'clinic'],
};
const fillers = ['please', 'today', 'again', 'still', 'about', 'my', 'the', 'with', 'need', 'help', 'question', 'urgent'];

/** Calls of one learnable task: the label follows from a word of the text. Same seed, same calls. */
export function sampleCalls(count: number, seed = 1): readonly Call[] {
  const random = seededRandom(seed);
  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)] as Item;
  return Array.from({ length: count }, (_, i) => {
    const label = pick(Object.keys(words) as (keyof typeof words)[]);
    const text = [pick(fillers), pick(fillers), pick(words[label]), pick(fillers), pick(words[label]), pick(fillers), `${i}`].join(' ');
    return {
      id: `call${i}`,
      at: Date.UTC(2026, 0, 1) + i * 60_000,
      tenant: 'shop',
      status: 200,
      latencyMs: null,
      request: {
        model: 'big-model',
        messages: [
          { role: 'system', content: 'Sort the ticket into billing, travel or health. Answer with the word alone.' },
          { role: 'user', content: text },
        ],
      },
      response: {
        choices: [{ index: 0, message: { role: 'assistant', content: label }, finish_reason: 'stop' }],
        usage: { prompt_tokens: 30, completion_tokens: 1 },
      },
      task: null,
      gold: null,
      tags: {},
    };
  });
}

export async function keepCalls(store: Store, calls: readonly Call[]): Promise<void> {
  await store.calls.append(calls.map((call) => ({ call, route: null, match: null })));
}
