import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { findOccurrences, type Occurrence } from '../src/learn/tagger/find-occurrences.ts';
import type { TaggedSpan, TaggerRow } from '../src/learn/tagger/tagger-contract.ts';

/** A row to be tagged, and the values that count: `field⇥value`. */
export interface SpanRow extends TaggerRow {
  readonly values: readonly string[];
}

interface RawRow {
  readonly text: string;
  readonly requested?: readonly string[];
  readonly gold: string | Readonly<Record<string, string | readonly string[] | null>>;
  readonly slots?: Readonly<Record<string, readonly string[]>>;
}

interface Source {
  readonly train: string;
  readonly test: string;
  /** The intent stands in a slot of its own, as if it were known. */
  readonly withIntent?: boolean;
}

const dstc8 = (domain: string): Source => ({
  train: `dstc8/${domain}.train.jsonl`,
  test: `dstc8/${domain}.test.jsonl`,
});

/** Public sets, read from SHARED_DIR (default: `shared` beside the repository). */
export const spanSources: Readonly<Record<string, Source>> = {
  'restaurant8k-64th': { train: 'restaurant8k/train_64th.jsonl', test: 'restaurant8k/test.jsonl' },
  'restaurant8k-8th': { train: 'restaurant8k/train_8th.jsonl', test: 'restaurant8k/test.jsonl' },
  restaurant8k: { train: 'restaurant8k/train.jsonl.gz', test: 'restaurant8k/test.jsonl' },
  'dstc8-buses': dstc8('buses'),
  'dstc8-events': dstc8('events'),
  'dstc8-homes': dstc8('homes'),
  'dstc8-rentalcars': dstc8('rentalcars'),
  'presidio-pii': { train: 'presidio-pii/train.jsonl', test: 'presidio-pii/test.jsonl' },
  'mit-movie': { train: 'mit-movie/train.jsonl.gz', test: 'mit-movie/test.jsonl' },
  snips: { train: 'snips/train.jsonl.gz', test: 'snips/test.jsonl' },
  'snips-given-intent': { train: 'snips/train.jsonl.gz', test: 'snips/test.jsonl', withIntent: true },
};

const shared = process.env.SHARED_DIR ?? join(import.meta.dirname, '..', '..', 'shared');

/** Training and test rows of a set; null where the data is not there. */
export function readSpanSet(
  name: string,
): { readonly train: readonly SpanRow[]; readonly test: readonly SpanRow[] } | null {
  const source = spanSources[name];
  if (source === undefined) throw new Error(`no such set: ${name}; known are ${Object.keys(spanSources).join(', ')}`);
  if (!existsSync(join(shared, 'data', source.train))) return null;
  return { train: readRows(source.train, source), test: readRows(source.test, source) };
}

function readRows(file: string, source: Source): SpanRow[] {
  const bytes = readFileSync(join(shared, 'data', file));
  const lines = (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => spanRow(JSON.parse(line) as RawRow, source));
}

/** A value that comes twice takes its places in turn. */
function spanRow(row: RawRow, { withIntent }: Source): SpanRow {
  const fields = row.slots ?? (typeof row.gold === 'string' ? {} : row.gold);
  const values = Object.entries(fields).flatMap(([tag, found]) =>
    (typeof found === 'string' ? [found] : (found ?? [])).map((value) => ({ tag, value })),
  );
  const taken = new Map<string, number>();
  const spans = values.flatMap(({ tag, value }): TaggedSpan[] => {
    const places = findOccurrences(value, [row.text]);
    const turn = taken.get(value) ?? 0;
    taken.set(value, turn + 1);
    const place: Occurrence | undefined = places[Math.min(turn, places.length - 1)];
    return place === undefined ? [] : [{ tag, ...place }];
  });
  const beside = withIntent ? [String(row.gold)] : row.requested === undefined ? [] : [row.requested.join(' ')];
  return {
    slots: [row.text, ...beside],
    spans,
    values: values.filter(({ value }) => value !== '').map(({ tag, value }) => `${tag}\t${value}`),
  };
}
