import { type CertificatesResult, certificateRows } from './certificate-rows.ts';
import type { CoverageRun } from './coverage.ts';
import { coverageRows, coverageTable } from './coverage-rows.ts';
import type { OcatsResult } from './ocats.ts';
import { ocatsRows } from './ocats-rows.ts';
import { readResult } from './result-file.ts';
import type { SpeedResult } from './speed.ts';
import { speedRows } from './speed-rows.ts';
import { certifiedStreamRows, type GrowthResult, type ReplayResult, replayRows } from './stream-rows.ts';
import { type LabelsResult, labelRows, type SpansResult, spanRows } from './student-rows.ts';
import type { TableRow, TableRows } from './table.ts';
import type { TracerRun } from './tracer.ts';
import { tracerRows, tracerTable } from './tracer-rows.ts';

/** One part of the quality table: a program that measures and writes its JSON, and the rows made of that. */
export interface Section {
  readonly name: string;
  /** Program below `bench/`, and how it is asked for so many seeds. */
  readonly script: string;
  readonly parts: (seeds: number) => readonly string[];
  /** Of `bench/results/`, without `.json`. */
  readonly result: string;
  /** Whether the program keeps what its result holds and measures only what is missing. */
  readonly resumes: boolean;
  /** From what lies in `bench/results/` now. */
  readonly rows: () => TableRows;
  /** A table of the single tasks behind the rows, with its heading. */
  readonly details?: () => string;
}

const coverage = (): readonly CoverageRun[] | null =>
  (readResult('quality-coverage') as { readonly runs: readonly CoverageRun[] } | null)?.runs ?? null;

const tracer = (): readonly TracerRun[] | null => {
  const result = readResult('quality-tracer') as Readonly<Record<string, TracerRun>> | null;
  return result === null ? null : Object.values(result);
};

const withSeeds = (seeds: number): readonly string[] => ['--seeds', String(seeds)];
const gold = (rows: readonly TableRow[]): TableRows => ({ gold: rows, real: [] });
const real = (rows: readonly TableRow[]): TableRows => ({ gold: [], real: rows });

export const sections: readonly Section[] = [
  {
    name: 'coverage',
    script: 'quality/coverage.ts',
    parts: withSeeds,
    result: 'quality-coverage',
    resumes: true,
    rows: () => coverageRows(coverage()),
    details: () => coverageTable(coverage()),
  },
  {
    name: 'tracer',
    script: 'quality/tracer.ts',
    parts: withSeeds,
    result: 'quality-tracer',
    resumes: true,
    rows: () => gold(tracerRows(coverage(), tracer())),
    details: () => tracerTable(coverage(), tracer()),
  },
  {
    name: 'ocats',
    script: 'quality/ocats.ts',
    parts: (seeds) => withSeeds(Math.max(5, seeds)),
    result: 'quality-ocats',
    resumes: false,
    rows: () => real(ocatsRows(readResult('quality-ocats') as OcatsResult | null)),
  },
  {
    name: 'ocats-certified',
    script: 'growth.ts',
    parts: (seeds) => [
      ...['--streams', 'banking77-gpt4', '--epsilon', '0.05', '--encoder', '--out', 'quality-ocats-certified'],
      ...withSeeds(Math.max(5, seeds)),
    ],
    result: 'quality-ocats-certified',
    resumes: false,
    rows: () => real(certifiedStreamRows(readResult('quality-ocats-certified') as GrowthResult | null)),
  },
  {
    name: 'replay',
    script: 'replay.ts',
    parts: (seeds) => [...withSeeds(Math.max(10, seeds)), '--encoder', '--out', 'replay-encoder'],
    result: 'replay-encoder',
    resumes: false,
    rows: () => gold(replayRows(readResult('replay-encoder') as ReplayResult | null)),
  },
  {
    name: 'certificates',
    script: 'certificates.ts',
    parts: () => [],
    result: 'certificates',
    resumes: false,
    rows: () => certificateRows(readResult('certificates') as CertificatesResult | null),
  },
  {
    name: 'labels',
    script: 'label-quality.ts',
    parts: withSeeds,
    result: 'quality-labels',
    resumes: false,
    rows: () => gold(labelRows(readResult('quality-labels') as LabelsResult | null)),
  },
  {
    name: 'spans',
    script: 'tagger.ts',
    parts: withSeeds,
    result: 'tagger',
    resumes: false,
    rows: () => gold(spanRows(readResult('tagger') as SpansResult | null)),
  },
  {
    name: 'speed',
    script: 'quality/speed.ts',
    parts: (seeds) => ['--rounds', String(seeds)],
    result: 'quality-speed',
    resumes: false,
    rows: () => gold(speedRows(readResult('quality-speed') as SpeedResult | null)),
  },
];
