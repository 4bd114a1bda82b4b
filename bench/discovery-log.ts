/** A month of calls with other prompts and other sets than the built traffic: what finding tasks must not have been fitted to. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Call, ChatMessage, JsonObject } from '../src/records/call.ts';
import { type Random, seededRandom } from '../src/records/random.ts';

interface Row {
  readonly text?: string;
  readonly prompt?: string;
  readonly gold?: unknown;
  readonly requested?: readonly string[];
  readonly responses?: Readonly<Record<string, string>>;
  readonly slots?: Readonly<Record<string, readonly string[]>>;
}

export interface OtherCall {
  readonly call: Call;
  readonly truth: string | null;
}

interface Application {
  readonly name: string | null;
  readonly tenant: string;
  readonly set: string;
  readonly most: number;
  readonly model?: string;
  readonly from?: number;
  readonly until?: number;
  readonly extra?: JsonObject;
  messages(row: Row, random: Random): readonly ChatMessage[];
  answer(row: Row, random: Random): string;
}

const start = Date.UTC(2026, 4, 1);
const month = 30 * 86_400_000;

const system = (content: string): ChatMessage => ({ role: 'system', content });
const user = (content: string): ChatMessage => ({ role: 'user', content });
const assistant = (content: string): ChatMessage => ({ role: 'assistant', content });
const gold = (row: Row): string => String(row.gold);
const moderator = system(
  'You are part of the moderation pipeline of a social network. Follow the community guidelines. Never explain yourself.',
);

const applications: readonly Application[] = [
  {
    name: 'praise',
    tenant: 'cinema',
    set: 'sst2/test.jsonl',
    most: 900,
    messages: ({ text }) => [system('Sentiment oracle. 1 = praise, 0 = criticism.'), user(text ?? '')],
    answer: (row) => (row.gold === 'positive' ? '1' : '0'),
    until: 0.6,
    model: 'mini-1',
  },
  {
    name: 'praise',
    tenant: 'cinema',
    set: 'sst2/val.jsonl',
    most: 500,
    messages: ({ text }) => [system('Sentiment oracle. 1 = praise, 0 = criticism.'), user(text ?? '')],
    answer: (row) => (row.gold === 'positive' ? '1' : '0'),
    from: 0.6,
    model: 'mini-2',
  },
  {
    name: 'voice-intent',
    tenant: 'car',
    set: 'clinc150/test.jsonl',
    most: 3000,
    messages: ({ text }) => [
      user(`<task>Name the intent of what the driver says.</task>\n<utterance>${text}</utterance>`),
    ],
    answer: (row, random) => (random() < 0.1 ? `${gold(row)}.` : gold(row)),
    until: 0.5,
  },
  {
    name: 'voice-intent',
    tenant: 'car',
    set: 'clinc150/val.jsonl',
    most: 2000,
    messages: ({ text }) => [system('Intent of the utterance, snake_case, one.'), user(`DRIVER: ${text}`)],
    answer: gold,
    from: 0.5,
  },
  ...['abortion', 'atheism', 'climate', 'feminist', 'hillary'].map(
    (topic): Application => ({
      name: 'stance',
      tenant: 'press',
      set: `tweeteval-stance/${topic}.train.jsonl`,
      most: 300,
      messages: ({ text }) => [
        user(`Topic: ${topic}\nTweet: ${text}\nStance towards the topic (favor, against or none):`),
      ],
      answer: (row) => `Stance: ${gold(row)}`,
    }),
  ),
  {
    name: 'insults',
    tenant: 'social',
    set: 'tweeteval-offensive/test.jsonl',
    most: 800,
    messages: ({ text }) => [moderator, user(`Post:\n"""${text}"""\nIs it offensive?`)],
    answer: (row) => JSON.stringify({ offensive: row.gold === 'offensive' }),
  },
  {
    name: 'post-emotion',
    tenant: 'social',
    set: 'tweeteval-emotion/train.jsonl',
    most: 1500,
    messages: ({ text }) => [moderator, user(`Post:\n"""${text}"""\nWhich emotion prevails?`)],
    answer: gold,
  },
  {
    name: 'politeness',
    tenant: 'wiki',
    set: 'css/wiki_politeness.jsonl',
    most: 498,
    messages: ({ text }) => [
      user('Comment: Thanks a lot for your help!\nVerdict?'),
      assistant('polite'),
      user('Comment: Stop this nonsense.\nVerdict?'),
      assistant('impolite'),
      user(`Comment: ${text}\nVerdict?`),
    ],
    answer: gold,
  },
  {
    name: 'hate-kind',
    tenant: 'wiki',
    set: 'css/implicit_hate.jsonl',
    most: 498,
    messages: ({ text }) => [
      user(`${text}\n\n---\nThe text above is hateful. Name the kind of hate in one or two words.`),
    ],
    answer: (row) => gold(row).replace('_', ' '),
  },
  {
    name: 'discourse-act',
    tenant: 'forum',
    set: 'css/discourse.jsonl',
    most: 497,
    messages: ({ text }) => [
      system('Thread analyst'),
      user(JSON.stringify({ thread: text, question: 'act of the last post', version: 3 })),
    ],
    answer: (row) => `The act is **${gold(row)}**.`,
  },
  {
    name: 'speaker-command',
    tenant: 'home',
    set: 'snips/test.jsonl',
    most: 700,
    messages: ({ text }) => [system('NLU. Reply with JSON: intent and slots.'), user(text ?? '')],
    answer: (row) => JSON.stringify({ intent: row.gold, slots: row.slots ?? {} }),
    extra: { response_format: { type: 'json_object' } },
  },
  {
    name: 'entities',
    tenant: 'press',
    set: 'finer/test.jsonl',
    most: 1000,
    messages: ({ text }) => [user(`Persons named in the sentence, as a JSON list.\n>>> ${text}`)],
    answer: (row) => JSON.stringify((row.gold as { person?: unknown } | undefined)?.person ?? []),
  },
  {
    name: 'long-review',
    tenant: 'cinema',
    set: 'imdb-ocats/dev.jsonl.gz',
    most: 1000,
    messages: ({ text }) => [
      system('# Role\nFilm critic\n\n# Job\nGive a verdict on the review.\n\n# Verdicts\n- positive\n- negative'),
      user(`# Review\n${text}\n\n# Verdict`),
    ],
    answer: (row) => `Verdict: ${gold(row)}`,
  },
  {
    name: 'exam',
    tenant: 'school',
    set: 'routellm-mmlu/all.jsonl.gz',
    most: 2500,
    messages: ({ prompt }) => [system('Pick the right option.'), user(prompt ?? '')],
    answer: (_, random) => 'ABCD'[Math.floor(random() * 4)]!,
  },
  {
    name: 'bus-booking',
    tenant: 'travel',
    set: 'dstc8/buses.train.jsonl',
    most: 1100,
    messages: ({ text, requested }) => [
      system('Fill the form.'),
      user(
        `Asked: ${(requested ?? []).join(', ') || '-'} | Traveller: ${text} | Now: ${new Date(start).toISOString().slice(0, 7)}`,
      ),
    ],
    answer: (row) => JSON.stringify(row.gold),
  },
  {
    name: null,
    tenant: 'school',
    set: 'routellm-gsm8k/all.jsonl.gz',
    most: 600,
    messages: ({ prompt }) => [system('You are a patient maths teacher. Explain each step.'), user(prompt ?? '')],
    answer: (row) => Object.values(row.responses ?? {})[0] ?? 'I do not know.',
  },
  {
    name: null,
    tenant: 'school',
    set: 'routellm-gsm8k/all.jsonl.gz',
    most: 600,
    messages: ({ prompt }, random) => [
      ...Array.from({ length: Math.floor(random() * 3) }, () => [user('and then?'), assistant('Let us see.')]).flat(),
      user(prompt ?? ''),
    ],
    answer: (row) => Object.values(row.responses ?? {})[1] ?? 'I do not know.',
  },
];

/** Builds the log in memory; null, with the missing file named, where the sets are not there. */
export function buildOtherLog(shared: string, seed = 1): readonly OtherCall[] | { readonly missing: string } {
  const calls: OtherCall[] = [];
  for (const [number, application] of applications.entries()) {
    const file = join(shared, 'data', application.set);
    if (!existsSync(file)) return { missing: file };
    const random = seededRandom(seed * 100 + number);
    const rows = readRows(file).slice(0, application.most);
    const [from, until] = [application.from ?? 0, application.until ?? 1];
    for (const [index, row] of rows.entries()) {
      const at = Math.floor(start + (from + random() * (until - from)) * month);
      const call = callOf(application, row, random);
      calls.push({ call: { ...call, id: `${number}-${index}`, at }, truth: application.name });
    }
  }
  return calls.sort((a, b) => a.call.at - b.call.at);
}

function readRows(file: string): Row[] {
  const bytes = readFileSync(file);
  return (file.endsWith('.gz') ? gunzipSync(bytes) : bytes)
    .toString('utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Row);
}

function callOf(application: Application, row: Row, random: Random): Omit<Call, 'id' | 'at'> {
  const content =
    random() < 0.004 ? 'I am sorry, but I cannot help with this request.' : application.answer(row, random);
  return {
    tenant: application.tenant,
    status: 200,
    latencyMs: null,
    request: {
      model: application.model ?? 'mini-1',
      messages: application.messages(row, random),
      ...application.extra,
    },
    response: { choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }] },
    task: null,
    gold: null,
    tags: {},
  };
}
