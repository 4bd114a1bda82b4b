import { chooseThreshold } from '../../src/certify/choose-threshold.ts';
import { type Random, seededRandom } from '../../src/records/random.ts';
import type { Pool, PoolRow } from './pool.ts';
import { isKept, type Line, mean, type Section } from './report.ts';

const WEEK_CALLS = 40_000;
const DAY_CALLS = 5_000;
const WINDOW_CALLS = 500;
/** Half of all time is a burst, in which most calls carry one label; a burst lasts some 400 calls. */
const BURST_CALLS = 400;
const BURST_SHARE = 0.7;
/** Chance that a call is followed by one more near-copy of itself: three of each on average. */
const COPY_CHANCE = 2 / 3;

/** A call of the stream; copies share the number of the call they repeat. */
interface StreamCall {
  readonly row: PoolRow;
  readonly original: number;
}

type Calls = Iterable<StreamCall>;
type Window = (week: readonly StreamCall[], random: Random) => readonly PoolRow[];

const windows: Readonly<Record<string, Window>> = {
  'random over a week, near-copies once': (week, random) => copiesOnce(atRandom(week, random)),
  'random over a day, near-copies once': (week, random) => copiesOnce(atRandom(week.slice(0, DAY_CALLS), random)),
  'CARELESS: random over a day, every copy': (week, random) => everyCopy(atRandom(week.slice(0, DAY_CALLS), random)),
  'CARELESS: contiguous, near-copies once': (week, random) => copiesOnce(contiguous(week, random)),
  'CARELESS: contiguous, every copy': (week, random) => everyCopy(contiguous(week, random)),
};

/** Windows of a bursty week. Bursts pick labels by their frequency, so the long-run truth stays that of the pool. */
export function windowSection(pools: readonly Pool[], delta: number, draws: number): Section {
  const lines: Line[] = [];
  for (const pool of pools) {
    const random = seededRandom(17);
    const byLabel = groupByLabel(pool.rows);
    const weeks = Array.from({ length: draws }, () => {
      const week = burstyWeek(pool.rows, byLabel, random);
      return Object.values(windows).map((window) => window(week, random));
    });
    for (const epsilon of [0.02, 0.05])
      for (const [index, rule] of Object.keys(windows).entries()) {
        const thresholds = weeks.map((samples) => {
          const choice = chooseThreshold(samples[index] ?? [], { epsilon, delta });
          return choice.certified ? choice.threshold : Number.POSITIVE_INFINITY;
        });
        const broken = thresholds.filter((threshold) => pool.risk(threshold) > epsilon).length;
        lines.push({
          pool: pool.name,
          epsilon,
          rule,
          broken: broken / draws,
          kept: isKept(broken, draws, delta),
          answered: mean(thresholds.map(pool.coverage)),
        });
      }
  }
  return { title: `Windows of ${WINDOW_CALLS} in bursty weeks of ${WEEK_CALLS} calls`, lines };
}

function burstyWeek(
  rows: readonly PoolRow[],
  byLabel: ReadonlyMap<string, readonly PoolRow[]>,
  random: Random,
): readonly StreamCall[] {
  const pick = <Item>(items: readonly Item[]) => items[Math.floor(random() * items.length)] as Item;
  const week: StreamCall[] = [];
  let topic: readonly PoolRow[] | null = null;
  for (let original = 0; week.length < WEEK_CALLS; original++) {
    const row = topic !== null && random() < BURST_SHARE ? pick(topic) : pick(rows);
    do {
      week.push({ row, original });
      if (random() < 1 / BURST_CALLS) topic = topic === null ? (byLabel.get(pick(rows).label) ?? rows) : null;
    } while (random() < COPY_CHANCE && week.length < WEEK_CALLS);
  }
  return week;
}

function groupByLabel(rows: readonly PoolRow[]): ReadonlyMap<string, readonly PoolRow[]> {
  const groups = new Map<string, PoolRow[]>();
  for (const row of rows) {
    const group = groups.get(row.label) ?? [];
    group.push(row);
    groups.set(row.label, group);
  }
  return groups;
}

/** All calls, each once, in random order. */
function* atRandom(week: readonly StreamCall[], random: Random): Calls {
  const used = new Set<number>();
  while (used.size < week.length) {
    const at = Math.floor(random() * week.length);
    if (used.has(at)) continue;
    used.add(at);
    yield week[at] as StreamCall;
  }
}

/** In their order, from a random moment on. */
function* contiguous(week: readonly StreamCall[], random: Random): Calls {
  const start = Math.floor(random() * week.length);
  for (let step = 0; step < week.length; step++) yield week[(start + step) % week.length] as StreamCall;
}

function everyCopy(calls: Calls): readonly PoolRow[] {
  return first(calls, () => true);
}

function copiesOnce(calls: Calls): readonly PoolRow[] {
  const seen = new Set<number>();
  return first(calls, ({ original }) => isNew(seen, original));
}

function first(calls: Calls, counts: (call: StreamCall) => boolean): readonly PoolRow[] {
  const sample: PoolRow[] = [];
  for (const call of calls) {
    if (counts(call)) sample.push(call.row);
    if (sample.length === WINDOW_CALLS) break;
  }
  return sample;
}

function isNew(seen: Set<number>, item: number): boolean {
  const before = seen.size;
  return seen.add(item).size > before;
}
