import type { Call, ChatRequest, Json, JsonObject } from '../src/records/call.ts';
import { type Random, seededRandom } from '../src/records/random.ts';
import { trainNow } from '../src/train/train-now.ts';
import type { Trainer } from '../src/train/trainer.ts';

/** A text and what its teacher says to it. */
export interface KeywordRow {
  readonly text: string;
  readonly label: string;
}

const keywords: Readonly<Record<string, readonly string[]>> = {
  billing: ['invoice', 'charge', 'refund', 'payment', 'receipt', 'discount'],
  travel: ['flight', 'hotel', 'luggage', 'airport', 'visa', 'train'],
  health: ['doctor', 'fever', 'tablet', 'allergy', 'clinic', 'nurse'],
  sports: ['football', 'referee', 'stadium', 'trophy', 'sprint', 'goalkeeper'],
};

const syllables = ['ba', 'ko', 'ri', 'mu', 'ten', 'sal', 'vo', 'pri', 'dan', 'lu', 'gez', 'nim'];
const fillers = syllables.flatMap((first) => syllables.map((second) => `${first}${second}`));

export interface KeywordOptions {
  readonly count: number;
  readonly seed: number;
  readonly labels?: readonly string[];
  /** Share of texts without any keyword: their label is a coin's, which nobody can learn. */
  readonly vague?: number;
  /** Share of texts with a keyword whose label is a coin's all the same. */
  readonly noise?: number;
}

/** Invented texts whose label follows from a word in them. Same options, same rows. */
export function keywordRows({
  count,
  seed,
  labels = ['billing', 'travel', 'health'],
  vague = 0,
  noise = 0,
}: KeywordOptions): KeywordRow[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => {
    const label = pick(labels, random);
    const isVague = random() < vague;
    const words = Array.from({ length: 4 }, () => pick(fillers, random));
    if (!isVague) words.splice(Math.floor(random() * 5), 0, pick(keywords[label] ?? [], random));
    return { text: words.join(' '), label: random() < noise ? pick(labels, random) : label };
  });
}

export function pick<Item>(items: readonly Item[], random: Random): Item {
  return items[Math.floor(random() * items.length)] as Item;
}

export const firstCallAt = Date.UTC(2026, 3, 1);
/** Some 50 calls a day. */
export const callEvery = 30 * 60_000;
const system = 'Sort the ticket into one department. Answer with the name of the department alone.';

/** How a call of the stream differs from the plainest one. */
export interface CallChange {
  readonly id?: string;
  readonly at?: number;
  readonly tenant?: string;
  readonly model?: string;
  readonly system?: string;
  readonly status?: number;
  readonly response?: JsonObject;
  readonly gold?: string;
  /** Further fields of the request. */
  readonly request?: Readonly<Record<string, Json>>;
}

/** A call of the application that sorts such texts. */
export function keywordCall({ text, label }: KeywordRow, index: number, change: CallChange = {}): Call {
  const model = change.model ?? 'gpt-4o-mini';
  const request: ChatRequest = {
    model,
    messages: [
      { role: 'system', content: change.system ?? system },
      { role: 'user', content: text },
    ],
    ...change.request,
  };
  return {
    id: change.id ?? `call_${index}`,
    at: change.at ?? firstCallAt + index * callEvery,
    tenant: change.tenant ?? 'default',
    status: change.status ?? 200,
    latencyMs: 400,
    request,
    response: change.response ?? answered(label, model, text),
    task: null,
    gold: change.gold ?? null,
    tags: {},
  };
}

export function keywordCalls(rows: readonly KeywordRow[], change: (index: number) => CallChange = () => ({})): Call[] {
  return rows.map((row, index) => keywordCall(row, index, change(index)));
}

/** A completion with its usage, which grows with the text. */
function answered(label: string, model: string, text: string): JsonObject {
  return {
    model,
    choices: [{ index: 0, message: { role: 'assistant', content: label }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 20 + text.length, completion_tokens: 2 },
  };
}

/** Trains here and now. */
export const inProcessTrainer: Trainer = {
  train: async (job) => trainNow(job),
  close: async () => {},
};
