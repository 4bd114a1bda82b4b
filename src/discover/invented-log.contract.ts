import type { Call, ChatMessage, Json, JsonObject } from '../records/call.ts';
import { type Random, seededRandom, shuffled } from '../records/random.ts';

/** An application that makes calls, as a test invents it. */
export interface Application {
  /** What its calls are, for scoring; null where they belong to no task. */
  readonly truth: string | null;
  readonly tenant?: string;
  readonly model?: string;
  readonly calls: number;
  /** Share of the log's time at which it starts and stops. */
  readonly from?: number;
  readonly until?: number;
  make(turn: Turn): Made;
}

export interface Turn {
  readonly random: Random;
  /** Number of this call within its application. */
  readonly index: number;
  /** Milliseconds since 1970. */
  readonly at: number;
}

export interface Made {
  readonly messages: readonly ChatMessage[];
  readonly answer: string | readonly { readonly name: string; readonly arguments: string }[];
  readonly extra?: JsonObject;
  readonly task?: string;
  readonly model?: string;
}

export interface InventedCall {
  readonly call: Call;
  readonly truth: string | null;
}

const start = Date.UTC(2026, 2, 2);
const day = 86_400_000;

/** Mixes the calls of applications over some days, in order of time. */
export function inventLog(applications: readonly Application[], seed = 1, days = 6): InventedCall[] {
  const calls = applications.flatMap((application, number) => {
    const random = seededRandom(seed * 1000 + number);
    const from = start + (application.from ?? 0) * days * day;
    const until = start + (application.until ?? 1) * days * day;
    const times = Array.from({ length: application.calls }, () => from + random() * (until - from)).sort(
      (a, b) => a - b,
    );
    return times.map((at, index) => {
      const made = application.make({ random, index, at });
      return { call: callOf(application, made, { id: `${number}-${index}`, at }), truth: application.truth };
    });
  });
  return calls.sort((a, b) => a.call.at - b.call.at);
}

export function mixed(log: readonly InventedCall[], seed = 3): InventedCall[] {
  return shuffled(log, seededRandom(seed));
}

function callOf(application: Application, made: Made, { id, at }: { readonly id: string; readonly at: number }): Call {
  const message: JsonObject =
    typeof made.answer === 'string'
      ? { role: 'assistant', content: made.answer }
      : {
          role: 'assistant',
          content: null,
          tool_calls: made.answer.map((call, i): Json => ({ id: `t${i}`, type: 'function', function: { ...call } })),
        };
  return {
    id,
    at,
    tenant: application.tenant ?? 'shop',
    status: 200,
    latencyMs: 100,
    request: { model: made.model ?? application.model ?? 'big-model', messages: made.messages, ...made.extra },
    response: { choices: [{ index: 0, message, finish_reason: 'stop' }] },
    task: made.task ?? null,
    gold: null,
    tags: {},
  };
}

export function system(content: string): ChatMessage {
  return { role: 'system', content };
}
export function user(content: string): ChatMessage {
  return { role: 'user', content };
}
export function assistant(content: string): ChatMessage {
  return { role: 'assistant', content };
}

export function pick<Item>(items: readonly Item[], random: Random): Item {
  return items[Math.floor(random() * items.length)]!;
}

const openers = [
  'i',
  'the',
  'my',
  'we',
  'why',
  'how',
  'please',
  'when',
  'can',
  'it',
  'hello',
  'so',
  'your',
  'this',
  'is',
];
const middles =
  'order parcel invoice refund phone screen battery password account delivery address card payment lost broken late wrong again never yesterday today twice support answer mail number ticket charged blue green size shirt shoes door lamp desk water coffee train station weather movie music family doctor school teacher garden winter summer price discount code link button page error update app login'.split(
    ' ',
  );
const linkers =
  'the a of to and with for on in was is has not did my our after before because but very too really still'.split(' ');

/** A sentence or several, as people write them: some words are frequent, most are rare. */
export function chatter(random: Random, most = 24): string {
  const length = 3 + Math.floor(random() ** 2 * most);
  const words = [pick(openers, random)];
  for (let i = 1; i < length; i++) words.push(random() < 0.45 ? pick(linkers, random) : pick(middles, random));
  const text = words.join(' ');
  const ended = random() < 0.6 ? `${text}${pick(['.', '?', '!', ' ...', '?!'], random)}` : text;
  return random() < 0.5 ? `${ended[0]!.toUpperCase()}${ended.slice(1)}` : ended;
}

const germanWords =
  'ich habe meine Bestellung noch nicht erhalten Rechnung Paket kaputt bitte Rückgabe Geld zurück Adresse ändern Konto gesperrt Passwort vergessen warum dauert das so lange seit Montag warte auf Antwort danke Größe falsch geliefert Farbe Vertrag kündigen Preis Mahnung doppelt abgebucht'.split(
    ' ',
  );

export function germanChatter(random: Random): string {
  return Array.from({ length: 4 + Math.floor(random() * 20) }, () => pick(germanWords, random)).join(' ');
}

const hanCharacters = [
  ...'我你他这那的是不了在有人个上们来到时大地为子中说生国年着就和要她出也得里后自以会家可下而过天去能对小多然于心学么之都好看起发当没成只如事把还用第样道想作种开美总从无情己面最女但现前些所同日手又行意动',
];

export function hanChatter(random: Random): string {
  return `${Array.from({ length: 6 + Math.floor(random() * 30) }, () => pick(hanCharacters, random)).join('')}${pick(['。', '！', ''], random)}`;
}

export function paragraph(random: Random, sentences: number): string {
  return Array.from({ length: sentences }, () => chatter(random, 18)).join(random() < 0.5 ? ' ' : '\n');
}
