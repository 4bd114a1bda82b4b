import { type AlignedSpans, alignSpans } from './align-spans.ts';
import { FeatureInterner, GrowingIntegers } from './feature-interner.ts';
import { observedPairs, type TokenColumns } from './observed-pairs.ts';
import type { TaggerRow } from './tagger-contract.ts';
import { featureGroup, readFeatures, readTokens } from './token-features.ts';
import { chooseWindows } from './token-windows.ts';
import type { Tokens } from './tokens.ts';

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
  /** What each feature speaks of, as bits of `featureGroup`. */
  readonly groups: Uint8Array;
  readonly starts: Int32Array;
  readonly parts: Uint16Array;
  /** Tokens that a feature must stand with to be kept. */
  readonly fewestTokens: number;
}

export interface PreparedRows {
  readonly sequences: Sequences;
  readonly pairs: Pairs;
  /** Spans left out, and spans whose edges were moved (`align-spans.ts`). */
  readonly dropped: number;
  readonly moved: number;
}

/** Tokens learned from at most, about 120 MB of features; beyond, long slots are reduced to windows. */
const mostTokens = 300_000;
const shortestLimit = 128;

/** Features that stand with fewer tokens teach nothing that others would not; among few rows every feature is news. */
function fewestTokens(rows: number): number {
  return rows < 400 ? 1 : 2;
}

/** Training rows as numbers. */
export function prepareRows(
  rows: readonly TaggerRow[],
  slotsTagged: readonly number[],
  tags: readonly string[],
): PreparedRows {
  const slots = alignRows(rows, slotsTagged, tags);
  const reader = new SequenceReader();
  const limit = slotLimit(slots);
  for (const { row, slot, tokens, aligned } of slots)
    reader.read({ row, slots: (rows[row] as TaggerRow).slots, slot, tokens, path: aligned.path, limit });
  const fewest = fewestTokens(rows.length);
  const { sequences, hashes, groups } = reader.finish(fewest);
  const { columnStarts, columns, path } = sequences;
  return {
    sequences,
    pairs: {
      hashes,
      groups,
      fewestTokens: fewest,
      ...observedPairs({ starts: columnStarts, columns }, path, { features: hashes.length, tags: tags.length }),
    },
    dropped: slots.reduce((sum, { aligned }) => sum + aligned.dropped, 0),
    moved: slots.reduce((sum, { aligned }) => sum + aligned.moved, 0),
  };
}

interface AlignedSlot {
  readonly row: number;
  readonly slot: number;
  readonly tokens: readonly Tokens[];
  readonly aligned: AlignedSpans;
}

function alignRows(
  rows: readonly TaggerRow[],
  slotsTagged: readonly number[],
  tags: readonly string[],
): readonly AlignedSlot[] {
  const tagNumbers = new Map(tags.map((tag, number) => [tag, number]));
  return rows.flatMap(({ slots, spans }, row) => {
    const tokens = readTokens(slots);
    return slotsTagged
      .filter((slot) => slot < slots.length)
      .map((slot) => {
        const own = spans.filter((span) => span.slot === slot);
        return { row, slot, tokens, aligned: alignSpans(own, tokens[slot] as Tokens, tagNumbers) };
      });
  });
}

function slotLimit(slots: readonly AlignedSlot[]): number {
  const tokens = slots.reduce((sum, { aligned }) => sum + aligned.path.length, 0);
  return tokens <= mostTokens ? mostTokens : Math.max(shortestLimit, Math.floor(mostTokens / slots.length));
}

interface SlotToRead {
  readonly row: number;
  readonly slots: readonly string[];
  readonly slot: number;
  readonly tokens: readonly Tokens[];
  readonly path: Uint16Array;
  readonly limit: number;
}

class SequenceReader {
  readonly #interner = new FeatureInterner();
  readonly #rowOf: number[] = [];
  readonly #tokenStarts = [0];
  readonly #featureStarts = new GrowingIntegers();
  readonly #features = new GrowingIntegers();
  readonly #path = new GrowingIntegers();

  constructor() {
    this.#featureStarts.push(0);
  }

  read({ row, slots, slot, tokens, path, limit }: SlotToRead): void {
    const { starts, hashes, groups } = readFeatures(slots, slot, tokens);
    for (const { from, to } of chooseWindows(path, limit)) {
      for (let token = from; token < to; token++) {
        for (let j = starts[token] as number; j < (starts[token + 1] as number); j++)
          this.#features.push(this.#interner.intern(hashes[j] as number, groups[j] as number));
        this.#featureStarts.push(this.#features.length);
        this.#path.push(path[token] as number);
      }
      this.#rowOf.push(row);
      this.#tokenStarts.push(this.#path.length);
    }
  }

  /** Numbers the features that stand with enough tokens, and forgets the others. */
  finish(fewest: number): {
    readonly sequences: Sequences;
    readonly hashes: Int32Array;
    readonly groups: Uint8Array;
  } {
    const { size, counts, hashes, groups } = this.#interner;
    const chosen = [...counts.subarray(0, size).keys()].filter((feature) => (counts[feature] as number) >= fewest);
    const columnOf = new Int32Array(size).fill(-1);
    chosen.forEach((feature, column) => {
      columnOf[feature] = column;
    });
    const kept = keepColumns({ starts: this.#featureStarts.trimmed(), columns: this.#features.trimmed() }, columnOf);
    return {
      sequences: {
        rowOf: Int32Array.from(this.#rowOf),
        tokenStarts: Int32Array.from(this.#tokenStarts),
        columnStarts: kept.starts,
        columns: kept.columns,
        path: Uint16Array.from(this.#path.trimmed()),
      },
      hashes: Int32Array.from(chosen, (feature) => hashes[feature] as number),
      groups: Uint8Array.from(chosen, (feature) => groups[feature] as number),
    };
  }
}

function keepColumns({ starts, columns: features }: TokenColumns, columnOf: Int32Array): TokenColumns {
  const columns = new Int32Array(features.length);
  const kept = new Int32Array(starts.length);
  let n = 0;
  for (let token = 0; token + 1 < starts.length; token++) {
    for (let j = starts[token] as number; j < (starts[token + 1] as number); j++) {
      const column = columnOf[features[j] as number] as number;
      if (column >= 0) columns[n++] = column;
    }
    kept[token + 1] = n;
  }
  return { starts: kept, columns: columns.slice(0, n) };
}

/** Whether a feature speaks of a token's own letters only. */
export function isOwnFeature(pairs: Pairs, column: number): boolean {
  return ((pairs.groups[column] as number) & featureGroup.own) !== 0;
}
