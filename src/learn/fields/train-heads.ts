import { trainLabelSet } from '../label-set/train-label-set.ts';
import type { EncoderNeed, TrainingRow } from '../student-contract.ts';
import type { TaggedSpan, Tagging } from '../tagger/tagger-contract.ts';
import { trainTagger } from '../tagger/train-tagger.ts';
import { trainStudent } from '../train-student.ts';
import type { FieldsHead } from './fields-file.ts';
import { guidedSlots } from './fields-student.ts';

/** A training row taken apart for the heads. */
export interface HeadRow {
  readonly source: TrainingRow;
  readonly slots: readonly string[];
  /** Canonical JSON of each label field. */
  readonly labels: ReadonlyMap<string, string>;
  /** Canonical JSON of each label of each field that lists several. */
  readonly sets: ReadonlyMap<string, readonly string[]>;
  /** Null where a copied value stands nowhere in the input. */
  readonly spans: readonly TaggedSpan[] | null;
}

export interface HeadOptions {
  readonly seed: number;
  /** For the label fields. */
  readonly head: 'linear' | 'mlp' | 'best';
  readonly encoder: EncoderNeed | null;
}

/** A head as bytes, and what it says to a training row that it did not learn from. */
export interface TrainedHead<Guess> {
  readonly as: FieldsHead;
  readonly bytes: Uint8Array;
  readonly encoder: EncoderNeed | null;
  outOfFold(row: number): Guess;
}

/** A value seen once among many rows is an accident, and its row teaches its label head nothing. */
const manyRows = 50;

/** The head of a label field, and the rows whose label there is likely wrong. */
export interface TrainedLabelHead extends TrainedHead<{ readonly label: string; readonly score: number }> {
  readonly likelyErrors: readonly number[];
  /** Those of them that count less. */
  readonly weighedDown: readonly number[];
}

export function trainLabelHead(path: string, rows: readonly HeadRow[], options: HeadOptions): TrainedLabelHead {
  const labelOf = (row: HeadRow): string => row.labels.get(path) ?? '';
  const counts = new Map<string, number>();
  for (const row of rows) counts.set(labelOf(row), (counts.get(labelOf(row)) ?? 0) + 1);
  const taught = places(rows, (row) => rows.length < manyRows || (counts.get(labelOf(row)) as number) > 1);
  const trained = trainStudent(
    taught.rows.map((row) => ({ ...row.source, label: labelOf(row) })),
    options,
  );
  const bytes = trained.student.toBytes();
  return {
    as: { kind: 'label', path, bytes: bytes.length },
    bytes,
    encoder: trained.student.encoder,
    likelyErrors: trained.likelyErrors.map(taught.rowOf),
    weighedDown: trained.weighedDown.map(taught.rowOf),
    outOfFold(at) {
      const guess = trained.outOfFold[taught.placeOf(at) ?? -1];
      const { slots, source } = rows[at] as HeadRow;
      return guess ?? trained.student.predict(slots, source.vector);
    },
  };
}

export interface SetGuess {
  readonly labels: readonly string[];
  readonly probability: number;
  readonly margin: number;
}

export function trainSetHead(path: string, rows: readonly HeadRow[], options: HeadOptions): TrainedHead<SetGuess> {
  const trained = trainLabelSet(
    rows.map(({ source, sets }) => ({ ...source, labels: sets.get(path) ?? [] })),
    options,
  );
  return {
    as: { kind: 'label-set', path, bytes: trained.bytes.length },
    bytes: trained.bytes,
    encoder: trained.head.encoder,
    outOfFold(at) {
      const { members, probability, margin } = trained.outOfFold[at] as (typeof trained.outOfFold)[number];
      return { labels: members.map((member) => trained.head.labels[member] as string), probability, margin };
    },
  };
}

/** From so many rows on, a student of two thirds of them is nearly as good as one of all: three folds cost half of five. */
const manyForFolds = 1000;
const fewFolds = 3;

/** Null where nothing is copied in any answer. */
export function trainTaggerHead(
  rows: readonly HeadRow[],
  guide: string | null,
  { seed }: HeadOptions,
): TrainedHead<Tagging> | null {
  const taught = places(rows, ({ spans }) => spans !== null);
  if (!taught.rows.some(({ spans }) => (spans?.length ?? 0) > 0)) return null;
  const trained = trainTagger(
    taught.rows.map(({ slots, labels, spans, source }) => ({
      slots: guidedSlots(slots, guide, labels),
      spans: spans ?? [],
      weight: source.weight ?? 1,
    })),
    { seed, ...(taught.rows.length >= manyForFolds && { folds: fewFolds }) },
  );
  const bytes = trained.tagger.toBytes();
  return {
    as: { kind: 'tagger', bytes: bytes.length },
    bytes,
    encoder: null,
    outOfFold(at) {
      const guess = trained.outOfFold[taught.placeOf(at) ?? -1];
      const { slots, labels } = rows[at] as HeadRow;
      return guess ?? trained.tagger.tag(guidedSlots(slots, guide, labels));
    },
  };
}

/** The rows that teach a head, and where each stands among them. */
function places(
  rows: readonly HeadRow[],
  isTaught: (row: HeadRow) => boolean,
): {
  readonly rows: readonly HeadRow[];
  placeOf(row: number): number | undefined;
  rowOf(place: number): number;
} {
  const taught = [...rows.keys()].filter((at) => isTaught(rows[at] as HeadRow));
  const placeOf = new Map(taught.map((at, place) => [at, place]));
  return {
    rows: taught.map((at) => rows[at] as HeadRow),
    placeOf: (at) => placeOf.get(at),
    rowOf: (place) => taught[place] as number,
  };
}
