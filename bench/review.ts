// How many of the calls that `rightsize review` puts first carry a wrong answer of the teacher, beside calls at random.
// Real answers of real models against gold, and gold with one answer in ten replaced.
// usage: npx tsx bench/review.ts [--seeds 3] [--rows 2000] [--json]
// Data: SHARED_DIR (default ../shared). Writes bench/results/review.json.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { reviewOrder } from '../src/curate/review-order.ts';
import { likelyErrors } from '../src/learn/likely-errors.ts';
import { trainStudent } from '../src/learn/train-student.ts';
import type { Example } from '../src/records/example.ts';
import { type Random, seededRandom, shuffled } from '../src/records/random.ts';
import { type ClosedRow, closedSets, readClosedSet } from './insight/closed-sets.ts';

const { values: options } = parseArgs({
  options: {
    seeds: { type: 'string', default: '3' },
    rows: { type: 'string', default: '2000' },
    json: { type: 'boolean', default: false },
  },
});
const noise = 0.1;
const looks = 50;

interface Figures {
  readonly set: string;
  readonly seed: number;
  readonly rows: number;
  /** Share of all rows whose answer is wrong by gold. */
  readonly wrongShare: number;
  readonly likely: number;
  /** Share of the likely errors that are wrong by gold, and of the wrong ones that are among them. */
  readonly precision: number;
  readonly recall: number;
  /** Share of the first fifty calls in the order of review that are wrong by gold. */
  readonly firstFifty: number;
}

const figures: Figures[] = [];
for (const [set, { model }] of Object.entries(closedSets)) {
  const rows = readClosedSet(set);
  if (rows === null) continue;
  for (let seed = 1; seed <= Number(options.seeds); seed++)
    figures.push(measure(model === undefined ? `${set}, a tenth replaced` : set, rows, model === undefined, seed));
}
mkdirSync(join(import.meta.dirname, 'results'), { recursive: true });
writeFileSync(
  join(import.meta.dirname, 'results', 'review.json'),
  `${JSON.stringify({ noise, looks, figures }, null, 1)}\n`,
);
if (options.json) process.stdout.write(`${JSON.stringify(figures)}\n`);
else print();

function measure(set: string, all: readonly ClosedRow[], isReplaced: boolean, seed: number): Figures {
  const random = seededRandom(seed);
  const rows = shuffled(all, random).slice(0, Number(options.rows));
  const labels = isReplaced ? replaceSome(rows, random) : rows.map(({ label }) => label);
  const isWrong = (row: number): boolean => labels[row] !== rows[row]?.gold;
  const { outOfFold } = trainStudent(
    rows.map(({ text }, row) => ({ slots: [text], label: labels[row] ?? '' })),
    { seed, head: 'linear' },
  );
  const likely = likelyErrors(labels, outOfFold);
  const examples = rows.map(
    ({ text }, row): Example => ({
      callId: String(row),
      at: row,
      slots: [text],
      label: labels[row] ?? '',
      gold: null,
      version: '',
    }),
  );
  const first = reviewOrder(examples, outOfFold).slice(0, looks);
  const wrong = rows.filter((_, row) => isWrong(row)).length;
  const found = likely.filter(({ row }) => isWrong(row)).length;
  return {
    set,
    seed,
    rows: rows.length,
    wrongShare: wrong / rows.length,
    likely: likely.length,
    precision: found / likely.length,
    recall: found / wrong,
    firstFifty: first.filter(({ example }) => isWrong(Number(example.callId))).length / first.length,
  };
}

/** Another of the set's labels in the place of one in ten. */
function replaceSome(rows: readonly ClosedRow[], random: Random): string[] {
  const labels = [...new Set(rows.map(({ gold }) => gold))];
  return rows.map(({ gold }) => {
    if (random() >= noise) return gold;
    const others = labels.filter((label) => label !== gold);
    return others[Math.floor(random() * others.length)] ?? gold;
  });
}

function print(): void {
  for (const set of new Set(figures.map((each) => each.set))) {
    const of = figures.filter((each) => each.set === set);
    const mean = (read: (each: Figures) => number) =>
      `${((100 * of.reduce((sum, each) => sum + read(each), 0)) / of.length).toFixed(1)}%`;
    console.log(
      `${set}: wrong ${mean((each) => each.wrongShare)}, first fifty ${mean((each) => each.firstFifty)}, likely errors right in ${mean((each) => each.precision)}, find ${mean((each) => each.recall)}`,
    );
  }
}
