import { alignSpans } from './align-spans.ts';
import { partsOf, stateCount } from './tag-states.ts';
import type { TaggerRow } from './tagger-contract.ts';
import { readFeatures, readTokens } from './token-features.ts';

/** Training slots one after the other. Sequence s owns the tokens tokenStarts[s] … tokenStarts[s + 1]. */
export interface Sequences {
  readonly rowOf: Int32Array;
  readonly tokenStarts: Int32Array;
  /** Token t owns columns[columnStarts[t]] … columns[columnStarts[t + 1]]. */
  readonly columnStarts: Int32Array;
  readonly columns: Int32Array;
  /** State of each token. */
  readonly path: Uint16Array;
}

/** Which parts of which features may weigh anything: feature f owns parts[starts[f]] … parts[starts[f + 1]]. */
export interface Pairs {
  readonly hashes: Int32Array;
  readonly starts: Int32Array;
  readonly parts: Uint16Array;
  /** 1 where the feature speaks of a token's own letters only. */
  readonly isOwn: Uint8Array;
  /** Tokens that a feature must stand with to be kept. */
  readonly fewestTokens: number;
}

export interface PreparedRows {
  readonly sequences: Sequences;
  readonly pairs: Pairs;
  readonly dropped: number;
  readonly moved: number;
}

/** Features that stand with fewer tokens teach nothing that others would not; among few rows every feature is news. */
function fewestTokens(rows: number): number {
  return rows < 400 ? 1 : 2;
}

export function prepareRows(
  rows: readonly TaggerRow[],
  slotsTagged: readonly number[],
  tags: readonly string[],
): PreparedRows {
  const tagNumbers = new Map(tags.map((tag, number) => [tag, number]));
  const rowOf: number[] = [];
  const tokenStarts = [0];
  const columnStarts = new Growing();
  const features = new Growing();
  const path = new Growing();
  const interner = new Interner();
  columnStarts.push(0);
  let dropped = 0;
  let moved = 0;
  rows.forEach((row, at) => {
    const tokens = readTokens(row.slots);
    for (const slot of slotsTagged) {
      if (slot >= row.slots.length) continue;
      const read = readFeatures(row.slots, slot, tokens);
      const aligned = alignSpans(
        row.spans.filter((span) => span.slot === slot),
        read.tokens,
        tagNumbers,
      );
      dropped += aligned.dropped;
      moved += aligned.moved;
      for (let token = 0; token < read.tokens.count; token++) {
        for (let j = read.starts[token] as number; j < (read.starts[token + 1] as number); j++)
          features.push(
            interner.intern(
              read.hashes[j] as number,
              j < (read.starts[token] as number) + (read.ownFeatures[token] as number),
            ),
          );
        columnStarts.push(features.length);
        path.push(aligned.path[token] as number);
      }
      rowOf.push(at);
      tokenStarts.push(path.length);
    }
  });
  const all = features.trimmed();
  const fewest = fewestTokens(rows.length);
  const chosen = chooseColumns(interner, fewest);
  const kept = keepColumns(all, columnStarts.trimmed(), chosen.columnOf);
  const states = Uint16Array.from(path.trimmed());
  return {
    sequences: {
      rowOf: Int32Array.from(rowOf),
      tokenStarts: Int32Array.from(tokenStarts),
      columnStarts: kept.starts,
      columns: kept.columns,
      path: states,
    },
    pairs: {
      hashes: chosen.hashes,
      isOwn: chosen.isOwn,
      fewestTokens: fewest,
      ...observedPairs(kept, states, chosen.hashes.length, tags.length),
    },
    dropped,
    moved,
  };
}

function chooseColumns(
  interner: Interner,
  fewest: number,
): { readonly hashes: Int32Array; readonly isOwn: Uint8Array; readonly columnOf: Int32Array } {
  const columnOf = new Int32Array(interner.size).fill(-1);
  const hashes: number[] = [];
  const isOwn: number[] = [];
  for (let feature = 0; feature < interner.size; feature++)
    if ((interner.counts[feature] as number) >= fewest) {
      columnOf[feature] = hashes.length;
      hashes.push(interner.hashes[feature] as number);
      isOwn.push(interner.isOwn[feature] as number);
    }
  return { hashes: Int32Array.from(hashes), isOwn: Uint8Array.from(isOwn), columnOf };
}

interface Columns {
  readonly starts: Int32Array;
  readonly columns: Int32Array;
}

function keepColumns(features: Int32Array, starts: Int32Array, columnOf: Int32Array): Columns {
  const columns = new Int32Array(features.length);
  const keptStarts = new Int32Array(starts.length);
  let n = 0;
  for (let token = 0; token + 1 < starts.length; token++) {
    for (let j = starts[token] as number; j < (starts[token + 1] as number); j++) {
      const column = columnOf[features[j] as number] as number;
      if (column >= 0) columns[n++] = column;
    }
    keptStarts[token + 1] = n;
  }
  return { starts: keptStarts, columns: columns.slice(0, n) };
}

/** Features that stand with so many tokens may speak for and against every tag, not only those they were seen with. */
const denseFrom = 50;

/** The parts that were seen with each feature. */
function observedPairs(
  { starts, columns }: Columns,
  path: Uint16Array,
  count: number,
  tags: number,
): { readonly starts: Int32Array; readonly parts: Uint16Array } {
  const parts = stateCount(tags);
  const tokensOf = new Int32Array(count + 1);
  for (const column of columns) tokensOf[column + 1] = (tokensOf[column + 1] as number) + 1;
  for (let column = 0; column < count; column++)
    tokensOf[column + 1] = (tokensOf[column + 1] as number) + (tokensOf[column] as number);
  const places = tokensOf.slice();
  const states = new Uint16Array(columns.length);
  for (let token = 0; token < path.length; token++)
    for (let j = starts[token] as number; j < (starts[token + 1] as number); j++) {
      const column = columns[j] as number;
      const place = places[column] as number;
      states[place] = path[token] as number;
      places[column] = place + 1;
    }
  const partLists = Array.from({ length: parts }, (_, state) => partsOf(state));
  const seenBy = new Int32Array(parts).fill(-1);
  const pairStarts = new Int32Array(count + 1);
  const pairParts = new Growing();
  for (let column = 0; column < count; column++) {
    const from = tokensOf[column] as number;
    const to = tokensOf[column + 1] as number;
    for (let j = from; j < to; j++)
      for (const part of partLists[states[j] as number] as readonly number[])
        if (seenBy[part] !== column) {
          seenBy[part] = column;
          pairParts.push(part);
        }
    if (to - from >= denseFrom)
      for (let part = 0; part < parts; part++)
        if (seenBy[part] !== column && (part === 0 || (part - 1) % 4 < 3)) pairParts.push(part);
    pairStarts[column + 1] = pairParts.length;
  }
  return { starts: pairStarts, parts: Uint16Array.from(pairParts.trimmed()) };
}

class Growing {
  #values = new Int32Array(4096);
  length = 0;
  push(value: number): void {
    if (this.length === this.#values.length) {
      const larger = new Int32Array(this.length * 2);
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values[this.length++] = value;
  }
  trimmed(): Int32Array {
    return this.#values.slice(0, this.length);
  }
}

/** Gives each hash a number in order of first appearance, and counts it. */
class Interner {
  hashes = new Int32Array(4096);
  counts = new Int32Array(4096);
  isOwn = new Uint8Array(4096);
  size = 0;
  #places = new Int32Array(16384).fill(-1);

  intern(hash: number, isOwn: boolean): number {
    const mask = this.#places.length - 1;
    let place = hash & mask;
    for (;;) {
      const feature = this.#places[place] as number;
      if (feature === -1) break;
      if (this.hashes[feature] === hash) {
        this.counts[feature] = (this.counts[feature] as number) + 1;
        return feature;
      }
      place = (place + 1) & mask;
    }
    const feature = this.size++;
    if (feature === this.hashes.length) {
      this.hashes = doubled(this.hashes);
      this.counts = doubled(this.counts);
      const flags = new Uint8Array(this.hashes.length);
      flags.set(this.isOwn);
      this.isOwn = flags;
    }
    this.#places[place] = feature;
    this.hashes[feature] = hash;
    this.counts[feature] = 1;
    this.isOwn[feature] = isOwn ? 1 : 0;
    if (this.size * 2 > this.#places.length) this.#rehash();
    return feature;
  }

  #rehash(): void {
    this.#places = new Int32Array(this.#places.length * 2).fill(-1);
    const mask = this.#places.length - 1;
    for (let feature = 0; feature < this.size; feature++) {
      let place = (this.hashes[feature] as number) & mask;
      while (this.#places[place] !== -1) place = (place + 1) & mask;
      this.#places[place] = feature;
    }
  }
}

function doubled(values: Int32Array): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(values.length * 2);
  larger.set(values);
  return larger;
}
