import type { Json } from '../../records/call.ts';
import { type Random, seededRandom } from '../../records/random.ts';
import { canonicalJson } from '../../records/shapes/canonical-json.ts';
import type { TrainingRow } from '../student-contract.ts';

type Maker = (
  pick: <Item>(items: readonly Item[]) => Item,
  random: Random,
) => { readonly text: string; readonly answer: Json };

const names = ['Ada', 'Bruno', 'Chloé', 'Dmitri', 'Elif', 'Farid', 'Greta', 'Hana', 'Ivo', 'Jun'];
const cities = ['Lyon', 'Porto', 'Graz', 'Turku', 'Leeds', 'Bari', 'Ghent', 'Vaasa'];
const polite = ['please', 'hello,', 'good morning,', 'hi there,', ''];
const syllables = ['ba', 'ko', 'ri', 'mu', 'ten', 'sal', 'vo', 'pri', 'dan', 'lu', 'gez', 'nim'];

/** Words that mean nothing and make every input another. */
function filler(pick: Parameters<Maker>[0]): string {
  return `${pick(syllables)}${pick(syllables)} ${pick(syllables)}${pick(syllables)}`;
}

/** Invented tasks, one for each form of answer. */
export const inventedTasks: Readonly<Record<string, Maker>> = {
  /** An object of copied texts, one of them often left out. */
  booking: (pick, random) => {
    const [name, city, people] = [pick(names), pick(cities), 2 + Math.floor(random() * 7)];
    const isNamed = random() < 0.7;
    return {
      text: `${pick(polite)} a table in ${city} for ${people} people${isNamed ? ` under the name ${name}` : ''}, ${filler(pick)}`.trim(),
      answer: { city, people: `${people}`, ...(isNamed && { name }) },
    };
  },
  /** A choice of tool, and arguments that depend on it. */
  tools: (pick, random) => {
    const city = pick(cities);
    const name = pick(names);
    return random() < 0.5
      ? {
          text: `${pick(polite)} what is the weather like in ${city} ${filler(pick)}`,
          answer: { tool: 'weather', arguments: { city } },
        }
      : {
          text: `${pick(polite)} ring ${name} for me ${filler(pick)}`,
          answer: { tool: 'call', arguments: { person: name } },
        };
  },
  /** A list of typed copies. */
  entities: (pick, random) => {
    const [name, city] = [pick(names), pick(cities)];
    const found = [
      { text: city, type: 'PLACE' },
      { text: name, type: 'PERSON' },
    ];
    if (random() < 0.2) return { text: `nothing to be seen here ${filler(pick)}`, answer: { found: [] } };
    return {
      text: `${name} went to ${city} ${pick(['today', 'again', 'at last'])} ${filler(pick)}`,
      answer: { found: sorted(found) },
    };
  },
  /** Several labels at once. */
  topics: (pick, random) => {
    const words: Readonly<Record<string, readonly string[]>> = {
      billing: ['the invoice is wrong', 'I paid twice'],
      delivery: ['the parcel is late', 'nothing has arrived'],
    };
    const topics = random() < 0.4 ? ['billing', 'delivery'] : [pick(['billing', 'delivery'])];
    return { text: `${topics.map((topic) => pick(words[topic] ?? [])).join(' and ')} ${filler(pick)}`, answer: topics };
  },
};

function sorted(items: readonly Json[]): readonly Json[] {
  return [...items].sort((a, b) => (canonicalJson(a) < canonicalJson(b) ? -1 : 1));
}

export function inventedRows(task: keyof typeof inventedTasks, count: number, seed: number): readonly TrainingRow[] {
  const random = seededRandom(seed);
  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)] as Item;
  const make = inventedTasks[task] as Maker;
  return Array.from({ length: count }, () => {
    const { text, answer } = make(pick, random);
    return { slots: [text], label: canonicalJson(answer) };
  });
}
