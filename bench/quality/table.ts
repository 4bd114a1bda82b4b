import type { Spread } from './statistics.ts';

/** One line of the quality table. */
export interface TableRow {
  readonly measure: string;
  readonly known: string;
  readonly bar: string;
  /** Null where it has not been measured. */
  readonly ours: string | null;
  /** Null where there is no bar, or nothing to hold against it. */
  readonly isMet: boolean | null;
}

/** Rows whose teacher is a real LLM stand apart: gold is the kinder teacher. */
export interface TableRows {
  readonly gold: readonly TableRow[];
  readonly real: readonly TableRow[];
}

export function toMarkdown({ gold, real }: TableRows): string {
  return [
    '**Gold plays the teacher, or nobody does**',
    ...lines(gold),
    '',
    '**The teacher is a real LLM**',
    ...lines(real),
    '',
  ].join('\n');
}

function lines(rows: readonly TableRow[]): readonly string[] {
  const verdict = ({ ours, isMet }: TableRow): string => (ours === null || isMet === null ? '–' : isMet ? 'yes' : 'no');
  return [
    '',
    '| measure | best known | bar | ours | reached |',
    '|---|---|---|---|---|',
    ...rows.map(
      (row) => `| ${row.measure} | ${row.known} | ${row.bar} | ${row.ours ?? 'not measured'} | ${verdict(row)} |`,
    ),
  ];
}

export function percent(share: number, digits = 1): string {
  return `${(share * 100).toFixed(digits)} %`;
}

/** `87.2 % (86.9–87.5)`: the mean, and the least and most of the seeds. */
export function percentSpread({ mean, least, most, runs }: Spread): string {
  return runs < 2 ? `${percent(mean)} (one seed)` : `${percent(mean)} (${bare(least)}–${bare(most)})`;
}

function bare(share: number): string {
  return (share * 100).toFixed(1);
}
