import type { Json } from '../../src/records/call.ts';
import { canonicalJson } from '../../src/records/shapes/canonical-json.ts';
import { readPublicRows } from '../public-rows.ts';

export interface FieldRow {
  readonly text: string;
  /** The answer, canonical JSON. */
  readonly label: string;
}

interface RawRow {
  readonly text: string;
  readonly gold: Json;
  /** Beside an intent, the copied texts of each slot. */
  readonly slots?: Readonly<Record<string, readonly string[]>>;
}

/** Public sets whose answers are objects of fields, all their parts together. */
export const fieldSets: Readonly<Record<string, readonly string[]>> = {
  restaurants: ['restaurant8k/train.jsonl.gz', 'restaurant8k/test.jsonl'],
  movies: ['mit-movie/train.jsonl.gz', 'mit-movie/test.jsonl'],
  'SNIPS call': ['snips/train.jsonl.gz', 'snips/test.jsonl'],
  buses: ['dstc8/buses.train.jsonl', 'dstc8/buses.test.jsonl'],
  events: ['dstc8/events.train.jsonl', 'dstc8/events.test.jsonl'],
  homes: ['dstc8/homes.train.jsonl', 'dstc8/homes.test.jsonl'],
  'rental cars': ['dstc8/rentalcars.train.jsonl', 'dstc8/rentalcars.test.jsonl'],
};

/** Null where the data is not there. */
export function readFieldSet(name: string): readonly FieldRow[] | null {
  const parts = (fieldSets[name] ?? []).map((file) => readPublicRows(file) as readonly RawRow[] | null);
  if (parts.some((rows) => rows === null)) return null;
  return parts.flatMap((rows) =>
    (rows ?? []).map(({ text, gold, slots }) => ({ text, label: canonicalJson(answerOf(gold, slots)) })),
  );
}

function answerOf(gold: Json, slots: RawRow['slots']): Json {
  if (slots === undefined) return gold;
  const values = Object.entries(slots).map(([name, texts]) => [name, texts.length === 1 ? texts[0] : texts]);
  return { tool: gold, arguments: Object.fromEntries(values) };
}
