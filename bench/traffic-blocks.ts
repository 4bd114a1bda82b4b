// How certificates stand on traffic that is not exchangeable: blocks of a month's own calls resampled, sampled by several rules.
// usage: npx tsx bench/traffic-blocks.ts [--draws 1000] [--seed 1] [--traffic DIR] [--json]
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readCallLog } from '../src/capture/read-call-log.ts';
import { binomialInterval, errorsAllowed } from '../src/certify/binomial-bounds.ts';
import { loosestLevel, type ScoredOutcome } from '../src/certify/choose-threshold.ts';
import { deltaOfLook } from '../src/certify/look-budget.ts';
import { findTasks } from '../src/discover/find-tasks.ts';
import { trainStudent } from '../src/learn/train-student.ts';
import { Watch } from '../src/monitor/watch.ts';
import { type Answer, readAnswer } from '../src/records/answer.ts';
import { isLabelShape, type LabelForm, labelOf } from '../src/records/output-shape.ts';
import { type Random, seededRandom } from '../src/records/random.ts';
import type { Task, TaskMatch } from '../src/records/task.ts';
import { inputKey, type LabelledCall, lessonFor, TrainingRows } from '../src/train/training-rows.ts';
import { answeredWith } from '../test/plain-labels.ts';
import { type Pool, poolOf } from './certificates/pool.ts';
import { isKept, type Line, mean, printSection, type Section } from './certificates/report.ts';

const { values: options } = parseArgs({
  options: {
    draws: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
    traffic: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});
const draws = Number(options.draws);
const seed = Number(options.seed);

const DAY_MS = 86_400_000;
const PROMISED = 0.05;
const DELTA = deltaOfLook(PROMISED, 1);
const EPSILONS = [0.02, 0.05];
const SIZES = [173, 350, 700];
/** Answers of `errorsAllowed` by question: asked once instead of at every draw. */
const allowances = new Map<string, number>();

/** Calls of a block. The last is no resampling at all: the recorded order from a random moment on, its end joined to its start. */
const blocks: Readonly<Record<string, (callsPerDay: number) => number>> = {
  '1 call': () => 1,
  '25 calls': () => 25,
  'half a day': (callsPerDay) => callsPerDay / 2,
  '2 days': (callsPerDay) => callsPerDay * 2,
  'as recorded': () => Number.POSITIVE_INFINITY,
};

/** Days over which a sample is spread; 0 takes the calls as they come. The program's rule is two, near-duplicates once. */
const spreads: Readonly<Record<string, number>> = { contiguous: 0, '1 day': 1, '2 days': 2, '3 days': 3, '7 days': 7 };
const PROGRAM_DAYS = 2;

/**
 * Which near-duplicates of a sampled call count. `once` is the program's rule, and leaves out those of training rows too.
 * `once a day` leaves out only what follows within a day. `stricter of both` takes every call that `once` passes by
 * along with its sample, and the stricter of the two thresholds.
 */
type Counting = 'once' | 'every copy' | 'once a day' | 'stricter of both';
const countings: readonly Counting[] = ['once', 'every copy', 'once a day', 'stricter of both'];

interface PlacedAnswer {
  readonly id: string;
  readonly at: number;
  readonly match: TaskMatch;
  readonly answer: Answer;
}

/** A call that did not train the student; `key` numbers its input, near-duplicates alike. */
interface PoolCall extends ScoredOutcome {
  readonly key: number;
  /** A near-duplicate of a training row. */
  readonly isKnown: boolean;
}

interface TaskPool {
  readonly name: string;
  readonly answers: 'LLM' | 'gold';
  readonly pool: Pool<PoolCall>;
  readonly trainingRows: number;
  readonly days: number;
  readonly callsPerDay: number;
  /** Why the pool ends before the month: the program's own watch or the next version. */
  readonly endedBy: string;
}

/** One setting: a task, a block length, a sampling rule, a sample size, an epsilon. */
interface Outcome {
  readonly task: string;
  readonly block: string;
  readonly spread: string;
  readonly counted: Counting;
  readonly n: number;
  readonly epsilon: number;
  readonly broken: number;
  readonly draws: number;
  readonly kept: boolean;
  /** Mean share of the pool answered; 0 where nothing was certified. */
  readonly answered: number;
}

/** Remembers which inputs a sample has counted. The same recorded call met again by resampling stands for another call, and is no copy. */
class Copies {
  readonly #indices: Int32Array;
  readonly #positions: Int32Array;
  readonly #rounds: Int32Array;
  #round = 0;

  constructor(size: number) {
    this.#indices = new Int32Array(size);
    this.#positions = new Int32Array(size);
    this.#rounds = new Int32Array(size);
  }

  restart(): void {
    this.#round++;
  }

  /** Whether another call with this input was counted, at most so many calls ago; if not, this one is. */
  isCopy(key: number, { index, position, within }: Readonly<Record<'index' | 'position' | 'within', number>>): boolean {
    const isOther = this.#rounds[key] === this.#round && this.#indices[key] !== index;
    if (isOther && position - (this.#positions[key] ?? 0) <= within) return true;
    this.#rounds[key] = this.#round;
    this.#indices[key] = index;
    this.#positions[key] = position;
    return false;
  }
}

const started = process.cpuUsage();
const folder = options.traffic ?? buildTraffic();
const pools = await readPools(folder);
const outcomes = pools.flatMap((task, index) => measure(task, seed * 1000 + index));
// Where answering everything keeps the promise, nothing can break it: such settings say nothing.
const telling = outcomes.filter(({ task, epsilon }) => riskOfAll(task) > epsilon);
const sections: readonly Section[] = [taskSection(), totalSection(), perTaskSection(), sizeSection(), brokenSection()];
const report = {
  at: new Date().toISOString(),
  node: process.version,
  machine: `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}`,
  promised: PROMISED,
  delta: DELTA,
  draws,
  seed,
  cpuSeconds: Math.round(process.cpuUsage(started).user / 1e5) / 10,
  sections,
  outcomes,
};
mkdirSync(join(import.meta.dirname, 'results'), { recursive: true });
writeFileSync(join(import.meta.dirname, 'results', 'traffic-blocks.json'), oneItemALine(report));
if (options.json) console.log(JSON.stringify(report));
else {
  for (const section of sections) printSection(section);
  console.log(`(${report.cpuSeconds} s of CPU)`);
}

function buildTraffic(): string {
  const built = join(import.meta.dirname, '.cache', 'traffic');
  if (existsSync(join(built, 'calls.jsonl'))) return built;
  const shared = process.env.SHARED_DIR ?? join(import.meta.dirname, '..', '..', 'shared');
  const script = join(shared, 'traffic', 'build.mjs');
  if (!existsSync(script))
    throw new Error(`${script} is missing: this benchmark reads traffic beside the project (SHARED_DIR or --traffic)`);
  mkdirSync(built, { recursive: true });
  execFileSync(process.execPath, [script, built], { stdio: 'ignore' });
  return built;
}

async function readPools(traffic: string): Promise<readonly TaskPool[]> {
  const placed = new Map<string, PlacedAnswer[]>();
  let firstAt = Number.POSITIVE_INFINITY;
  let lastAt = Number.NEGATIVE_INFINITY;
  const { tasks } = await findTasks(() => readCallLog(join(traffic, 'calls.jsonl')), {
    each: (call, match) => {
      firstAt = Math.min(firstAt, call.at);
      lastAt = Math.max(lastAt, call.at);
      const answer = readAnswer(call.response, call.status);
      if (match === null || (answer.kind === 'none' && answer.why === 'error')) return;
      const answers = placed.get(match.task) ?? [];
      answers.push({ id: call.id, at: call.at, match, answer });
      placed.set(match.task, answers);
    },
  });
  const trainUntil = firstAt + (lastAt - firstAt) / 3;
  const nameOf = readTruth(traffic);
  return tasks.flatMap((task) => {
    const answers = placed.get(task.id) ?? [];
    return isLabelShape(task.shape) ? taskPool({ task, form: task.shape.form, answers, trainUntil, nameOf }) : [];
  });
}

/** Task names by call id, for reporting alone; without them tasks keep the names that the program found. */
function readTruth(traffic: string): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  if (!existsSync(join(traffic, 'truth.jsonl'))) return names;
  for (const line of readFileSync(join(traffic, 'truth.jsonl'), 'utf8').split('\n')) {
    if (line === '') continue;
    const truth: { readonly id: string; readonly task: string | null } = JSON.parse(line);
    if (truth.task !== null) names.set(truth.id, truth.task);
  }
  return names;
}

/** A student of the first version's first third of the month, and its say on all that came later, in order of time. */
function taskPool({
  task,
  form,
  answers,
  trainUntil,
  nameOf,
}: {
  readonly task: Task;
  readonly form: LabelForm;
  readonly answers: readonly PlacedAnswer[];
  readonly trainUntil: number;
  readonly nameOf: ReadonlyMap<string, string>;
}): readonly TaskPool[] {
  const version = task.versions[0];
  if (version === undefined) return [];
  const calls = answers
    .filter(({ match }) => match.version === version.id)
    .sort((left, right) => left.at - right.at)
    .map(
      ({ at, match, answer }, index): LabelledCall => ({
        callId: String(index),
        at,
        slots: match.slots,
        ...answeredWith(labelOf(form, answer)),
        version: version.id,
        era: 0,
        weight: 1,
      }),
    );
  const past = calls.filter(({ at }) => at < trainUntil);
  const future = untilSuspended(past, calls.slice(past.length));
  const lesson = lessonFor({
    calls: past,
    version: version.id,
    era: 0,
    slots: version.template.slots,
    earlierWeight: 1,
    isClosedSet: true,
  });
  const first = future[0];
  const last = future.at(-1);
  if (lesson.rows.length === 0 || first === undefined || last === undefined || last.at <= first.at) return [];
  const { student } = trainStudent(lesson.rows, { seed, head: 'linear' });
  const known = new Set(lesson.calls.map(({ slots }) => inputKey(slots)));
  const keys = new Map<string, number>();
  const rows = future.map(({ slots, label }): PoolCall => {
    const prediction = student.predict(slots);
    const input = inputKey(slots);
    const key = keys.get(input) ?? keys.size;
    keys.set(input, key);
    return { score: prediction.score, different: prediction.label !== label, key, isKnown: known.has(input) };
  });
  if (rows.every(({ isKnown }) => isKnown)) return [];
  const name = commonest(answers.flatMap(({ id }) => nameOf.get(id) ?? [])) ?? task.name;
  const realTasks = (process.env.REAL_TASKS ?? 'bank-intent,diary-emotion').split(',');
  const days = (last.at - first.at) / DAY_MS;
  return [
    {
      name,
      answers: realTasks.includes(name) ? 'LLM' : 'gold',
      pool: poolOf(name, rows),
      trainingRows: lesson.rows.length,
      days,
      callsPerDay: rows.length / days,
      endedBy: endOf({ task, isSuspended: past.length + future.length < calls.length }),
    },
  ];
}

/** The calls until the program's own watch sees labels that are new: then its students go back to the shadow. */
function untilSuspended(past: readonly LabelledCall[], future: readonly LabelledCall[]): readonly LabelledCall[] {
  const rows = new TrainingRows();
  for (const call of past) rows.add(call);
  const watch = new Watch({ epsilon: PROMISED, delta: PROMISED, unseenShare: rows.unseenShare() });
  const end = future.findIndex(({ closedParts }) => {
    watch.passed();
    const hasNewLabel = closedParts.some((part) => !rows.hasSeen(part));
    return watch.observe({ different: false, isSpotCheck: false, hasNewLabel }) !== null;
  });
  return end === -1 ? future : future.slice(0, end + 1);
}

function endOf({ task, isSuspended }: { readonly task: Task; readonly isSuspended: boolean }): string {
  if (isSuspended) return 'new label';
  return task.versions.length > 1 ? 'next version' : 'end of log';
}

function commonest(names: readonly string[]): string | undefined {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].sort((left, right) => right[1] - left[1])[0]?.[0];
}

function measure(task: TaskPool, taskSeed: number): readonly Outcome[] {
  const random = seededRandom(taskSeed);
  const found: Outcome[] = [];
  for (const [block, lengthOf] of Object.entries(blocks))
    for (const [spread, days] of Object.entries(spreads))
      for (const counted of countings)
        for (const n of SIZES) {
          const share = days === 0 ? 1 : Math.min(1, n / (task.callsPerDay * days));
          const blockCalls = Math.max(1, Math.round(lengthOf(task.callsPerDay)));
          const drawSample = sampler(task.pool.rows, {
            blockCalls,
            share,
            n,
            counted,
            callsPerDay: task.callsPerDay,
            random,
          });
          const results = Array.from({ length: draws }, () => certify(drawSample(), task.pool));
          for (const [index, epsilon] of EPSILONS.entries()) {
            const certified = results.map((result) => result[index] ?? { risk: 0, answered: 0 });
            const broken = certified.filter(({ risk }) => risk > epsilon).length;
            const answered = mean(certified.map((result) => result.answered));
            const kept = isKept(broken, draws, DELTA);
            found.push({ task: task.name, block, spread, counted, n, epsilon, broken, draws, kept, answered });
          }
        }
  return found;
}

/** What is true of the threshold chosen at each epsilon: the strictest of all samples' thresholds. */
function certify(
  samples: readonly (readonly ScoredOutcome[])[],
  pool: Pool<PoolCall>,
): readonly { readonly risk: number; readonly answered: number }[] {
  return EPSILONS.map((epsilon) => {
    const thresholds = samples.map(
      (sample) => loosestLevel(sample, allowedAmong(sample.length, epsilon))?.threshold ?? Number.POSITIVE_INFINITY,
    );
    const threshold = Math.max(...thresholds);
    return { risk: pool.risk(threshold), answered: pool.coverage(threshold) };
  });
}

function allowedAmong(n: number, epsilon: number): number {
  const question = `${n} ${epsilon}`;
  const allowed = allowances.get(question) ?? errorsAllowed({ n, epsilon, delta: DELTA });
  allowances.set(question, allowed);
  return allowed;
}

/**
 * Samples n calls of a stream made of blocks of consecutive calls, drawn with replacement at uniform starts from the calls
 * as a ring, so that the pool's own shares are the truth. Each call is taken with probability `share`, as a trial does.
 */
function sampler(
  rows: readonly PoolCall[],
  {
    blockCalls,
    share,
    n,
    counted,
    callsPerDay,
    random,
  }: {
    readonly blockCalls: number;
    readonly share: number;
    readonly n: number;
    readonly counted: Counting;
    readonly callsPerDay: number;
    readonly random: Random;
  },
): () => readonly (readonly PoolCall[])[] {
  const copies = new Copies(rows.length);
  const counts = countingRule(counted, copies, callsPerDay);
  return () => {
    copies.restart();
    let start = Math.floor(random() * rows.length);
    let offset = Number.isFinite(blockCalls) ? Math.floor(random() * blockCalls) : 0;
    let position = 0;
    const sample: PoolCall[] = [];
    const all: PoolCall[] = [];
    while (sample.length < n) {
      // The gap to the next call that the coin takes is geometric.
      const gap = share >= 1 ? 1 : 1 + Math.floor(Math.log1p(-random()) / Math.log1p(-share));
      offset += gap;
      position += gap;
      if (offset >= blockCalls) {
        offset %= blockCalls;
        start = Math.floor(random() * rows.length);
      }
      const index = (start + offset) % rows.length;
      const row = rows[index];
      if (row === undefined) continue;
      all.push(row);
      if (counts(row, index, position)) sample.push(row);
    }
    return counted === 'stricter of both' ? [sample, all] : [sample];
  };
}

function countingRule(
  counted: Counting,
  copies: Copies,
  callsPerDay: number,
): (row: PoolCall, index: number, position: number) => boolean {
  switch (counted) {
    case 'every copy':
      return () => true;
    case 'once a day':
      return ({ key }, index, position) => !copies.isCopy(key, { index, position, within: callsPerDay });
    case 'once':
    case 'stricter of both':
      return ({ key, isKnown }, index, position) =>
        !isKnown && !copies.isCopy(key, { index, position, within: Number.POSITIVE_INFINITY });
  }
}

function riskOfAll(name: string): number {
  return pools.find((task) => task.name === name)?.pool.risk(Number.NEGATIVE_INFINITY) ?? 0;
}

function taskSection(): Section {
  const lines = pools.map(({ name, answers, pool, trainingRows, days, callsPerDay, endedBy }): Line => {
    const distinct = new Set(pool.rows.filter(({ isKnown }) => !isKnown).map(({ key }) => key)).size;
    return {
      task: name,
      answers,
      'trained on': trainingRows,
      pool: pool.rows.length,
      days: Math.round(days * 10) / 10,
      'calls a day': Math.round(callsPerDay),
      'near-duplicates': 1 - distinct / pool.rows.length,
      'different if all answered': pool.risk(Number.NEGATIVE_INFINITY),
      'best at 2 %': pool.bestCoverage(0.02),
      'best at 5 %': pool.bestCoverage(0.05),
      ...copiesAndOthers(pool),
      ...Object.fromEntries(
        ['25 calls', 'half a day', '2 days'].map((block) => [
          `clumping in ${block}`,
          clumping(pool, Math.round(blocks[block]?.(callsPerDay) ?? 1)),
        ]),
      ),
      'pool ends with': endedBy,
    };
  });
  return {
    title: 'Tasks: a student of the first third of the month, and the calls of the same version after it',
    lines,
  };
}

/** Answered and different at the threshold that is best at 5 %: among the calls that count once, and among the others. */
function copiesAndOthers({ rows, bestCoverage }: Pool<PoolCall>): Line {
  const threshold = thresholdAt(rows, bestCoverage(0.05));
  const met = new Set<number>();
  const groups: { readonly once: PoolCall[]; readonly copies: PoolCall[] } = { once: [], copies: [] };
  for (const row of rows) {
    (row.isKnown || met.has(row.key) ? groups.copies : groups.once).push(row);
    met.add(row.key);
  }
  const risk = (group: readonly PoolCall[]) =>
    mean(group.map(({ score, different }) => (different && score >= threshold ? 1 : 0)));
  return { 'risk once': risk(groups.once), 'risk copies': risk(groups.copies) };
}

function thresholdAt(rows: readonly PoolCall[], coverage: number): number {
  const scores = rows.map(({ score }) => score).sort((left, right) => right - left);
  return scores[Math.round(coverage * rows.length) - 1] ?? Number.POSITIVE_INFINITY;
}

/** Variance of the errors in a block of consecutive calls, at the threshold that is best at 2 %, over that of as many calls drawn singly. */
function clumping({ rows, bestCoverage }: Pool<PoolCall>, blockCalls: number): number {
  const threshold = thresholdAt(rows, bestCoverage(0.02));
  const errors = rows.map(({ score, different }) => (different && score >= threshold ? 1 : 0));
  const share = mean(errors);
  let inBlock = errors.slice(0, blockCalls).reduce<number>((sum, error) => sum + error, 0);
  let squares = 0;
  for (const [start, error] of errors.entries()) {
    squares += (inBlock - share * blockCalls) ** 2;
    inBlock += (errors[(start + blockCalls) % errors.length] ?? 0) - error;
  }
  return squares / errors.length / (blockCalls * share * (1 - share));
}

function totalSection(): Section {
  const lines = Object.keys(blocks).flatMap((block) =>
    Object.keys(spreads).flatMap((spread) =>
      countings.map((counted): Line => {
        const these = telling.filter((o) => o.block === block && o.spread === spread && o.counted === counted);
        const at = (epsilon: number) => mean(these.filter((o) => o.epsilon === epsilon).map((o) => o.answered));
        return {
          block,
          'sample over': spread,
          counted,
          ...violations(these),
          'settings broken': `${these.filter((o) => !o.kept).length} of ${these.length}`,
          'worst setting': Math.max(...these.map((o) => o.broken / o.draws)),
          'answered at 2 %': at(0.02),
          'answered at 5 %': at(0.05),
        };
      }),
    ),
  );
  return { title: `All tasks, sizes and epsilons; a look may break ${DELTA.toFixed(4)}`, lines };
}

function perTaskSection(): Section {
  const lines = pools.flatMap(({ name, answers }) =>
    Object.keys(blocks).flatMap((block): readonly Line[] => {
      const these = telling.filter((o) => o.task === name && o.block === block && o.counted === 'once');
      if (these.length === 0) return [];
      const bySpread = Object.entries(spreads).map(([spread, days]) => {
        const { broken, low, high, kept } = violations(these.filter((o) => o.spread === spread));
        const said = `${broken.toFixed(3)}${kept ? '' : '!'}`;
        return [spread, days === PROGRAM_DAYS ? `${said} (${low.toFixed(3)}–${high.toFixed(3)})` : said];
      });
      return [{ task: name, answers, block, ...Object.fromEntries(bySpread) }];
    }),
  );
  return { title: 'Near-duplicates once: share of broken certificates; ! above what the look may break', lines };
}

function sizeSection(): Section {
  const lines = Object.keys(blocks).flatMap((block) =>
    SIZES.map((n): Line => {
      const bySetting = EPSILONS.flatMap((epsilon) =>
        Object.entries(spreads).map(([spread]) => {
          const these = telling.filter(
            (o) =>
              o.block === block && o.n === n && o.epsilon === epsilon && o.spread === spread && o.counted === 'once',
          );
          const { broken, kept } = violations(these);
          return [`${100 * epsilon} % ${spread}`, `${broken.toFixed(3)}${kept ? '' : '!'}`];
        }),
      );
      return { block, n, ...Object.fromEntries(bySetting) };
    }),
  );
  return { title: 'The same by size and epsilon, all tasks', lines };
}

function brokenSection(): Section {
  const lines = telling
    .filter((o) => !o.kept && spreads[o.spread] === PROGRAM_DAYS)
    .map(
      ({ task, block, counted, n, epsilon, broken, answered }): Line => ({
        counted,
        task,
        block,
        n,
        epsilon,
        broken: broken / draws,
        answered,
      }),
    );
  return { title: `Settings that break their promise though sampled over ${PROGRAM_DAYS} days`, lines };
}

/** Draws of several settings together, with the exact interval of 95 %. */
function violations(these: readonly Outcome[]): {
  readonly broken: number;
  readonly low: number;
  readonly high: number;
  readonly kept: boolean;
} {
  const errors = these.reduce((sum, o) => sum + o.broken, 0);
  const n = these.reduce((sum, o) => sum + o.draws, 0);
  return { broken: errors / n, ...binomialInterval({ errors, n, delta: 0.05 }), kept: isKept(errors, n, DELTA) };
}

/** JSON in which each setting is one line, so that two days' results can be compared. */
function oneItemALine({ outcomes: items, ...rest }: typeof report): string {
  const head = JSON.stringify(rest, null, 1).slice(0, -2);
  return `${head},\n "outcomes": [\n${items.map((item) => JSON.stringify(item)).join(',\n')}\n ]\n}\n`;
}
