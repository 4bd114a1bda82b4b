import { lineageOf, type TrainedCall, termsOfLineage } from '../curate/lineage.ts';
import { hostOf } from '../curate/provider-terms.ts';
import { type FinderState, TaskFinder } from '../discover/task-finder.ts';
import type { Encoder } from '../encoder/encoder.ts';
import { CallVectors } from '../gateway/call-vectors.ts';
import { type Candidate, type EngineState, LiveEngine, type RecalledCall } from '../gateway/live-engine.ts';
import { isAway, StudentShelf } from '../gateway/student-shelf.ts';
import type { Serving } from '../gateway/task-track.ts';
import { readStudent, type Student } from '../learn/student.ts';
import type { Call, Json, JsonObject } from '../records/call.ts';
import { coinsOf } from '../records/random.ts';
import type { TaskMatch } from '../records/task.ts';
import type { Settings } from '../settings.ts';
import type { Store } from '../storage/store.ts';
import { WorkerTrainer } from '../train/worker-trainer.ts';
import type { EngineOpener } from './installation.ts';

/** The state under which the live loop is kept. */
export const engineKey = 'engine';
const importedKey = 'engine/imported-until';
const saveEveryMs = 30_000;
/** Labelled calls of a task that are read again at a start. */
const recalledCalls = 20_000;
/** Calls after which the server may breathe. */
const catchUpPause = 64;

type Log = Parameters<EngineOpener>[0]['log'];

/**
 * The live loop over what a store keeps. What it finds, trains and certifies is stored behind its back; after a restart
 * it goes on where it stopped, and learns from calls that were imported meanwhile without holding up the server.
 */
export const openLiveEngine: EngineOpener = async ({ store, settings, encoder = null, log }) => {
  const state = (await store.state.get(engineKey)) as EngineState | undefined;
  const keeper = new EngineKeeper(store, log);
  const { kind, epsilon, delta } = settings.promise;
  const shelf = new StudentShelf({
    budgetBytes: settings.students.memoryMb * 1_000_000,
    read: async (id) => (await store.students.get(id))?.bytes ?? null,
    onFailure: (err, student) =>
      log.error({ err, student }, 'a student cannot be fetched; its calls go to the teacher'),
  });
  const engine = new LiveEngine({
    settings: { epsilon, delta, promise: kind, spotChecks: settings.spotChecks, seed: settings.seed },
    stage: settings.stage,
    tasks: settings.tasks,
    trainer: new WorkerTrainer(),
    randomFor: (task) => coinsOf(task, settings.seed),
    ...(encoder && { vectors: vectorsOf(encoder, settings, log) }),
    ...(state === undefined ? {} : { finder: TaskFinder.from(state.finder as FinderState) }),
    shelf,
    onCandidate: (candidate) => {
      const stored = keepCandidate(store, candidate, settings)
        .then(() => keeper.countErased(candidate.trained))
        .then(() => shelf.stored(candidate.student.id));
      keeper.storing('a student', stored);
    },
    onCertificate: (serving) => keeper.storing('a certificate', keepServing(store, serving)),
    onEvent: (event) => {
      log[event.what === 'student-failed' || event.what === 'alarm' ? 'error' : 'info'](event, 'the live loop');
      keeper.saveSoon();
    },
    onFailure: (err) => log.error({ err }, 'the live loop could not learn from a call'),
    onAssignments: (assignments) => keeper.storing('tasks', keepAssignments(store, assignments)),
  });
  if (state !== undefined)
    await engine.resume(state, (task) => newestCalls(store, task), await readStudents(store, state, shelf, log));
  keeper.watch(engine);
  keeper.forgetting(engine);
  const catchingUp = catchUp(store, engine, keeper).catch((err: unknown) =>
    log.error({ err }, 'imported calls could not be learned from'),
  );
  return keeper.closing(engine, catchingUp);
};

function vectorsOf(encoder: Encoder, settings: Settings, log: Log): CallVectors {
  return new CallVectors({
    encoder,
    patienceMs: settings.encoder.timeoutMs,
    onFailure: (err) => log.error({ err }, 'the sentence encoder failed; calls that need it go to the teacher'),
  });
}

/** Saves the engine now and then, and when it is closed. */
class EngineKeeper {
  readonly #store: Store;
  readonly #log: Log;
  readonly #writes = new Set<Promise<void>>();
  #engine: LiveEngine | null = null;
  #timer: NodeJS.Timeout | undefined;
  #soon: NodeJS.Immediate | undefined;
  readonly #erased = new Set<string>();
  isClosing = false;

  constructor(store: Store, log: Log) {
    this.#store = store;
    this.#log = log;
  }

  watch(engine: LiveEngine): void {
    this.#engine = engine;
    this.#timer = setInterval(() => this.saveSoon(), saveEveryMs);
    this.#timer.unref();
  }

  storing(what: string, work: Promise<unknown>): void {
    const write: Promise<void> = work
      .then(() => {})
      .catch((err: unknown) => this.#log.error({ err }, `${what} could not be stored`))
      .finally(() => this.#writes.delete(write));
    this.#writes.add(write);
  }

  saveSoon(): void {
    if (this.isClosing) return;
    this.#soon ??= setImmediate(() => {
      this.#soon = undefined;
      this.storing('the state of the live loop', this.save());
    });
  }

  async save(): Promise<void> {
    if (this.#engine === null) return;
    await this.#store.tasks.put(this.#engine.finder.tasks());
    await this.#store.state.set(engineKey, this.#engine.toJSON() as unknown as Json);
  }

  /** Of a training that was under way when rows of it were erased. */
  async countErased(trained: readonly { readonly id: string; readonly at: number }[]): Promise<void> {
    const gone = trained.filter(({ id }) => this.#erased.has(id));
    if (gone.length > 0)
      await this.#store.students.countErased(gone.map(({ id, at }) => ({ id, at, tenant: '', match: null })));
  }

  /** The engine, with an erasure that is stored when it resolves. */
  forgetting(engine: LiveEngine): void {
    const forget = engine.forgetCalls.bind(engine);
    engine.forgetCalls = async (forgotten) => {
      for (const id of forgotten.ids) this.#erased.add(id);
      await Promise.all(this.#writes);
      await forget(forgotten);
      await Promise.all(this.#writes);
      await this.save();
    };
    const forgetOlder = engine.forgetOlder.bind(engine);
    engine.forgetOlder = async (forgotten) => {
      await forgetOlder(forgotten);
      await this.save();
    };
  }

  /** The engine, with a `close` that saves it first. */
  closing(engine: LiveEngine, catchingUp: Promise<void>): LiveEngine {
    const close = engine.close.bind(engine);
    engine.close = async () => {
      this.isClosing = true;
      clearInterval(this.#timer);
      if (this.#soon !== undefined) clearImmediate(this.#soon);
      // Closing ends the training that the catching-up may be waiting for.
      await close();
      await catchingUp;
      await Promise.all(this.#writes);
      await this.save().catch((err: unknown) => this.#log.error({ err }, 'the live loop could not be stored'));
    };
    return engine;
  }
}

/** Calls that were imported and that the loop has not seen: they are learned from as if the teacher had just answered them. */
async function catchUp(store: Store, engine: LiveEngine, keeper: EngineKeeper): Promise<void> {
  const until = await store.state.get(importedKey);
  let latest = typeof until === 'number' ? until : Number.NEGATIVE_INFINITY;
  let seen = 0;
  let found = new Map<string, TaskMatch>();
  const keepFound = async (): Promise<void> => {
    await keepAssignments(store, found);
    found = new Map();
    await new Promise((resolve) => setImmediate(resolve));
  };
  for await (const { call, route } of store.calls.scan({
    ...(typeof until === 'number' ? { from: until + 1 } : {}),
    to: Date.now() + 1,
  })) {
    if (keeper.isClosing) break;
    if (route !== null) continue;
    const match = await learnFrom(engine, call);
    latest = Math.max(latest, call.at);
    if (match !== null) {
      found.set(call.id, match);
      await engine.settled(match.task);
    }
    if (++seen % catchUpPause === 0) await keepFound();
  }
  await keepFound();
  if (Number.isFinite(latest)) await store.state.set(importedKey, latest);
  if (seen > 0) keeper.saveSoon();
}

async function learnFrom(engine: LiveEngine, call: Call): Promise<TaskMatch | null> {
  const incoming = { ...call, forceTeacher: true };
  const decision = engine.decide(incoming, await engine.prepare(incoming, { isPatient: true }));
  engine.observe(call, decision);
  return decision.match;
}

/** With its card: where its rows come from, and the terms of their teachers. */
async function keepCandidate(
  store: Store,
  { student, task, version, trained, weighedDownRows }: Candidate,
  { upstream }: Settings,
): Promise<void> {
  const sets = await store.gold.sets(task);
  const lineage = lineageOf(trained, {
    upstream: upstream.baseUrl === null ? null : hostOf(upstream.baseUrl),
    frozenGold: new Set(sets.flatMap(({ answers }) => answers.map(({ callId }) => callId))),
    weighedDownRows,
  });
  await keepStudent(store, student, { task, version, card: { lineage, terms: termsOfLineage(lineage) }, trained });
}

async function keepStudent(
  store: Store,
  student: Student,
  {
    task,
    version,
    card = {},
    trained,
  }: {
    readonly task: string;
    readonly version: string;
    readonly card?: object;
    readonly trained?: readonly TrainedCall[];
  },
): Promise<void> {
  await store.students.put({
    id: student.id,
    task,
    version,
    createdAt: Date.now(),
    details: { encoder: student.encoder?.id ?? null, ...(card as JsonObject) },
    bytes: student.toBytes(),
    ...(trained === undefined ? {} : { trainedOn: trained.map(({ id }) => id) }),
  });
}

async function keepServing(store: Store, { student, certificate }: Serving): Promise<void> {
  // One that is put away is stored.
  if (!isAway(student)) await keepStudent(store, student, certificate);
  await store.certificates.append(certificate);
}

async function keepAssignments(store: Store, assignments: ReadonlyMap<string, TaskMatch>): Promise<void> {
  await store.calls.assign(new Map([...assignments].map(([id, { task, version }]) => [id, { task, version }])));
}

/** Oldest first. */
async function newestCalls(store: Store, task: string): Promise<readonly RecalledCall[]> {
  const calls = await store.calls.list({ task, limit: recalledCalls });
  return calls.map(({ call, route }) => ({ call, route })).reverse();
}

/** The students that the state speaks of. One that cannot be read is missing: its task escalates until another is certified. */
async function readStudents(
  store: Store,
  { runners }: EngineState,
  shelf: StudentShelf,
  log: Log,
): Promise<(id: string) => Student | null> {
  const students = new Map<string, Student>();
  const wanted = runners.flatMap(({ tracks }) =>
    tracks.flatMap(({ serving, trial }) => [serving?.student, trial?.student]),
  );
  for (const id of new Set(wanted)) {
    if (id === undefined) continue;
    try {
      const stored = await store.students.get(id);
      if (stored === null) continue;
      students.set(id, shelf.add(readStudent(stored.bytes)));
      shelf.stored(id);
    } catch (err) {
      log.error({ err, student: id }, 'a student cannot be read; its task goes to the teacher');
    }
  }
  return (id) => students.get(id) ?? null;
}
