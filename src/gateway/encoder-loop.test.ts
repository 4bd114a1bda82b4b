import { describe, expect, it } from 'vitest';
import { inProcessTrainer, keywordCalls, keywordRows } from '../../test/keyword-stream.ts';
import { follow as followUrgently, type RunningEngine, startEngine } from '../../test/run-engine.ts';
import { type ScriptedEncoder, scriptedEncoder } from '../../test/scripted-encoder.ts';
import type { EncoderNeed, Student } from '../learn/student.ts';
import type { Call } from '../records/call.ts';
import type { Trainer, TrainingJob } from '../train/trainer.ts';
import { CallVectors } from './call-vectors.ts';
import type { Decision } from './engine.ts';
import { replay } from './replay.ts';

const labels = ['billing', 'travel', 'health'];
const rows = keywordRows({ count: 600, seed: 1 });
const labelOf = new Map(rows.map(({ text, label }) => [text, label]));

/** Points where the text's label is. */
function knowing(need?: EncoderNeed): ScriptedEncoder {
  return scriptedEncoder(
    (text) => labels.map((label) => Number(label === labelOf.get(text))),
    need ?? { id: 'knowing', dimensions: 3 },
  );
}

/** Knows nothing but what the vector tells; being asked without one is a defect. */
function vectorStudent(encoder: EncoderNeed): Student {
  return {
    id: `student of ${encoder.id}`,
    labels,
    encoder,
    predict(_slots, vector) {
      if (vector == null) throw new Error('asked without a vector');
      const best = vector.indexOf(Math.max(...vector));
      return { label: labels[best] ?? '', score: 0.99, probability: 0.99, margin: 1, unseenShare: 0 };
    },
    toBytes: () => new Uint8Array(),
  };
}

/** Students see meaning as soon as the rows have vectors. */
function vectorTrainer(jobs: TrainingJob[] = []): Trainer {
  return {
    async train(job) {
      jobs.push(job);
      const { vector: _, ...first } = job.rows[0] ?? { slots: [], label: '' };
      const { report } = await inProcessTrainer.train({ ...job, encoder: null, rows: [first] });
      const outOfFold = job.rows.map(({ label }) => ({ label, score: 0.99 }));
      return { student: vectorStudent(job.encoder ?? { id: 'none', dimensions: 0 }), outOfFold, report };
    },
    close: async () => {},
  };
}

function withEncoder(encoder: ScriptedEncoder, change: { patienceMs?: number; trainer?: Trainer } = {}): RunningEngine {
  const { patienceMs = 1_000, trainer = vectorTrainer() } = change;
  return startEngine({ trainer, vectors: new CallVectors({ encoder, patienceMs }) });
}

/** As a log is followed: every vector is waited for. */
function follow(running: RunningEngine, some: readonly Call[]): Promise<readonly Decision[]> {
  return followUrgently(running, some, { isPatient: true });
}

const calls = keywordCalls(rows);
const learning = calls.slice(0, 500);
const later = calls.slice(500);

function reasons(decisions: readonly Decision[]): readonly string[] {
  return [...new Set(decisions.map(({ route }) => route.reason))].sort();
}

function byStudent(decisions: readonly Decision[]): number {
  return decisions.filter(({ route }) => route.answeredBy === 'student').length;
}

/** An engine whose student is certified and sees by vectors. */
async function certified(encoder: ScriptedEncoder, patienceMs?: number): Promise<RunningEngine> {
  const running = withEncoder(encoder, patienceMs === undefined ? {} : { patienceMs });
  await follow(running, learning);
  expect(running.engine.status()[0]?.certificate).not.toBeNull();
  return running;
}

describe('a student that needs vectors', () => {
  it('is trained, tried and asked with the vectors of the calls, and answers by them', async () => {
    const jobs: TrainingJob[] = [];
    const encoder = knowing();
    const running = withEncoder(encoder, { trainer: vectorTrainer(jobs) });
    await follow(running, learning);
    const decisions = await follow(running, later);
    expect(byStudent(decisions)).toBeGreaterThan(50);
    expect(decisions.every(({ route }) => route.reason !== 'encoder-missing')).toBe(true);
    for (const { route, match } of decisions)
      if (route.answeredBy === 'student') expect(route.studentLabel).toBe(labelOf.get(match?.slots[0] ?? ''));
    for (const job of jobs) {
      expect(job.encoder).toEqual(encoder.need);
      expect(job.rows.every(({ slots, vector }) => vector?.length === 3 && labelOf.has(slots[0] ?? ''))).toBe(true);
    }
    expect(running.failures).toEqual([]);
  });

  it('escalates while the encoder fails, and answers again when it works again', async () => {
    const encoder = knowing();
    const running = await certified(encoder);
    encoder.failure = new Error('out of order');
    const broken = await follow(running, later.slice(0, 40));
    expect([byStudent(broken), reasons(broken)]).toEqual([0, ['encoder-missing']]);
    encoder.failure = null;
    expect(byStudent(await follow(running, later.slice(40)))).toBeGreaterThan(20);
    expect(running.failures).toEqual([]);
  });

  it('escalates in time where the vector comes too late', async () => {
    const encoder = knowing();
    const running = await certified(encoder, 25);
    encoder.gate = new Promise(() => {});
    const startedAt = performance.now();
    const [decision] = await followUrgently(running, later.slice(0, 1));
    expect(decision?.route.reason).toBe('encoder-missing');
    expect(performance.now() - startedAt).toBeLessThan(1_000);
  });

  it('escalates where another encoder is at hand than the one it was trained with, or none', async () => {
    const running = await certified(knowing());
    const [call] = later;
    if (call === undefined) return;
    const incoming = { ...call, forceTeacher: false };
    const input = await running.engine.prepare(incoming);
    expect(running.engine.decide(incoming, input).route.reason).not.toBe('encoder-missing');
    for (const wrong of [null, input && { ...input, encoder: 'other' }, input && { ...input, text: 'another text' }])
      expect(running.engine.decide(incoming, wrong).route.reason).toBe('encoder-missing');
  });
});

describe('the request path', () => {
  it('waits for nothing where no student needs a vector', async () => {
    // The same vector for every text: training finds that it helps nobody.
    const encoder = scriptedEncoder(() => [1, 0, 0], { id: 'indifferent', dimensions: 3 });
    const running = withEncoder(encoder, { trainer: inProcessTrainer });
    for (const call of learning.slice(0, 30))
      expect(running.engine.prepare({ ...call, forceTeacher: false })).toBeNull();
    await follow(running, learning);
    expect(running.engine.status()[0]?.certificate).not.toBeNull();
    for (const call of later) expect(running.engine.prepare({ ...call, forceTeacher: false })).toBeNull();
    expect(startEngine().engine.prepare({ ...(later[0] as Call), forceTeacher: false })).toBeNull();
  });

  it('does not wait for a student on trial, whose vectors come while the teacher answers', async () => {
    const encoder = knowing();
    const running = withEncoder(encoder, { patienceMs: 1_000 });
    let isCertified = false;
    for (const call of learning) {
      isCertified ||= running.engine.status()[0]?.certificate != null;
      if (!isCertified) expect(running.engine.prepare({ ...call, forceTeacher: false })).toBeNull();
      await followUrgently(running, [call]);
    }
    expect(isCertified).toBe(true);
  });
});

describe('a training', () => {
  it('goes on without vectors where the encoder fails, and says so once', async () => {
    const encoder = knowing();
    encoder.failure = Object.assign(new Error('damaged'), { code: 'encoder_damaged' });
    const told: unknown[] = [];
    const jobs: TrainingJob[] = [];
    const vectors = new CallVectors({ encoder, patienceMs: 1_000, onFailure: (error) => told.push(error) });
    const trainer: Trainer = {
      ...inProcessTrainer,
      train: (job) => {
        jobs.push(job);
        return inProcessTrainer.train(job);
      },
    };
    const running = startEngine({ trainer, vectors });
    await follow(running, learning);
    expect(running.engine.status()[0]?.certificate).not.toBeNull();
    expect(jobs.length).toBeGreaterThan(1);
    for (const job of jobs) expect([job.encoder, job.rows.some((row) => 'vector' in row)]).toEqual([null, false]);
    expect(told).toEqual([encoder.failure]);
  });
});

describe('a replay with an encoder', () => {
  const options = { epsilon: 0.1, delta: 0.05, spotChecks: { share: 0.1, perDay: 1000 }, seed: 1 };

  it('gives the same result every time, however fast the encoder is', async () => {
    const run = async (milliseconds: number) => {
      const encoder = knowing();
      const { encode } = encoder;
      encoder.encode = async (texts) => {
        await new Promise((resolve) => setTimeout(resolve, milliseconds * (texts.length % 3)));
        return encode.call(encoder, texts);
      };
      const { report } = await replay(calls, { ...options, trainer: vectorTrainer(), encoder });
      return { ...report, seconds: 0 };
    };
    const fast = await run(0);
    expect(fast.avoidedShare).toBeGreaterThan(0.2);
    expect(await run(2)).toEqual(fast);
  });

  it('ends with what went wrong in the encoder, and tells nothing that never could have happened', async () => {
    const encoder = knowing();
    encoder.failure = new Error('out of order');
    await expect(replay(calls, { ...options, trainer: vectorTrainer(), encoder })).rejects.toThrow('out of order');
  });
});
