import type { Example } from '../records/example.ts';
import { clusterNearDuplicates } from './near-duplicates.ts';

/** Why a row is in none of the parts it could have been in. */
export type DropReason =
  /** In the training part: the teacher gave no label (cut, refused, another form). */
  | 'no-label'
  /** In the training part: the label's only row among many. */
  | 'rare-label'
  /** In the training part: it says almost the same as a row of frozen gold. */
  | 'frozen-gold'
  /** In a later part: it says almost the same as a row of an earlier part. */
  | 'seen-before'
  /** In the certification or judging part: it says almost the same as an earlier row there. */
  | 'repeat';

export interface CurateOptions {
  /** Share of the rows, the latest but for the judging part, that certifies. */
  readonly certifyShare: number;
  /** Share of the rows, the latest of all, that is only looked at. */
  readonly judgeShare: number;
  /** Call ids of frozen gold rows. */
  readonly frozenGold: ReadonlySet<string>;
  /** From this many training rows on, a label with a single one is an accident. */
  readonly manyRows: number;
}

/** Rows of one task, split forward in time: all of `train` came before all of `certify`, and that before `judge`. */
export interface Curated {
  readonly train: readonly Example[];
  /** Rows without a label are here too: they count as different. */
  readonly certify: readonly Example[];
  /** The latest rows, and frozen gold rows of whatever time. */
  readonly judge: readonly Example[];
  readonly dropped: Readonly<Record<DropReason, number>>;
}

const defaults: CurateOptions = { certifyShare: 0.25, judgeShare: 0.15, frozenGold: new Set(), manyRows: 50 };

/**
 * Splits the rows of one task into parts that share nothing: what certifies is later than all that trains, and no text
 * of one part says almost the same as a text of another. Near-duplicates count once where something is measured;
 * where something is learned they stay, because their frequency is the traffic's.
 * Gold is carried along for scoring; no label is ever taken from it.
 */
export function curate(examples: readonly Example[], options: Partial<CurateOptions> = {}): Curated {
  const settings = { ...defaults, ...options };
  const rows = [...examples].sort(byTime);
  const clusters = clusterNearDuplicates(rows.map((row) => row.slots));
  const judgeFrom = rows.length - Math.round(rows.length * settings.judgeShare);
  const certifyFrom = Math.max(0, judgeFrom - Math.round(rows.length * settings.certifyShare));
  const dropped: Record<DropReason, number> = {
    'no-label': 0,
    'rare-label': 0,
    'frozen-gold': 0,
    'seen-before': 0,
    repeat: 0,
  };
  const indexed = rows.map((example, i) => ({ example, cluster: clusters[i] as number, i }));
  const isFrozen = ({ example }: IndexedRow) => settings.frozenGold.has(example.callId);
  const frozenClusters = clustersOf(indexed.filter(isFrozen));

  const early = indexed.filter(({ i }) => i < certifyFrom);
  const open = early.filter(({ cluster }) => !frozenClusters.has(cluster));
  const frozen = keepFirst(early.filter(isFrozen), new Set(), dropped);
  dropped['frozen-gold'] = early.filter((row) => frozenClusters.has(row.cluster) && !isFrozen(row)).length;
  const train = trainable(open, settings.manyRows, dropped);
  // A row that an untrained early row already said would not be memorised, but it is still the same question twice.
  const before = new Set([...clustersOf(open), ...clustersOf(frozen)]);
  const certify = keepFirst(indexed.slice(certifyFrom, judgeFrom), before, dropped);
  const judge = keepFirst(indexed.slice(judgeFrom), new Set([...before, ...clustersOf(certify)]), dropped);
  const judged = [...frozen, ...judge].sort((a, b) => a.i - b.i);
  return { train: examplesOf(train), certify: examplesOf(certify), judge: examplesOf(judged), dropped };
}

/**
 * Rows later than `after` (milliseconds since 1970) that say nothing an earlier row said, each near-duplicate once:
 * what may judge a student that learned from the rows before.
 */
export function unseenRows(examples: readonly Example[], after: number): readonly Example[] {
  const rows = [...examples].sort(byTime);
  const clusters = clusterNearDuplicates(rows.map((row) => row.slots));
  const seen = new Set<number>();
  return rows.filter((row, i) => {
    const cluster = clusters[i] as number;
    const isNew = !seen.has(cluster);
    seen.add(cluster);
    return isNew && row.at > after;
  });
}

/** Calls of the same moment by their ids, so that the order does not depend on how they were read. */
function byTime(a: Example, b: Example): number {
  return a.at - b.at || (a.callId < b.callId ? -1 : 1);
}

interface IndexedRow {
  readonly example: Example;
  /** What near-duplicates share. */
  readonly cluster: number;
  /** Place in the order of time. */
  readonly i: number;
}

function trainable(
  rows: readonly IndexedRow[],
  manyRows: number,
  dropped: Record<DropReason, number>,
): readonly IndexedRow[] {
  const counts = new Map<string, number>();
  for (const { example } of rows) {
    if (example.label !== null) counts.set(example.label, (counts.get(example.label) ?? 0) + 1);
  }
  return rows.filter(({ example: { label } }) => {
    if (label === null) dropped['no-label']++;
    else if (rows.length >= manyRows && counts.get(label) === 1) dropped['rare-label']++;
    else return true;
    return false;
  });
}

/** The first row of each cluster that is not in `before`. */
function keepFirst(
  rows: readonly IndexedRow[],
  before: ReadonlySet<number>,
  dropped: Record<DropReason, number>,
): readonly IndexedRow[] {
  const seen = new Set<number>();
  return rows.filter(({ cluster }) => {
    if (before.has(cluster)) dropped['seen-before']++;
    else if (seen.has(cluster)) dropped.repeat++;
    else {
      seen.add(cluster);
      return true;
    }
    return false;
  });
}

function clustersOf(rows: readonly IndexedRow[]): ReadonlySet<number> {
  return new Set(rows.map(({ cluster }) => cluster));
}

function examplesOf(rows: readonly IndexedRow[]): readonly Example[] {
  return rows.map(({ example }) => example);
}
