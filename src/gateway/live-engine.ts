import type { TrainedCall } from '../curate/lineage.ts';
import { type FinderState, TaskFinder } from '../discover/task-finder.ts';
import type { InputVector } from '../encoder/input-vector.ts';
import type { Student } from '../learn/student.ts';
import { readAnswer } from '../records/answer.ts';
import type { Call, ChatRequest } from '../records/call.ts';
import { isLearnable } from '../records/output-shape.ts';
import type { Random } from '../records/random.ts';
import type { Route, RouteReason } from '../records/route.ts';
import type { Task, TaskMatch } from '../records/task.ts';
import type { TaskSettings } from '../records/task-tolerance.ts';
import type { Trainer } from '../train/trainer.ts';
import type { LabelledCall } from '../train/training-rows.ts';
import type { CallVectors } from './call-vectors.ts';
import type { Decision, Engine, ForgottenCalls, ForgottenPast, IncomingCall, TaskStatus } from './engine.ts';
import { describeOutlook } from './outlook.ts';
import { type RequestTraits, studentObstacle, traitsOf } from './student-obstacle.ts';
import { fetchStudents, type StudentShelf } from './student-shelf.ts';
import { type RunnerDecision, type RunnerState, type StageSetting, TaskRunner } from './task-runner.ts';
import type { Serving, TrackEvent, TrackSettings } from './task-track.ts';
import { UsageRecord } from './usage-record.ts';

/** A student that goes into a trial, for one version of a task. */
export interface Candidate {
  readonly student: Student;
  /** Task id. */
  readonly task: string;
  /** Version id. */
  readonly version: string;
  readonly trained: readonly TrainedCall[];
  /** Of these, calls that counted less, because their answer is likely wrong. */
  readonly weighedDownRows: number;
}

export interface LiveEngineOptions {
  readonly settings: TrackSettings;
  readonly stage: StageSetting;
  readonly trainer: Trainer;
  /** Coins of one task; each task has its own, so that no task's fate depends on another's. */
  readonly randomFor: (task: string) => Random;
  /** Vectors for students that need them; absent where no encoder is at hand. */
  readonly vectors?: CallVectors;
  /** Puts students away that nobody asks; absent: all stay open. */
  readonly shelf?: StudentShelf;
  /** False: nothing is mined until `mine` is called. */
  readonly minesByItself?: boolean;
  readonly finder?: TaskFinder;
  /** What users set of single tasks. */
  readonly tasks?: TaskSettings;
  readonly onCandidate?: (candidate: Candidate) => void;
  readonly onCertificate?: (serving: Serving) => void;
  readonly onEvent?: (event: EngineEvent) => void;
  /** What went wrong while learning from a call; the call itself was answered. */
  readonly onFailure?: (error: unknown) => void;
  /** Calls that mining has given a task after they had gone by. */
  readonly onAssignments?: (assignments: ReadonlyMap<string, TaskMatch>) => void;
}

export interface EngineEvent extends TrackEvent {
  readonly task: string;
  readonly version: string;
}

/** What an engine needs to go on after a restart, besides its students and the stored calls. */
export interface EngineState {
  readonly format: 1;
  readonly finder: FinderState;
  readonly runners: readonly RunnerState[];
}

/** A call of before a restart. */
export interface RecalledCall {
  readonly call: Call;
  readonly route: Route | null;
}

/** Calls without a task that are kept until mining gives them one. */
const UNMATCHED_KEPT = 5_000;
/** A task's shape is read again after so many of its calls, and this many times as often while it is young. */
const SHAPE_EVERY = 200;
/** Answers of fewer calls do not tell what a task is: then its counts outlive the calls. */
const FEWEST_RECOUNTED = 200;
const YOUNG_SHAPE_EVERY = 10;

/** The live loop over all tasks. The gateway and the replay run this very code; only clock, coins and trainer differ. */
export class LiveEngine implements Engine {
  readonly #options: LiveEngineOptions;
  readonly #finder: TaskFinder;
  readonly #runners = new Map<string, TaskRunner>();
  readonly #usage = new Map<string, UsageRecord>();
  readonly #traits = new Map<string, RequestTraits>();
  readonly #unmatched = new Map<string, Call>();
  readonly #decisions = new WeakMap<Decision, RunnerDecision>();
  #stage: StageSetting;
  #isKilled = false;

  constructor(options: LiveEngineOptions) {
    this.#options = options;
    this.#finder = options.finder ?? new TaskFinder();
    this.#finder.heed(options.tasks ?? {});
    this.#stage = options.stage;
    for (const task of this.#finder.tasks()) this.#runnerFor(task.id);
  }

  toJSON(): EngineState {
    return {
      format: 1,
      finder: this.#finder.toJSON(),
      runners: [...this.#runners.values()].map((runner) => runner.toJSON()),
    };
  }

  /**
   * Goes on where `toJSON` stopped; the finder of the state must have been given to the constructor. `calls` gives a
   * task's stored calls, newest last: what the teacher answered trains again.
   */
  async resume(
    { runners }: EngineState,
    calls: (task: string) => Promise<readonly RecalledCall[]>,
    studentOf: (id: string) => Student | null,
  ): Promise<void> {
    for (const state of runners) {
      if (this.#finder.task(state.task) === null) continue;
      const runner = this.#runnerFor(state.task);
      runner.expect(state);
      for (const recalled of await calls(state.task)) this.#recall(runner, recalled);
      runner.resume(state, studentOf);
    }
  }

  #recall(runner: TaskRunner, { call, route }: RecalledCall): void {
    const match = route?.answeredBy === 'student' ? null : this.#finder.match(call);
    if (match === null || match.task !== runner.task.id) return;
    this.#remember(match, call);
    const { share } = this.#options.settings.spotChecks;
    const weight = route?.reason === 'spot-check' && share > 0 ? 1 / share : 1;
    const answer = readAnswer(call.response, call.status);
    runner.recall({ callId: call.id, at: call.at, match, answer }, weight);
  }

  get finder(): TaskFinder {
    return this.#finder;
  }

  /** Which task a call belongs to, as far as is known now. */
  taskOf(call: {
    readonly id: string;
    readonly at: number;
    readonly tenant: string;
    readonly task: string | null;
    readonly request: ChatRequest;
  }): string | null {
    return this.#finder.match(call)?.task ?? null;
  }

  /** The training under way for a task; a replay waits for it, a server does not. */
  settled(task: string): Promise<void> | null {
    return this.#runners.get(task)?.settled() ?? null;
  }

  /** `isPatient`: of a log, whose calls nobody waits for. */
  prepare(call: IncomingCall, { isPatient = false } = {}): Promise<InputVector | null> | null {
    const { vectors, shelf } = this.#options;
    if (vectors === undefined && shelf?.hasAway !== true) return null;
    try {
      const match = this.#finder.match(call);
      const runner = match === null ? undefined : this.#runners.get(match.task);
      if (match === null || runner === undefined) return null;
      const purpose = vectors === undefined ? null : runner.vectorPurpose(match);
      const vector = purpose === null ? null : (vectors?.prepare(match.slots, purpose, isPatient) ?? null);
      const fetching = fetchStudents(runner.studentsFor(match), isPatient);
      return fetching === null ? vector : fetching.then(() => vector);
    } catch {
      return null;
    }
  }

  decide(call: IncomingCall, input: InputVector | null = null): Decision {
    try {
      return this.#decide(call, input);
    } catch {
      return teacherDecision(call.id, null, null, 'student-failed');
    }
  }

  observe(call: Call, decision: Decision): void {
    try {
      this.#observe(call, decision);
    } catch (error) {
      this.#options.onFailure?.(error);
    }
  }

  #observe(call: Call, decision: Decision): void {
    const { match } = decision;
    const inner = this.#decisions.get(decision) ?? null;
    if (decision.route.answeredBy === 'student') {
      if (match !== null)
        this.#runners.get(match.task)?.observe({ callId: call.id, match, at: call.at, answer: null, decision: inner });
      return;
    }
    const found = this.#finder.observe(call) ?? match;
    if (found === null) this.#keepUnmatched(call);
    else this.#learn(found, call, inner);
    if (this.#options.minesByItself !== false && this.#finder.isMiningDue) this.mine(call.at);
  }

  async forgetCalls({ ids, tasks, callsOf }: ForgottenCalls): Promise<void> {
    for (const id of ids) this.#unmatched.delete(id);
    this.#finder.forgetCalls(({ id }) => ids.has(id));
    for (const [id, versions] of tasks) {
      const runner = this.#runners.get(id);
      if (versions === 'all') {
        this.#runners.delete(id);
        this.#finder.forget(id);
        continue;
      }
      runner?.forgetCalls(({ callId }) => ids.has(callId));
      runner?.dropVersions(versions);
      for (const version of versions) {
        this.#usage.delete(version);
        this.#traits.delete(version);
      }
      this.#finder.dropVersions(id, versions);
      await this.#finder.recount(id, callsOf(id));
      if (runner !== undefined) this.#refresh(runner);
    }
  }

  async forgetOlder({ before, task, tenant, callsOf }: ForgottenPast): Promise<void> {
    const isOf = (owner: string): boolean => tenant === undefined || tenant === owner;
    if (task === undefined) {
      const isGone = (call: { readonly at: number; readonly tenant: string }) => call.at < before && isOf(call.tenant);
      this.#finder.forgetCalls(isGone);
      for (const [id, call] of this.#unmatched) if (isGone(call)) this.#unmatched.delete(id);
    }
    for (const [id, runner] of this.#runners) {
      if ((task !== undefined && task !== id) || !isOf(runner.task.tenant)) continue;
      runner.forgetCalls(({ at }) => at < before);
      await this.#finder.recount(id, callsOf(id), FEWEST_RECOUNTED);
      this.#refresh(runner);
    }
  }

  setStage(task: string | null, stage: StageSetting): void {
    if (task === null) {
      this.#stage = stage;
      this.#isKilled = stage === 'off';
      for (const runner of this.#runners.values()) runner.stage = stage;
      return;
    }
    this.#isKilled = false;
    this.#runnerFor(task).stage = stage;
  }

  status(): readonly TaskStatus[] {
    return [...this.#runners.values()].map((runner) => {
      const { track } = runner;
      return {
        task: runner.task,
        stage: runner.livedStage,
        auto: runner.stage === 'auto',
        ...runner.counts,
        certificate: track?.serving?.certificate ?? null,
        spotChecks: track?.spotChecks ?? { calls: 0, different: 0 },
        waitingFor: waitingReason(runner),
        outlook: describeOutlook(runner, this.#options.settings),
      };
    });
  }

  async close(): Promise<void> {
    // A training under way is given up: it would be done again after the restart.
    await this.#options.trainer.close();
    await Promise.allSettled([...this.#runners.values()].map((runner) => runner.settled()));
  }

  #decide(call: IncomingCall, input: InputVector | null): Decision {
    const match = this.#finder.match(call);
    if (match === null) return teacherDecision(call.id, null, null, 'no-task');
    const runner = this.#runnerFor(match.task);
    const seen = this.#traits.get(match.version);
    const obstacle: RouteReason | null = this.#isKilled
      ? 'kill-switch'
      : call.forceTeacher
        ? 'forced-teacher'
        : seen === undefined
          ? null
          : studentObstacle(call.request, seen);
    const inner = runner.decide({ match, at: call.at, obstacle, input });
    const usage = this.#usage.get(match.version);
    const decision: Decision = {
      route: {
        callId: call.id,
        answeredBy: inner.answeredBy,
        reason: inner.reason,
        task: match.task,
        version: match.version,
        student: inner.served?.student.id ?? null,
        studentLabel: inner.label,
        score: inner.score,
        certificate: inner.served?.certificate.id ?? null,
      },
      match,
      taskName: runner.task.name,
      answer: inner.answer,
      usage: inner.answeredBy === 'student' ? (usage?.estimate(match.slots) ?? null) : null,
      responseModel: usage?.responseModel ?? call.request.model,
    };
    this.#decisions.set(decision, inner);
    return decision;
  }

  #learn(match: TaskMatch, call: Call, inner: RunnerDecision | null): void {
    const runner = this.#runnerFor(match.task);
    const answer = readAnswer(call.response, call.status);
    if (answer.kind === 'none' && answer.why === 'error') return;
    this.#remember(match, call);
    const { calls } = runner.counts;
    if (!runner.knows(match.version) || calls % (calls < SHAPE_EVERY ? YOUNG_SHAPE_EVERY : SHAPE_EVERY) === 0)
      this.#refresh(runner);
    runner.observe({ callId: call.id, match, at: call.at, answer, decision: inner });
  }

  /** What the teacher's calls of this version look like: their usage, and what they ask for. */
  #remember(match: TaskMatch, call: Call): void {
    const usage = this.#usage.get(match.version) ?? new UsageRecord();
    this.#usage.set(match.version, usage);
    usage.add(match.slots, call);
    if (!this.#traits.has(match.version)) this.#traits.set(match.version, traitsOf(call.request));
  }

  #keepUnmatched(call: Call): void {
    this.#unmatched.set(call.id, call);
    if (this.#unmatched.size <= UNMATCHED_KEPT) return;
    const oldest = this.#unmatched.keys().next().value;
    if (oldest !== undefined) this.#unmatched.delete(oldest);
  }

  get isMiningDue(): boolean {
    return this.#finder.isMiningDue;
  }

  /** Whether mining is due for the calls that belong nowhere yet, and not only to look again at what is known. */
  get areUnmatchedDue(): boolean {
    return this.#finder.areUnmatchedDue;
  }

  /** Looks for tasks among the calls that belong nowhere yet; what is found learns from its calls at once. The tasks that did. */
  mine(at: number): ReadonlySet<string> {
    const { assignments } = this.#finder.mine();
    this.#options.onAssignments?.(assignments);
    const tasks = new Set([...assignments.values()].map((match) => match.task));
    for (const task of tasks) this.#refresh(this.#runnerFor(task));
    for (const [id, match] of assignments) {
      const kept = this.#unmatched.get(id);
      this.#unmatched.delete(id);
      if (kept !== undefined) this.#learn(match, { ...kept, at: Math.min(kept.at, at) }, null);
    }
    return tasks;
  }

  #refresh(runner: TaskRunner): void {
    const task = this.#finder.task(runner.task.id);
    if (task !== null) runner.update(task);
  }

  #runnerFor(id: string): TaskRunner {
    const known = this.#runners.get(id);
    if (known !== undefined) return known;
    const task = this.#finder.task(id);
    if (task === null) throw new RangeError(`there is no task ${id}`);
    const {
      settings,
      trainer,
      randomFor,
      vectors = null,
      shelf = null,
      onCandidate,
      onCertificate,
      onEvent,
    } = this.#options;
    const runner = new TaskRunner(task, this.#stage, {
      settings,
      trainer,
      random: randomFor(id),
      vectors,
      shelf,
      onCandidate: (student, version, { calls, weighedDownRows }) => {
        const trained = calls.map((call) => trainedCall(call, runner.task));
        onCandidate?.({ student, task: id, version, trained, weighedDownRows });
      },
      onCertificate: (serving) => onCertificate?.(serving),
      onEvent: (event) => onEvent?.(event),
    });
    runner.update(task);
    this.#runners.set(id, runner);
    return runner;
  }
}

function waitingReason(runner: TaskRunner): RouteReason | null {
  if (runner.task.kind === 'group') return 'group';
  if (!isLearnable(runner.task.shape)) return 'shape-not-learnable';
  if (runner.track === null) return 'no-student';
  if (runner.track.waitingFor !== null) return runner.track.waitingFor;
  if (runner.livedStage === 'off') return 'stage-off';
  return runner.livedStage === 'shadow' ? 'stage-shadow' : null;
}

/** The loop learns from imported calls as from its own, and does not tell them apart. */
function trainedCall({ callId: id, at, version }: LabelledCall, { versions }: Task): TrainedCall {
  const model = versions.find((each) => each.id === version)?.teacher ?? '';
  return { id, at, model, version, isThroughGateway: true };
}

function teacherDecision(callId: string, task: string | null, version: string | null, reason: RouteReason): Decision {
  const route: Route = {
    callId,
    answeredBy: 'teacher',
    reason,
    task,
    version,
    student: null,
    studentLabel: null,
    score: null,
    certificate: null,
  };
  return { route, match: null, taskName: null, answer: null, usage: null, responseModel: null };
}
