import { binomialLowerBound } from '../../src/certify/binomial-bounds.ts';

/** One line of a table. Shares are numbers from 0 to 1; `kept` says whether the promise stood. */
export type Line = Readonly<Record<string, string | number | boolean | null>>;

export interface Section {
  readonly title: string;
  readonly lines: readonly Line[];
}

/**
 * Whether so many broken promises are compatible with delta: false only where the exact lower bound of their share,
 * at 99.9 % because there are many lines, lies above it.
 */
export function isKept(broken: number, draws: number, delta: number): boolean {
  return binomialLowerBound({ errors: broken, n: draws, delta: 0.001 }) <= delta;
}

export function printSection({ title, lines }: Section): void {
  console.log(`\n${title}`);
  const columns = [...new Set(lines.flatMap((line) => Object.keys(line)))];
  const table = [columns, ...lines.map((line) => columns.map((column) => shown(line[column] ?? null)))];
  const widths = columns.map((_, index) => Math.max(...table.map((row) => (row[index] ?? '').length)));
  for (const row of table)
    console.log(
      row
        .map((cell, index) => cell.padEnd(widths[index] ?? 0))
        .join('  ')
        .trimEnd(),
    );
}

function shown(value: string | number | boolean | null): string {
  if (value === null) return '–';
  if (typeof value === 'boolean') return value ? 'yes' : 'NO';
  if (typeof value === 'string' || Number.isInteger(value)) return String(value);
  return value.toFixed(3);
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

export function median(values: readonly number[]): number {
  return [...values].sort((left, right) => left - right)[values.length >> 1] ?? Number.NaN;
}
