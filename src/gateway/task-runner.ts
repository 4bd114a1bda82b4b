import { chooseRoute } from '../deploy/choose-route.ts';
import { RecentCalls } from '../deploy/recent-calls.ts';
import type { InputVector } from '../encoder/input-vector.ts';
import { readCharacters } from '../learn/ngrams.ts';
import type { Student } from '../learn/student.ts';
import type { Answer, GivenAnswer } from '../records/answer.ts';
import { answerOf, canonicalOf } from '../records/canonical-answer.ts';
import { isLearnable, type LearnableShape } from '../records/output-shape.ts';
import type { Random } from '../records/random.ts';
import type { RouteReason, Stage } from '../records/route.ts';
import { closedPartsOf, readingOf } from '../records/shape-reading.ts';
import type { Task, TaskMatch } from '../records/task.ts';
import type { Trainer } from '../train/trainer.ts';
import { TrainingRows } from '../train/training-rows.ts';
import type { CallVectors, VectorPurpose } from './call-vectors.ts';
import type { StudentShelf } from './student-shelf.ts';
import {
  type Answered,
  type Proposal,
  type Serving,
  TaskTrack,
  type TaughtLesson,
  type TrackEvent,
  type TrackSettings,
  type TrackState,
} from './task-track.ts';

/** How far a task's students are let by its owner; `auto` lets them live whenever they are certified. */
export type StageSetting = Stage | 'auto';

/** What the runner decided about one call, kept until the call comes back with its answer. */
export interface RunnerDecision {
  readonly answeredBy: 'student' | 'teacher';
  readonly reason: RouteReason;
  readonly label: string | null;
  readonly score: number | null;
  /** The student's whole answer; null where the teacher answers. */
  readonly answer: GivenAnswer | null;
  readonly proposal: Proposal | null;
  readonly served: Serving | null;
}

export interface RunnerParts {
  readonly settings: TrackSettings;
  readonly trainer: Trainer;
  readonly random: Random;
  /** Null where no encoder is at hand. */
  readonly vectors: CallVectors | null;
  /** Null where all students stay open. */
  readonly shelf: StudentShelf | null;
  readonly onCandidate: (student: Student, version: string, lesson: TaughtLesson) => void;
  readonly onCertificate: (serving: Serving) => void;
  readonly onEvent: (event: TrackEvent & { readonly task: string; readonly version: string }) => void;
}

/** What a runner needs to go on after a restart, besides its task, its students and the labelled calls. */
export interface RunnerState {
  readonly task: string;
  readonly calls: number;
  readonly teacherCalls: number;
  readonly newestVersion: string | null;
  readonly tracks: readonly TrackState[];
}

const CANARY_SHARE = 0.1;
/** Answers kept while a task's shape is still open; they are learned from as soon as it is known. */
const WAITING_ANSWERS = 5_000;

/** What the teacher said to a call of the task. */
interface TeacherAnswer {
  readonly callId: string;
  readonly at: number;
  readonly match: TaskMatch;
  readonly answer: Answer;
}

/** Everything live about one task: its labelled calls, one track a version, the stage its owner allows. */
export class TaskRunner {
  readonly #parts: RunnerParts;
  readonly #rows = new TrainingRows();
  readonly #tracks = new Map<string, TaskTrack>();
  readonly #recent = new RecentCalls();
  #task: Task;
  #shape: LearnableShape | null = null;
  #waiting: TeacherAnswer[] = [];
  #teacherCalls = 0;
  #calls = 0;
  #newestVersion: string | null = null;
  readonly #announced = new Set<string>();
  readonly #recalledEras = new Map<string, number>();
  stage: StageSetting;

  constructor(task: Task, stage: StageSetting, parts: RunnerParts) {
    this.#task = task;
    this.stage = stage;
    this.#parts = parts;
  }

  get task(): Task {
    return this.#task;
  }

  get counts(): { readonly calls: number; readonly teacherCalls: number } {
    return { calls: this.#calls, teacherCalls: this.#teacherCalls };
  }

  /** The track of the version seen last; null before any. */
  get track(): TaskTrack | null {
    return this.#newestVersion === null ? null : (this.#tracks.get(this.#newestVersion) ?? null);
  }

  /** The stage as it is lived now: `auto` is live, and falls back to the shadow by having nothing certified. */
  get livedStage(): Stage {
    return this.stage === 'auto' ? 'live' : this.stage;
  }

  /** Whether the task as it was last told has this version. */
  knows(version: string): boolean {
    return this.#task.versions.some(({ id }) => id === version);
  }

  /** The finder has learned more of the task: its shape, its labels, its spellings. */
  update(task: Task): void {
    this.#task = task;
    if (!isLearnable(task.shape)) return;
    const before = this.#shape;
    this.#shape = task.shape;
    if (before !== null && readingOf(before) !== readingOf(task.shape))
      this.#rows.relabel((answer) => this.#read(answer));
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const each of waiting) this.#learn(each, null);
  }

  /** What the vector of a call is wanted for; null where nobody needs it. */
  vectorPurpose(match: TaskMatch): VectorPurpose | null {
    return this.#tracks.get(match.version)?.vectorPurpose ?? null;
  }

  /** The students that a call will be put to. */
  studentsFor(match: TaskMatch): readonly Student[] {
    return this.#tracks.get(match.version)?.students ?? [];
  }

  /** Who answers this call. `obstacle` is what the request itself forbids. */
  decide({
    match,
    at,
    obstacle,
    input,
  }: {
    readonly match: TaskMatch;
    readonly at: number;
    readonly obstacle: RouteReason | null;
    /** Its vector, where one was made. */
    readonly input: InputVector | null;
  }): RunnerDecision {
    if (this.#task.kind === 'group') return undecided('group');
    const shape = this.#shape;
    if (shape === null) return undecided('shape-not-learnable');
    const track = this.#trackFor(match);
    const proposal = track.propose(match.slots, at, input);
    const answer = proposal.prediction === null ? null : answerOf(shape, proposal.prediction.label, match.slots);
    const choice = chooseRoute({
      stage: this.livedStage,
      obstacle: obstacle ?? (match.slots.some((slot) => slot.length > readCharacters) ? 'input-too-long' : null),
      waitingFor: proposal.waitingFor,
      score: proposal.prediction?.score ?? 0,
      threshold: proposal.threshold,
      labelKnown: answer !== null,
      repeated: this.#recent.has(match.slots, at),
      inWindow: proposal.toss.inSample,
      inSpotCheck: proposal.toss.inSpotCheck,
      outsideCanary: this.livedStage === 'canary' && this.#parts.random() >= CANARY_SHARE,
    });
    if (choice.answeredBy === 'student') this.#recent.add(match.slots, at);
    return {
      ...choice,
      label: proposal.prediction?.label ?? null,
      score: proposal.prediction?.score ?? null,
      answer: choice.answeredBy === 'student' ? answer : null,
      proposal,
      served: track.serving,
    };
  }

  /** The call came back. `answer` is the teacher's; null where the student answered. */
  observe({
    callId,
    match,
    at,
    answer,
    decision,
  }: {
    readonly callId: string;
    readonly match: TaskMatch;
    readonly at: number;
    readonly answer: Answer | null;
    readonly decision: RunnerDecision | null;
  }): void {
    this.#calls++;
    if (answer !== null) this.#teacherCalls++;
    if (this.#task.kind === 'group') return;
    if (answer === null) this.#observeLocal({ callId, at, match }, decision);
    else if (this.#shape === null) this.#keepWaiting({ callId, at, match, answer });
    else this.#learn({ callId, at, match, answer }, decision);
  }

  /** Takes back the teacher's answer to a call of before a restart. `weight`: how many calls it stands for. */
  recall({ callId, at, match, answer }: TeacherAnswer, weight: number): void {
    if (this.#shape === null || (answer.kind === 'none' && answer.why === 'error')) return;
    this.#rows.add({
      callId,
      at,
      slots: match.slots,
      ...this.#read(answer),
      version: match.version,
      era: this.#recalledEras.get(match.version) ?? 0,
      weight,
    });
  }

  /** Forgets calls that are gone; they train no more. */
  forgetCalls(isGone: (call: { readonly callId: string; readonly at: number }) => boolean): void {
    this.#rows.forget(isGone);
    this.#waiting = this.#waiting.filter((each) => !isGone(each));
    for (const track of this.#tracks.values()) track.forgetUnseen();
  }

  /** Forgets versions whose calls are all gone. */
  dropVersions(ids: ReadonlySet<string>): void {
    for (const id of ids) this.#tracks.delete(id);
    if (this.#newestVersion !== null && ids.has(this.#newestVersion))
      this.#newestVersion = [...this.#tracks.keys()].at(-1) ?? null;
  }

  /** Goes on where `toJSON` stopped: first `expect`, then every `recall`, then `resume`. */
  expect(state: RunnerState): void {
    for (const track of state.tracks) this.#recalledEras.set(track.version, track.era);
  }

  resume(state: RunnerState, studentOf: (id: string) => Student | null): void {
    this.#calls = state.calls;
    this.#teacherCalls = state.teacherCalls;
    this.#newestVersion = state.newestVersion;
    for (const track of state.tracks) {
      this.#announced.add(track.version);
      this.#tracks.set(track.version, TaskTrack.from(track, this.#trackParts(track.version, track.slots), studentOf));
    }
  }

  toJSON(): RunnerState {
    return {
      task: this.#task.id,
      calls: this.#calls,
      teacherCalls: this.#teacherCalls,
      newestVersion: this.#newestVersion,
      tracks: [...this.#tracks.values()].map((track) => track.toJSON()),
    };
  }

  /** Resolves when the training under way is over; null where there is none. */
  settled(): Promise<void> | null {
    for (const track of this.#tracks.values()) {
      const training = track.settled();
      if (training !== null) return training;
    }
    return null;
  }

  #observeLocal({ callId, at, match }: Omit<TeacherAnswer, 'answer'>, decision: RunnerDecision | null): void {
    if (decision?.proposal == null) return;
    this.#trackFor(match).observe({
      callId,
      at,
      slots: match.slots,
      answered: undefined,
      proposal: decision.proposal,
      served: decision.served,
    });
  }

  #keepWaiting(waiting: TeacherAnswer): void {
    if (waiting.answer.kind !== 'none' && this.#waiting.length < WAITING_ANSWERS) this.#waiting.push(waiting);
  }

  #learn({ callId, at, match, answer }: TeacherAnswer, decision: RunnerDecision | null): void {
    if (this.#shape === null || (answer.kind === 'none' && answer.why === 'error')) return;
    const track = this.#trackFor(match);
    this.#announce(match.version, at);
    const proposal = decision?.proposal ?? track.propose(match.slots, at);
    const answered = this.#read(answer);
    track.observe({ callId, at, slots: match.slots, answered, proposal, served: decision?.served ?? null });
  }

  #read(answer: Answer): Answered {
    const shape = this.#shape;
    const label = shape === null ? null : canonicalOf(shape, answer);
    return { answer, label, closedParts: shape === null || label === null ? [] : closedPartsOf(shape, label) };
  }

  /** The first answer of a version after another one is an event: the world changed, and its students wait for it. */
  #announce(version: string, at: number): void {
    if (this.#announced.has(version)) return;
    this.#announced.add(version);
    if (this.#newestVersion !== null) {
      const what = this.#whyNew(this.#newestVersion, version);
      this.#tracks.get(version)?.waitBecause(what);
      this.#parts.onEvent({
        at,
        what,
        detail: 'a new version of the task: nothing is answered there until it is certified',
        task: this.#task.id,
        version,
      });
    }
    this.#newestVersion = version;
  }

  #trackFor(match: TaskMatch): TaskTrack {
    const known = this.#tracks.get(match.version);
    if (known !== undefined) return known;
    const track = new TaskTrack(this.#trackParts(match.version, match.slots.length));
    this.#tracks.set(match.version, track);
    return track;
  }

  #trackParts(version: string, slots: number): ConstructorParameters<typeof TaskTrack>[0] {
    const { settings, trainer, random, vectors, shelf, onCandidate, onCertificate, onEvent } = this.#parts;
    const task = this.#task.id;
    return {
      task,
      version,
      slots,
      settings,
      rows: this.#rows,
      shape: () => this.#shape as LearnableShape,
      callsOfTask: () => this.#calls,
      trainer,
      mayTrain: () => this.livedStage !== 'off',
      random,
      vectors,
      shelf,
      onCandidate: (student, lesson) => onCandidate(student, version, lesson),
      onCertificate,
      onEvent: (event) => onEvent({ ...event, task, version }),
    };
  }

  #whyNew(before: string, now: string): 'prompt-changed' | 'teacher-changed' {
    const [old, fresh] = [before, now].map((id) => this.#task.versions.find((version) => version.id === id));
    return old !== undefined && fresh !== undefined && old.template.key === fresh.template.key
      ? 'teacher-changed'
      : 'prompt-changed';
  }
}

function undecided(reason: RouteReason): RunnerDecision {
  return { answeredBy: 'teacher', reason, label: null, score: null, answer: null, proposal: null, served: null };
}
