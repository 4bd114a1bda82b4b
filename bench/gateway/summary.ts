/** One contender in one round. Latencies are of one client at a time. */
export interface CellResult {
  readonly round: number;
  readonly name: string;
  readonly workload: 'call' | 'stream';
  /** A call, of the gateway's process. */
  readonly cpuMicroseconds: number;
  readonly medianMs: number;
  readonly p99Ms: number;
  readonly firstTokenMs: number;
  readonly residentMegabytes: number;
  readonly errors: number;
  readonly reasons: Readonly<Record<string, number>>;
}

/** Medians over the rounds; ratios and differences are with the pipe in the same round. */
export interface Row {
  readonly name: string;
  readonly workload: 'call' | 'stream';
  readonly cpuMicroseconds: number;
  readonly timesPipe: number;
  /** Smallest and largest of the rounds. */
  readonly timesPipeRange: readonly [number, number];
  readonly addedMedianMs: number;
  readonly addedP99Ms: number;
  readonly addedFirstTokenMs: number;
  readonly residentMegabytes: number;
  readonly errors: number;
  readonly reasons: Readonly<Record<string, number>>;
}

export function summarise(cells: readonly CellResult[]): readonly Row[] {
  const keys = [...new Set(cells.map(({ name, workload }) => `${name}\n${workload}`))];
  return keys.map((key) => {
    const own = cells.filter(({ name, workload }) => key === `${name}\n${workload}`);
    const floors = own.map(({ round, workload }) =>
      cells.find((cell) => cell.name === 'pipe' && cell.round === round && cell.workload === workload),
    );
    const against = (figure: (cell: CellResult, floor: CellResult) => number) =>
      own.flatMap((cell, index) => {
        const floor = floors[index];
        return floor === undefined ? [] : [figure(cell, floor)];
      });
    const ratios = against((cell, floor) => cell.cpuMicroseconds / floor.cpuMicroseconds);
    const first = own[0] as CellResult;
    return {
      name: first.name,
      workload: first.workload,
      cpuMicroseconds: middle(own.map((cell) => cell.cpuMicroseconds)),
      timesPipe: middle(ratios),
      timesPipeRange: [Math.min(...ratios), Math.max(...ratios)],
      addedMedianMs: middle(against((cell, floor) => cell.medianMs - floor.medianMs)),
      addedP99Ms: middle(against((cell, floor) => cell.p99Ms - floor.p99Ms)),
      addedFirstTokenMs: middle(against((cell, floor) => cell.firstTokenMs - floor.firstTokenMs)),
      residentMegabytes: Math.max(...own.map((cell) => cell.residentMegabytes)),
      errors: own.reduce((sum, cell) => sum + cell.errors, 0),
      reasons: own.at(-1)?.reasons ?? {},
    };
  });
}

function middle(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[Math.floor((numbers.length - 1) / 2)] ?? Number.NaN;
}

const columns: readonly (readonly [heading: string, cell: (row: Row) => string])[] = [
  ['what', ({ name, workload }) => `${name}, ${workload}`],
  ['CPU µs', ({ cpuMicroseconds }) => cpuMicroseconds.toFixed(0)],
  ['× pipe', ({ timesPipe }) => timesPipe.toFixed(2)],
  ['range', ({ timesPipeRange: [low, high] }) => `${low.toFixed(2)}–${high.toFixed(2)}`],
  ['added median ms', ({ addedMedianMs }) => addedMedianMs.toFixed(2)],
  ['added p99 ms', ({ addedP99Ms }) => addedP99Ms.toFixed(2)],
  ['first token later ms', ({ addedFirstTokenMs }) => addedFirstTokenMs.toFixed(2)],
  ['RSS MB', ({ residentMegabytes }) => residentMegabytes.toFixed(0)],
  ['errors', ({ errors }) => String(errors)],
  [
    'reasons',
    ({ reasons }) =>
      Object.entries(reasons)
        .map(([reason, count]) => `${reason} ${count}`)
        .join(', '),
  ],
];

export function describeTable(rows: readonly Row[]): string {
  const lines = [columns.map(([heading]) => heading), ...rows.map((row) => columns.map(([, cell]) => cell(row)))];
  const widths = columns.map((_, index) => Math.max(...lines.map((line) => (line[index] ?? '').length)));
  return lines
    .map((line) =>
      line
        .map((cell, index) => cell.padEnd(widths[index] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
