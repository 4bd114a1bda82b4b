import { describe, expect, it } from 'vitest';
import { callEvery, firstCallAt, inProcessTrainer, type KeywordRow, keywordRows } from '../../test/keyword-stream.ts';
import { liveRoute } from '../../test/live-route.ts';
import { answeredWith, plainLabels } from '../../test/plain-labels.ts';
import { scriptedStudent } from '../../test/scripted-student.ts';
import { binomialUpperBound } from '../certify/binomial-bounds.ts';
import { binomialAtLeast } from '../certify/binomial-tail.ts';
import { deltaOfLook } from '../certify/look-budget.ts';
import type { Student } from '../learn/student.ts';
import { trainStudent } from '../learn/train-student.ts';
import type { PromiseKind } from '../records/certificate.ts';
import { seededRandom } from '../records/random.ts';
import type { Trainer, TrainingJob } from '../train/trainer.ts';
import { inputKey, TrainingRows } from '../train/training-rows.ts';
import { type Serving, TaskTrack, type TrackEvent } from './task-track.ts';

interface Passed {
  readonly row: KeywordRow;
  readonly byStudent: boolean;
  readonly reason: string;
  readonly score: number | null;
  readonly said: string | null;
  readonly serving: Serving | null;
}

interface Run {
  readonly track: TaskTrack;
  readonly rows: TrainingRows;
  readonly passed: readonly Passed[];
  readonly certificates: readonly Serving[];
  readonly candidates: readonly Student[];
  readonly events: readonly (TrackEvent & { readonly index: number })[];
}

interface Life {
  readonly promise?: PromiseKind;
  readonly epsilon?: number;
  readonly seed?: number;
  readonly spotShare?: number;
  /** Of the same task, under another prompt. */
  readonly callsBefore?: number;
  readonly trainer?: Trainer;
  readonly onCertificate?: (serving: Serving) => void;
}

const settings = { epsilon: 0.05, delta: 0.05, spotChecks: { share: 0.1, perDay: 1000 } };

/** Sends rows down a track as the live path does, every training waited for. */
async function live(
  stream: readonly KeywordRow[],
  {
    promise = 'all-calls',
    epsilon = 0.05,
    seed = 1,
    spotShare = 0.1,
    callsBefore = 0,
    trainer,
    onCertificate,
  }: Life = {},
): Promise<Run> {
  const rows = new TrainingRows();
  const certificates: Serving[] = [];
  const candidates: Student[] = [];
  const events: (TrackEvent & { readonly index: number })[] = [];
  const passed: Passed[] = [];
  const track = new TaskTrack({
    task: 'task',
    version: 'v1',
    slots: 1,
    settings: { ...settings, promise, epsilon, spotChecks: { share: spotShare, perDay: 1000 }, seed },
    rows,
    shape: () => plainLabels,
    callsOfTask: () => callsBefore + passed.length,
    trainer: trainer ?? inProcessTrainer,
    random: seededRandom(seed),
    onCandidate: (student) => candidates.push(student),
    onCertificate: (serving) => {
      certificates.push(serving);
      onCertificate?.(serving);
    },
    onEvent: (event) => events.push({ ...event, index: passed.length }),
  });
  for (const row of stream) passed.push(await pass(track, row, firstCallAt + passed.length * callEvery));
  return { track, rows, passed, certificates, candidates, events };
}

async function pass(track: TaskTrack, row: KeywordRow, at: number): Promise<Passed> {
  const slots = [row.text];
  const proposal = track.propose(slots, at);
  const { serving } = track;
  const { answeredBy, reason } = liveRoute(proposal);
  const byStudent = answeredBy === 'student';
  track.observe({
    callId: `call${at}`,
    at,
    slots,
    answered: byStudent ? undefined : answeredWith(row.label),
    proposal,
    served: serving,
  });
  await track.settled();
  const score = proposal.prediction?.score ?? null;
  return { row, byStudent, reason, score, said: proposal.prediction?.label ?? null, serving };
}

function answeredIn(run: Run, from: number, to?: number): number {
  return run.passed.slice(from, to).filter(({ byStudent }) => byStudent).length;
}

/** Answered and different, and answered, as shares of a whole pool. */
function onPool({ student, certificate }: Serving, pool: readonly KeywordRow[]) {
  const answered = pool
    .map(({ text, label }) => ({ ...student.predict([text]), wanted: label }))
    .filter(({ score }) => score >= certificate.threshold);
  return {
    risk: answered.filter(({ label, wanted }) => label !== wanted).length / pool.length,
    coverage: answered.length / pool.length,
  };
}

describe('the track of a task that can be learned in part', async () => {
  const stream = keywordRows({ count: 1200, seed: 11, vague: 0.3 });
  const run = await live(stream);
  const first = run.certificates[0];

  it('goes from the shadow to a certificate, and then answers', () => {
    const certified = run.events.find(({ what }) => what === 'certified')?.index ?? 0;
    expect(first?.certificate.source).toBe('shadow');
    expect(answeredIn(run, 0, certified)).toBe(0);
    expect(new Set(run.passed.slice(0, 60).map(({ reason }) => reason))).toEqual(new Set(['no-student']));
    expect(answeredIn(run, certified)).toBeGreaterThan(0.25 * (stream.length - certified));
    expect(run.track.waitingFor).toBeNull();
  });

  it('gives certificates whose figures fit together', () => {
    for (const { student, certificate } of run.certificates) {
      expect(certificate).toMatchObject({
        task: 'task',
        version: 'v1',
        student: student.id,
        epsilon: 0.05,
        delta: 0.05,
      });
      expect(certificate.spentDelta).toBe(deltaOfLook(0.05, certificate.look));
      const { errors, n, spentDelta } = certificate;
      expect(certificate.upperBound).toBeCloseTo(binomialUpperBound({ errors, n, delta: spentDelta }), 12);
      expect(certificate.upperBound).toBeLessThanOrEqual(0.05);
    }
    const looks = run.certificates.map(({ certificate }) => certificate.look);
    expect(looks).toEqual([...new Set(looks)].sort((a, b) => a - b));
    expect(new Set(run.certificates.map(({ certificate }) => certificate.id)).size).toBe(looks.length);
    expect(run.track.looks).toBe(run.candidates.length);
  });

  it('never lets a student answer below its threshold', () => {
    const answers = run.passed.filter(({ byStudent }) => byStudent);
    for (const { score, serving } of answers)
      expect(score).toBeGreaterThanOrEqual(serving?.certificate.threshold ?? Number.POSITIVE_INFINITY);
    expect(run.passed.some(({ reason }) => reason === 'not-confident')).toBe(true);
  });

  it('sends the share of the spot checks to the teacher, and counts them', () => {
    const sure = run.passed.filter(({ byStudent, reason }) => byStudent || reason === 'spot-check');
    const checks = sure.filter(({ byStudent }) => !byStudent).length;
    expect(checks / sure.length).toBeGreaterThan(0.06);
    expect(checks / sure.length).toBeLessThan(0.15);
    expect(run.track.spotChecks.calls).toBeGreaterThanOrEqual(checks / 2);
  });

  it('keeps the promise among what it answered', () => {
    const wrong = run.passed.filter(({ byStudent, said, row }) => byStudent && said !== row.label).length;
    expect(binomialAtLeast(wrong, run.passed.length, 0.05)).toBeGreaterThan(0.001);
  });

  it('keeps what the student answered out of the training rows', () => {
    expect(run.rows.size).toBe(run.passed.filter(({ byStudent }) => !byStudent).length);
  });
});

describe('a version of a task that was there before', () => {
  it('plans its first window for the life of the task, not for its own', async () => {
    const stream = keywordRows({ count: 1000, seed: 12, vague: 0.3 });
    const firstWindow = async (callsBefore: number): Promise<number> =>
      (await live(stream, { callsBefore })).certificates[0]?.certificate.n ?? Number.POSITIVE_INFINITY;
    expect(await firstWindow(5000)).toBeGreaterThan(await firstWindow(0));
  });
});

describe('a promise about the answered calls', async () => {
  const stream = keywordRows({ count: 1200, seed: 11, vague: 0.3 });
  const run = await live(stream, { promise: 'answered-calls' });

  it('is what the certificate states, with the bound of the answered calls alone', () => {
    expect(run.certificates.length).toBeGreaterThan(0);
    for (const { certificate } of run.certificates) {
      const { promise, n, answered = 0, errors, spentDelta } = certificate;
      expect([promise, answered < n]).toEqual(['answered-calls', true]);
      expect(certificate.upperBound).toBeCloseTo(binomialUpperBound({ errors, n: answered, delta: spentDelta }), 12);
      expect(certificate.upperBound).toBeLessThanOrEqual(0.05);
    }
  });

  it('is watched on the spot checks that the student would have answered, and on no others', () => {
    const since = run.events.findLast(({ what }) => what === 'certified')?.index ?? 0;
    const answered = run.passed.slice(since + 1).filter(({ reason }) => reason === 'spot-check').length;
    expect(run.track.spotChecks.calls).toBe(answered);
  });

  it('serves on after a restart only while no more than that is asked for', () => {
    const state = run.track.toJSON();
    const student = run.track.serving?.student ?? null;
    const restarted = (asked: { readonly promise?: PromiseKind; readonly epsilon: number }, kept = state) =>
      TaskTrack.from(
        kept,
        {
          task: 'task',
          version: 'v1',
          slots: 1,
          settings: { ...settings, ...asked, seed: 1 },
          rows: run.rows,
          shape: () => plainLabels,
          callsOfTask: () => 0,
          trainer: inProcessTrainer,
          random: seededRandom(1),
          onCandidate: () => {},
          onCertificate: () => {},
          onEvent: () => {},
        },
        () => student,
      ).serving?.certificate.id;
    const id = run.track.serving?.certificate.id;
    expect(id).toBeDefined();
    expect(restarted({ promise: 'answered-calls', epsilon: 0.05 })).toBe(id);
    expect(restarted({ epsilon: 0.05 })).toBe(id);
    expect(restarted({ promise: 'answered-calls', epsilon: 0.04 })).toBeUndefined();
    const ofAllCalls = { ...state, serving: state.serving && { ...state.serving, promise: 'all-calls' as const } };
    expect(restarted({ epsilon: 0.05 }, ofAllCalls)).toBe(id);
    expect(restarted({ promise: 'answered-calls', epsilon: 0.05 }, ofAllCalls)).toBeUndefined();
  });
});

describe('a trial on a track', () => {
  it('takes no row that trained its candidate, nor any before it', async () => {
    const jobs: TrainingJob[] = [];
    const trainer: Trainer = {
      ...inProcessTrainer,
      train: (job) => {
        jobs.push(job);
        return inProcessTrainer.train(job);
      },
    };
    // Every text comes again and again: only fresh ones may count.
    const few = keywordRows({ count: 90, seed: 3 });
    const fresh = keywordRows({ count: 60, seed: 4 });
    const run = await live([...few, ...few, ...few, ...fresh], { trainer });
    const trained = new Set(jobs[0]?.rows.map(({ slots }) => inputKey(slots)));
    const candidates = new Set(few.map(({ text }) => inputKey([text]))).size - trained.size + fresh.length;
    const { trial } = run.track;
    expect(run.candidates.length).toBe(1);
    expect(trained.size).toBeGreaterThan(50);
    expect((trial?.n ?? 0) - (trial?.missing ?? 0)).toBeLessThanOrEqual(candidates);
    expect((trial?.n ?? 0) - (trial?.missing ?? 0)).toBeGreaterThan(10);
  });
});

describe('a world that changes', () => {
  it('raises the alarm, and nothing is answered until a student of the new world is certified', async () => {
    const before = keywordRows({ count: 700, seed: 21 });
    const other: Readonly<Record<string, string>> = { billing: 'travel', travel: 'health', health: 'billing' };
    const after = keywordRows({ count: 320, seed: 22 }).map(({ text, label }) => ({
      text,
      label: other[label] ?? label,
    }));
    const run = await live([...before, ...after]);
    expect(answeredIn(run, 300, 700)).toBeGreaterThan(200);
    const alarm = run.events.find(({ what }) => what === 'alarm');
    expect(alarm?.index).toBeGreaterThanOrEqual(700);
    expect(alarm?.index).toBeLessThan(850);
    const next = run.events.find(({ what, index }) => what === 'certified' && index > (alarm?.index ?? 0));
    expect(answeredIn(run, (alarm?.index ?? 0) + 1, (next?.index ?? run.passed.length) + 1)).toBe(0);
    expect(run.passed[(alarm?.index ?? 0) + 1]?.reason).toBe('alarm');
    // A certificate of the new world rests on calls of the new world alone.
    for (const { certificate } of run.certificates.filter((each) => each.certificate.at > (alarm?.at ?? 0)))
      expect(certificate.n).toBeLessThanOrEqual(run.passed.length - (alarm?.index ?? 0));
  });

  it('suspends at a new class of labels, long before statistics could tell', async () => {
    const before = keywordRows({ count: 600, seed: 31 });
    const after = keywordRows({ count: 120, seed: 32, labels: ['billing', 'travel', 'health', 'sports'] });
    const run = await live([...before, ...after]);
    const seen = run.events.find(({ what }) => what === 'new-label');
    expect(answeredIn(run, 300, 600)).toBeGreaterThan(100);
    expect(seen?.index).toBeGreaterThanOrEqual(600);
    expect(run.track.serving).toBeNull();
    expect(run.passed.slice((seen?.index ?? 0) + 1).map(({ reason }) => reason)).not.toContain('confident');
    const sightings = run.passed
      .slice(600, (seen?.index ?? 0) + 1)
      .filter(({ row, byStudent }) => row.label === 'sports' && !byStudent);
    expect(sightings.length).toBeLessThanOrEqual(4);
  });
});

describe('a certified student', () => {
  /** A first student that answers 60 % of the texts, and after its certificate others that promise everything and answer `share`. */
  function successors(share: number, stream: readonly KeywordRow[]): Life {
    const labelOf = new Map(stream.map(({ text, label }) => [text, label]));
    const isSure = (text: string, coverage: number) =>
      (text.length * 7919 + text.charCodeAt(0) * 31 + text.charCodeAt(3) * 17) % 100 < 100 * coverage;
    const says = (text: string, coverage: number) =>
      isSure(text, coverage) ? { label: labelOf.get(text) ?? '', score: 0.95 } : { label: 'nonsense', score: 0.05 };
    let trained = 0;
    let coverage = 0.6;
    return {
      epsilon: 0.1,
      onCertificate: () => {
        coverage = share;
      },
      trainer: {
        close: async () => {},
        train: async ({ rows }) => {
          const own = coverage;
          const { report } = trainStudent(rows.slice(0, 10), { seed: 1, head: 'linear' });
          const promised = own === share ? 1 : own;
          const outOfFold = rows.map(({ slots }) => says(slots.join(), promised));
          return { student: scriptedStudent((text) => says(text, own), `${own} ${++trained}`), outOfFold, report };
        },
      },
    };
  }

  it('is never replaced by one that covers less, whatever that one promised, but by one that covers more', async () => {
    const stream = keywordRows({ count: 700, seed: 41 });
    const worse = await live(stream, successors(0.4, stream));
    expect(worse.candidates.length).toBeGreaterThan(1);
    expect(worse.certificates.length).toBe(1);
    expect(worse.track.serving?.student.id).toMatch(/^0.6/);
    expect(worse.events.map(({ what }) => what)).toContain('not-certified');
    const better = await live(stream, successors(0.9, stream));
    expect(better.track.serving?.student.id).toMatch(/^0.9/);
  });
});

describe('certificates over many lives', () => {
  it('are wrong about the calls to come in no more lives than δ says', async () => {
    const lives = 30;
    const world = { vague: 0.4, noise: 0.04, labels: ['billing', 'travel'] };
    let broken = 0;
    let issued = 0;
    for (let seed = 1; seed <= lives; seed++) {
      const run = await live(keywordRows({ count: 290, seed: 5000 + seed, ...world }), { seed, epsilon: 0.1 });
      const toCome = keywordRows({ count: 1500, seed: 9000 + seed, ...world });
      if (run.certificates.length > 0) issued++;
      if (run.certificates.some((serving) => onPool(serving, toCome).risk > 0.1)) broken++;
    }
    expect(issued).toBeGreaterThan(lives / 3);
    // More would be seen in one of a hundred such tests, were the promise kept exactly.
    expect(binomialAtLeast(broken, lives, 0.05)).toBeGreaterThan(0.01);
  });
});
