import type { AnsweredRow } from './evaluate.ts';

/** How well one label is met, with the teacher's label as the truth. */
export interface LabelMeasures {
  readonly label: string;
  /** Rows to which the teacher gave this label. */
  readonly rows: number;
  /** Of the rows that the student gave this label, the share in which the teacher did too; null where it gave none. */
  readonly precision: number | null;
  /** Of the rows that the teacher gave this label, the share in which the student did too; null where there are none. */
  readonly recall: number | null;
  /** Harmonic mean of the two; null only where the label occurs on neither side. */
  readonly f1: number | null;
}

/** One pair of differing labels, most frequent first. */
export interface Confusion {
  /** Null: the answer had no label. */
  readonly teacher: string | null;
  readonly student: string;
  readonly count: number;
  /** A few calls to look at. */
  readonly callIds: readonly string[];
}

const examplesShown = 5;

/** One row a label, in the order of their frequency. */
export function measureLabels(rows: readonly AnsweredRow[]): readonly LabelMeasures[] {
  const counts = new Map<string, { given: number; wanted: number; met: number }>();
  const countsOf = (label: string) => {
    const known = counts.get(label) ?? { given: 0, wanted: 0, met: 0 };
    counts.set(label, known);
    return known;
  };
  for (const { example, prediction } of rows) {
    countsOf(prediction.label).given++;
    if (example.label === null) continue;
    countsOf(example.label).wanted++;
    if (example.label === prediction.label) countsOf(example.label).met++;
  }
  return [...counts]
    .map(([label, { given, wanted, met }]) => ({
      label,
      rows: wanted,
      precision: given === 0 ? null : met / given,
      recall: wanted === 0 ? null : met / wanted,
      f1: given + wanted === 0 ? null : (2 * met) / (given + wanted),
    }))
    .sort((a, b) => b.rows - a.rows || (a.label < b.label ? -1 : 1));
}

/** Pairs of labels that the student and the teacher give to the same rows, where they differ. */
export function findConfusions(rows: readonly AnsweredRow[]): readonly Confusion[] {
  const pairs = new Map<string, { teacher: string | null; student: string; callIds: string[] }>();
  for (const { example, prediction } of rows) {
    if (example.label === prediction.label) continue;
    const key = JSON.stringify([example.label, prediction.label]);
    const pair = pairs.get(key) ?? { teacher: example.label, student: prediction.label, callIds: [] };
    pair.callIds.push(example.callId);
    pairs.set(key, pair);
  }
  return [...pairs.values()]
    .sort((a, b) => b.callIds.length - a.callIds.length)
    .map(({ teacher, student, callIds }) => ({
      teacher,
      student,
      count: callIds.length,
      callIds: callIds.slice(0, examplesShown),
    }));
}
