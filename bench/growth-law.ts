// Invented lives of tasks, through the live loop's own track: calls avoided, where the rest goes, and how often a certificate lies.
// usage: npx tsx bench/growth-law.ts [--seeds 20] [--epsilon 0.05] [--days 30] [--json]
// No student is trained. What one errs follows a learning curve, and how its errors lie among its scores follows the law
// in src/learn/coverage-law.ts; so a month of twelve tasks takes two seconds, and the true risk of a certificate is known.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Serving, TaskTrack } from '../src/gateway/task-track.ts';
import type { Prediction, Student } from '../src/learn/student.ts';
import { type Random, seededRandom } from '../src/records/random.ts';
import type { TrainingJob, TrainingOutcome } from '../src/train/trainer.ts';
import { TrainingRows } from '../src/train/training-rows.ts';
import { liveRoute } from '../test/live-route.ts';
import { answeredWith, plainLabels } from '../test/plain-labels.ts';

const { values: options } = parseArgs({
  options: {
    seeds: { type: 'string', default: '20' },
    epsilon: { type: 'string', default: '0.05' },
    days: { type: 'string', default: '30' },
    json: { type: 'boolean', default: false },
  },
});
const epsilon = Number(options.epsilon);
const days = Number(options.days);
const seeds = Number(options.seeds);

const DAY_MS = 86_400_000;
const DELTA = 0.05;

/** A task: its volume, and the share of calls that a student of so many rows answers otherwise than the teacher. */
interface World {
  readonly callsPerDay: number;
  /** What no number of rows brings down. */
  readonly floor: number;
  /** What 100 rows leave above it. */
  readonly excess: number;
  /** How fast that falls: rows to the power of minus this. */
  readonly speed: number;
}

/** Curves such as students of a month's tasks have shown, from nearly nothing to learn to nearly nothing learnable. */
const worlds: Readonly<Record<string, World>> = {
  'easy boolean': { callsPerDay: 166, floor: 0.008, excess: 0.05, speed: 1.2 },
  'label, soon learned': { callsPerDay: 150, floor: 0.12, excess: 0.1, speed: 0.7 },
  'label, four classes': { callsPerDay: 200, floor: 0.09, excess: 0.15, speed: 0.5 },
  'copied fields': { callsPerDay: 230, floor: 0.11, excess: 0.25, speed: 0.6 },
  template: { callsPerDay: 133, floor: 0.05, excess: 0.3, speed: 0.7 },
  'noisy teacher': { callsPerDay: 200, floor: 0.25, excess: 0.25, speed: 0.5 },
  'label, six classes': { callsPerDay: 166, floor: 0.12, excess: 0.16, speed: 0.5 },
  'tool call': { callsPerDay: 200, floor: 0.25, excess: 0.45, speed: 0.45 },
  'label, many classes': { callsPerDay: 100, floor: 0.1, excess: 0.25, speed: 0.5 },
  'several labels': { callsPerDay: 200, floor: 0.53, excess: 0.15, speed: 0.4 },
  'long answers': { callsPerDay: 166, floor: 0.66, excess: 0.2, speed: 0.4 },
  'few calls': { callsPerDay: 30, floor: 0.08, excess: 0.4, speed: 0.7 },
};

function errorOf({ floor, excess, speed }: World, rows: number): number {
  return Math.min(0.95, floor + excess * (rows / 100) ** -speed);
}

/** The law's exponent: of the errors e of a student, answering the surest share c of the calls makes e·c^k. */
function exponentOf(error: number): number {
  return Math.max(1.02, 0.83 * error ** -0.85);
}

/** Chance that a student of this error errs on a call that so great a share of the calls is easier than. */
function errorAt(error: number, difficulty: number): number {
  const k = exponentOf(error);
  return Math.min(0.97, error * k * difficulty ** (k - 1));
}

/** Largest share of the calls that may be answered at ε. */
function bestShare(error: number): number {
  return Math.min(1, (epsilon / error) ** (1 / exponentOf(error)));
}

interface InventedCall {
  readonly text: string;
  readonly label: string;
}

/** Its text says how difficult it is, what luck a student has with it, and its label; its letters tell it from all others. */
function inventCall(index: number, random: Random): InventedCall {
  const label = random() < 0.5 ? 'left' : 'right';
  const letters = [...String(index)].map((digit) => 'abcdefghij'[Number(digit)]).join('');
  return { text: `${random().toFixed(9)} ${random().toFixed(9)} ${label} ${letters}`, label };
}

function predict(error: number, text: string): Prediction {
  const [difficulty, luck, label] = text.split(' ') as [string, string, string];
  const chance = errorAt(error, Number(difficulty));
  const said = Number(luck) < chance ? 'neither' : label;
  // The last term breaks ties, so that shares of the calls can be told by their scores.
  const score = 1 - chance - 1e-9 * Number(difficulty);
  return { label: said, score, probability: score, margin: score, unseenShare: 0 };
}

/** Answered and different as a share of all calls, by the law. */
function trueRisk(error: number, threshold: number): number {
  let answered = 0;
  let over = 1;
  for (let step = 0; step < 50; step++) {
    const middle = (answered + over) / 2;
    if (1 - errorAt(error, middle) - 1e-9 * middle >= threshold) answered = middle;
    else over = middle;
  }
  return error * answered ** exponentOf(error);
}

interface Life {
  readonly calls: number;
  readonly answered: number;
  /** Calls for which there was no certificate yet. */
  readonly waited: number;
  /** Calls that a window took from the serving student. */
  readonly inWindows: number;
  /** What students that learn from every call would have answered, were their thresholds known at once. */
  readonly best: number;
  readonly firstDay: number;
  readonly certificates: number;
  readonly broken: number;
}

function reportOf(rows: number, heldOutAccuracy: number): TrainingOutcome['report'] {
  return {
    head: 'fields',
    heldOutAccuracy,
    fields: [],
    rowWeights: { likelyErrors: 0, weighedDown: 0 },
    learnableRows: rows,
    bytes: 0,
    seconds: { plans: 0, labels: 0, tagger: 0, score: 0 },
  };
}

async function live(world: World, seed: number): Promise<Life> {
  const random = seededRandom(seed);
  const errors = new Map<Student, number>();
  const trainer = {
    async train({ rows }: TrainingJob): Promise<TrainingOutcome> {
      const error = errorOf(world, rows.length);
      const student: Student = {
        id: `student ${errors.size}`,
        labels: ['left', 'right'],
        encoder: null,
        predict: ([text]) => predict(error, text ?? ''),
        toBytes: () => new Uint8Array(),
      };
      errors.set(student, error);
      // A fifth fewer rows behind each row's own student.
      const heldOut = errorOf(world, 0.8 * rows.length);
      const outOfFold = rows.map(({ slots: [text] }) => predict(heldOut, text ?? ''));
      return { student, outOfFold, report: reportOf(rows.length, 1 - heldOut) };
    },
    async close() {},
  };
  const calls = Math.round(world.callsPerDay * days);
  const life = { calls, answered: 0, waited: 0, inWindows: 0, best: 0, firstDay: days, certificates: 0, broken: 0 };
  let index = 0;
  const check = ({ student, certificate }: Serving): void => {
    life.certificates++;
    life.firstDay = Math.min(life.firstDay, index / world.callsPerDay);
    if (trueRisk(errors.get(student) ?? 1, certificate.threshold) > epsilon) life.broken++;
  };
  const track = new TaskTrack({
    task: 'invented',
    version: 'v1',
    slots: 1,
    settings: { epsilon, delta: DELTA, spotChecks: { share: 0.05, perDay: 200 }, seed },
    rows: new TrainingRows(),
    shape: () => plainLabels,
    callsOfTask: () => index,
    trainer,
    random,
    onCandidate: () => {},
    onCertificate: check,
    onEvent: ({ what, detail }) => {
      // Otherwise a loop that no longer learns would look like tasks that nobody can learn.
      if (what === 'training-failed') throw new Error(detail);
    },
  });
  for (; index < calls; index++) {
    const { text, label } = inventCall(index, random);
    const at = (index / world.callsPerDay) * DAY_MS;
    const proposal = track.propose([text], at);
    const served = track.serving;
    const { answeredBy, reason } = liveRoute(proposal);
    const byStudent = answeredBy === 'student';
    if (byStudent) life.answered++;
    if (served === null) life.waited++;
    if (reason === 'window') life.inWindows++;
    if (index >= 60) life.best += bestShare(errorOf(world, index));
    const answered = byStudent ? undefined : answeredWith(label);
    track.observe({ callId: String(index), at, slots: [text], answered, proposal, served });
    const training = track.settled();
    if (training !== null) await training;
  }
  return life;
}

function sum(lives: readonly Life[], figure: Exclude<keyof Life, 'firstDay'>): number {
  return lives.reduce((total, life) => total + life[figure], 0);
}

function summary(lives: readonly Life[]) {
  const share = (figure: Exclude<keyof Life, 'firstDay'>): number => sum(lives, figure) / sum(lives, 'calls');
  return {
    avoided: share('answered'),
    best: share('best'),
    waited: share('waited'),
    inWindows: share('inWindows'),
    firstDay: lives.reduce((total, life) => total + life.firstDay, 0) / lives.length,
    certificates: sum(lives, 'certificates'),
    broken: sum(lives, 'broken'),
    livesWithBroken: lives.filter(({ broken }) => broken > 0).length / lives.length,
  };
}

const results: Record<string, ReturnType<typeof summary>> = {};
const all: Life[] = [];
for (const [place, [name, world]] of Object.entries(worlds).entries()) {
  const lives: Life[] = [];
  for (let seed = 1; seed <= seeds; seed++) lives.push(await live(world, 1000 * place + seed));
  all.push(...lives);
  results[name] = summary(lives);
}
const document = { at: new Date().toISOString(), epsilon, days, seeds, all: summary(all), tasks: results };
mkdirSync(join(import.meta.dirname, 'results'), { recursive: true });
writeFileSync(
  join(import.meta.dirname, 'results', `growth-law-${epsilon}.json`),
  `${JSON.stringify(document, null, 1)}\n`,
);
if (options.json) console.log(JSON.stringify(document));
else
  for (const [name, row] of Object.entries({ ...results, all: document.all }))
    console.log(
      `${name.padEnd(22)} avoided ${percent(row.avoided)}, thresholds known ${percent(row.best)}, waited ${percent(row.waited)}, windows ${percent(row.inWindows)}, ` +
        `first day ${row.firstDay.toFixed(1)}, ${row.broken} of ${row.certificates} certificates broken, in ${percent(row.livesWithBroken)} of the lives`,
    );

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
