import type { Encoder } from '../encoder/encoder.ts';
import type { Call } from '../records/call.ts';
import { coinsOf } from '../records/random.ts';
import type { TaskSettings } from '../records/task-tolerance.ts';
import type { Trainer } from '../train/trainer.ts';
import { CallVectors } from './call-vectors.ts';
import { LiveEngine } from './live-engine.ts';
import { type BooksOptions, type Place, ReplayBooks } from './replay-books.ts';
import type { ReplayReport } from './replay-report.ts';
import { TaskLanes } from './task-lanes.ts';

export interface ReplayOptions extends BooksOptions {
  readonly spotChecks: { readonly share: number; readonly perDay: number };
  readonly seed: number;
  readonly trainer: Trainer;
  /** Absent: students see n-grams alone. */
  readonly encoder?: Encoder;
  /** What users set of single tasks. */
  readonly tasks?: TaskSettings;
  readonly signal?: AbortSignal;
}

export interface ReplayResult {
  readonly report: ReplayReport;
  /** The engine as the replay left it: its tasks, students and certificates. */
  readonly engine: LiveEngine;
}

/** Calls that may wait for trainings before the log is read on. */
const MOST_WAITING = 20_000;
const YIELD_EVERY = 64;
const REVIEW_EVERY = 512;

/**
 * The live loop over a log in its own time order, at full speed, with the log as the teacher: what would have happened.
 * The clock is the log's; a training takes no time on it. Each task waits for its own trainings alone, so that several
 * cores are used and yet the same log and seed give the same result.
 */
export async function replay(
  calls: AsyncIterable<Call> | Iterable<Call>,
  options: ReplayOptions,
): Promise<ReplayResult> {
  const startedAt = performance.now();
  const books = new ReplayBooks(options);
  let lost: { readonly error: unknown } | null = null;
  const vectors =
    options.encoder &&
    new CallVectors({
      encoder: options.encoder,
      patienceMs: 0,
      // A replay that lost its vectors on the way would tell what never could have happened.
      onFailure: (error) => {
        lost ??= { error };
      },
    });
  const engine = new LiveEngine({
    settings: {
      epsilon: options.epsilon,
      delta: options.delta,
      ...(options.promise !== undefined && { promise: options.promise }),
      spotChecks: options.spotChecks,
      seed: options.seed,
    },
    stage: 'auto',
    ...(options.tasks && { tasks: options.tasks }),
    trainer: options.trainer,
    ...(vectors && { vectors }),
    randomFor: (task) => coinsOf(task, options.seed),
    minesByItself: false,
    onCertificate: (serving) => books.certified(serving),
    onEvent: (event) => books.changed(event),
    onFailure: (error) => {
      throw error;
    },
  });
  const lanes = new TaskLanes<Place>(
    (place) => {
      options.signal?.throwIfAborted();
      if (lost !== null) throw lost.error;
      return books.follow(engine, place);
    },
    (task) => engine.settled(task),
  );
  let read = 0;
  for await (const call of calls) {
    options.signal?.throwIfAborted();
    read++;
    const task = engine.taskOf(call);
    lanes.push(task, books.expect(call));
    // When a call that waits in its lane makes a mining due, depends on how fast trainings are: that is looked at now and then.
    if (task === null ? engine.areUnmatchedDue : read % REVIEW_EVERY === 0) {
      await lanes.drained();
      if (engine.isMiningDue) await mine(engine, call.at);
    }
    if (lanes.waiting > MOST_WAITING) await lanes.drained();
    // Lets the trainers' messages in.
    if (read % YIELD_EVERY === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  await lanes.drained();
  if (lost !== null) throw (lost as { readonly error: unknown }).error;
  return { report: books.report(engine, (performance.now() - startedAt) / 1000), engine };
}

async function mine(engine: LiveEngine, at: number): Promise<void> {
  for (const task of engine.mine(at)) {
    for (let training = engine.settled(task); training !== null; training = engine.settled(task)) await training;
  }
}
