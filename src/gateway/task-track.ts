import type { ThresholdChoice } from '../certify/choose-threshold.ts';
import { deltaOfLook } from '../certify/look-budget.ts';
import { expectedHorizon, type ForeseenOutcome, planWindow, type WindowQuestion } from '../certify/plan-window.ts';
import { planPromise } from '../certify/promised-threshold.ts';
import { type InputVector, vectorFor } from '../encoder/input-vector.ts';
import type { Prediction, Student } from '../learn/student.ts';
import type { SpotCheckSettings } from '../monitor/spot-check-coin.ts';
import { SpotCheckCoin } from '../monitor/spot-check-coin.ts';
import { type Suspicion, Watch, type WatchState } from '../monitor/watch.ts';
import { isSameAnswer } from '../records/canonical-answer.ts';
import { type Certificate, isEnough, type PromiseKind, promiseOf } from '../records/certificate.ts';
import type { LearnableShape } from '../records/output-shape.ts';
import type { Random } from '../records/random.ts';
import type { RouteReason } from '../records/route.ts';
import { toleranceOf } from '../records/task-tolerance.ts';
import type { Trainer, TrainingOutcome } from '../train/trainer.ts';
import { type LabelledCall, lessonFor, type TrainingRows } from '../train/training-rows.ts';
import { type IsSame, Trial, type TrialState } from '../train/trial.ts';
import type { CallVectors, VectorPurpose } from './call-vectors.ts';
import { isAway, type StudentShelf } from './student-shelf.ts';

export interface TrackSettings {
  readonly epsilon: number;
  readonly delta: number;
  /** Of which calls ε is a share; all calls unless given. */
  readonly promise?: PromiseKind;
  readonly spotChecks: SpotCheckSettings;
  readonly seed: number;
}

/** What a student was trained on. */
export interface TaughtLesson {
  readonly calls: readonly LabelledCall[];
  /** Calls that counted less, because their answer is likely wrong. */
  readonly weighedDownRows: number;
}

/** A student that may answer, and the certificate that says so. */
export interface Serving {
  readonly student: Student;
  readonly certificate: Certificate;
}

/** Something that happened to a version of a task and that a report should tell. */
export interface TrackEvent {
  readonly at: number;
  readonly what:
    | 'certified'
    | 'not-certified'
    | 'training-failed'
    | 'prompt-changed'
    | 'teacher-changed'
    | 'student-failed'
    | Suspicion;
  readonly detail: string;
}

/** The coins of one call, tossed before anything is known about it. */
export interface Toss {
  readonly inSample: boolean;
  readonly inSpotCheck: boolean;
  /** Probability that a call which the student would answer goes to the teacher all the same. */
  readonly teacherShare: number;
}

export interface Proposal {
  readonly prediction: Prediction | null;
  readonly threshold: number;
  readonly waitingFor: RouteReason | null;
  readonly toss: Toss;
  /** Of the call's input, where one was made. */
  readonly input: InputVector | null;
}

/** What the teacher said to a call, read with its task's shape. */
export type Answered = Pick<LabelledCall, 'answer' | 'label' | 'closedParts'>;

/** A call that went by. */
export interface ObservedCall {
  readonly callId: string;
  readonly at: number;
  readonly slots: readonly string[];
  /** Undefined where the student answered and the teacher was not asked. */
  readonly answered: Answered | undefined;
  readonly proposal: Proposal;
  readonly served: Serving | null;
}

/** What a track needs to go on after a restart, besides its students and the labelled calls. */
export interface TrackState {
  readonly version: string;
  readonly slots: number;
  readonly era: number;
  readonly looks: number;
  readonly calls: number;
  readonly callsInEra: number;
  readonly firstAt: number | null;
  readonly lastAt: number | null;
  readonly suspendedFor: RouteReason | null;
  readonly nextTraining: number;
  readonly certificates: number;
  readonly servedShare: number;
  readonly newLabels: readonly string[];
  readonly watch: WatchState;
  readonly serving: Certificate | null;
  readonly trial: TrialState | null;
  /** How far numbers might be off and still count as the same. */
  readonly tolerance?: number;
}

interface TrackParts {
  readonly task: string;
  readonly version: string;
  readonly slots: number;
  readonly settings: TrackSettings;
  /** What the answers look like, as far as is known now. */
  readonly shape: () => LearnableShape;
  /** Calls of the whole task so far, all its versions. */
  readonly callsOfTask: () => number;
  /** The labelled calls of the whole task, all its versions. */
  readonly rows: TrainingRows;
  readonly trainer: Trainer;
  /** False while the task's students are off: calls are still kept for when they are not. */
  readonly mayTrain?: () => boolean;
  readonly random: Random;
  /** Absent or null where no encoder is at hand. */
  readonly vectors?: CallVectors | null;
  /** Puts students away that nobody asks; absent or null where all stay open. */
  readonly shelf?: StudentShelf | null;
  /** A student goes into a trial. */
  readonly onCandidate: (student: Student, lesson: TaughtLesson) => void;
  readonly onCertificate: (serving: Serving) => void;
  readonly onEvent: (event: TrackEvent) => void;
}

const FIRST_TRAINING_ROWS = 60;
/** A student that throws, or knows no score, so many times in a row serves no more. */
const FAULTS_BORNE = 5;
/** A tagger takes some twenty times as long to train as a label head does, so it waits for more that is new. */
const TRAINING_GROWTH = { label: 1.15, fields: 1.5 };
/** The future that a look is saved for, in multiples of the past. */
const LONG_RUN = 16;
const DAY_MS = 86_400_000;
/** Calls of one hour resemble each other more than calls of a task do: a window takes its sample over so many whole days. */
export const WINDOW_DAYS = 2;

/**
 * The loop of one version of one task: gather labelled calls, train at geometric moments, plan a window, certify, serve,
 * keep spot-checking, learn on. A certified student serves until another certificate covers more, or until the world changes.
 */
export class TaskTrack {
  readonly #parts: TrackParts;
  readonly #coin: SpotCheckCoin;
  #watch: Watch;
  #era = 0;
  #looks = 0;
  #calls = 0;
  #callsInEra = 0;
  #firstAt: number | null = null;
  #lastAt = Number.NEGATIVE_INFINITY;
  #serving: Serving | null = null;
  #suspendedFor: RouteReason | null = null;
  #trial: Trial | null = null;
  #nextTraining = FIRST_TRAINING_ROWS;
  #training: Promise<void> | null = null;
  #hasTrained = false;
  #faultsInRow = 0;
  #certificates = 0;
  /** Share of recent calls that the serving student would answer. */
  #servedShare = 0;
  /** Labels first seen since the watch began. */
  readonly #newLabels = new Set<string>();

  constructor(parts: TrackParts) {
    this.#parts = parts;
    this.#coin = new SpotCheckCoin(parts.settings.spotChecks);
    this.#watch = this.#newWatch();
  }

  /**
   * Goes on where `toJSON` stopped. A certificate that promises less than is asked for by now serves no more. A student that is gone takes its certificate or its trial with it; the look stays
   * spent. The labelled calls must be among the rows already.
   */
  static from(state: TrackState, parts: TrackParts, studentOf: (id: string) => Student | null): TaskTrack {
    const track = new TaskTrack(parts);
    track.#era = state.era;
    track.#looks = state.looks;
    track.#calls = state.calls;
    track.#callsInEra = state.callsInEra;
    track.#firstAt = state.firstAt;
    track.#lastAt = state.lastAt ?? Number.NEGATIVE_INFINITY;
    track.#suspendedFor = state.suspendedFor;
    track.#nextTraining = state.nextTraining;
    track.#certificates = state.certificates;
    track.#watch = Watch.from(state.watch);
    for (const label of state.newLabels) track.#newLabels.add(label);
    const serving = state.serving && studentOf(state.serving.student);
    const asked = { promise: 'all-calls' as const, ...parts.settings, ...toleranceOf(parts.shape()) };
    // What was counted under a wider tolerance says nothing under a narrower one.
    const isComparable = (state.tolerance ?? 0) <= (asked.tolerance ?? 0);
    if (state.serving !== null && serving !== null && isEnough(state.serving, asked)) {
      track.#serving = { student: serving, certificate: state.serving };
      track.#servedShare = state.servedShare;
    }
    const candidate = state.trial && studentOf(state.trial.student);
    if (state.trial !== null && candidate !== null && isComparable) {
      const known = parts.rows.all().map((row) => row.slots);
      track.#trial = new Trial(candidate, state.trial.plan, track.#isSame, known, state.trial);
    }
    track.#hasTrained = serving !== null || candidate !== null;
    return track;
  }

  toJSON(): TrackState {
    return {
      version: this.#parts.version,
      slots: this.#parts.slots,
      era: this.#era,
      looks: this.#looks,
      calls: this.#calls,
      callsInEra: this.#callsInEra,
      firstAt: this.#firstAt,
      lastAt: Number.isFinite(this.#lastAt) ? this.#lastAt : null,
      suspendedFor: this.#suspendedFor,
      nextTraining: this.#nextTraining,
      certificates: this.#certificates,
      servedShare: this.#servedShare,
      newLabels: [...this.#newLabels],
      watch: this.#watch.toJSON(),
      serving: this.#serving?.certificate ?? null,
      trial: this.#trial?.toJSON() ?? null,
      ...toleranceOf(this.#parts.shape()),
    };
  }

  get serving(): Serving | null {
    return this.#serving;
  }

  get waitingFor(): RouteReason | null {
    if (this.#serving !== null) return null;
    if (this.#suspendedFor !== null) return this.#suspendedFor;
    return this.#hasTrained ? 'no-certificate' : 'no-student';
  }

  get looks(): number {
    return this.#looks;
  }

  get spotChecks(): { readonly calls: number; readonly different: number } {
    return this.#watch.counts;
  }

  /** The trial under way: how many sampled calls it still needs. */
  get trial(): { readonly missing: number; readonly n: number; readonly share: number } | null {
    return this.#trial && { missing: this.#trial.missing, n: this.#trial.plan.n, share: this.#trial.plan.share };
  }

  /** Null before a day's worth of time has been seen to count in. */
  get callsPerDay(): number | null {
    if (this.#firstAt === null || this.#lastAt <= this.#firstAt) return null;
    return (this.#calls / (this.#lastAt - this.#firstAt)) * DAY_MS;
  }

  /** Labelled calls until the next training. */
  get rowsUntilTraining(): number {
    return Math.max(0, this.#nextTraining - this.#rowsInEra());
  }

  /** New labels that no labelled call has any more are no news, and nobody's words. */
  forgetUnseen(): void {
    for (const label of this.#newLabels) if (!this.#parts.rows.hasSeen(label)) this.#newLabels.delete(label);
  }

  /** Why a version without a certificate waits, where more is known than that it has none. */
  waitBecause(reason: RouteReason): void {
    if (this.#serving === null) this.#suspendedFor = reason;
  }

  /** Resolves when the training under way, if any, is over. A replay waits for it; a server does not. */
  settled(): Promise<void> | null {
    return this.#training;
  }

  /** What the next call's vector is wanted for; null where nobody needs it. */
  get vectorPurpose(): VectorPurpose | null {
    if (this.#serving !== null && this.#serving.student.encoder !== null) return 'answer';
    return this.#trial !== null && this.#trial.student.encoder !== null ? 'trial' : null;
  }

  /** The students that the next call will be put to. */
  get students(): readonly Student[] {
    return [this.#serving, this.#trial].flatMap((holder) => (holder === null ? [] : [holder.student]));
  }

  /** Tosses the coins for a call and asks the serving student, unless it is put away or the vector that it needs is missing. */
  propose(slots: readonly string[], at: number, input: InputVector | null = null): Proposal {
    const serving = this.#serving;
    const toss = this.#toss(at);
    const need = serving?.student.encoder ?? null;
    const vector = vectorFor(need, slots, input);
    const isMissing = need !== null && vector === null;
    const isPutAway = serving !== null && isAway(serving.student);
    const isAsked = serving !== null && !isMissing && !isPutAway;
    const prediction = isAsked ? this.#ask(serving.student, { slots, vector, at }) : null;
    const hasFailed = isAsked && prediction === null;
    return {
      prediction,
      threshold: serving?.certificate.threshold ?? Number.POSITIVE_INFINITY,
      waitingFor: hasFailed
        ? 'student-failed'
        : isMissing
          ? 'encoder-missing'
          : isPutAway
            ? 'student-loading'
            : this.waitingFor,
      toss,
      input,
    };
  }

  /** Null where it fails. */
  #ask(
    student: Student,
    {
      slots,
      vector,
      at,
    }: { readonly slots: readonly string[]; readonly vector: Float32Array | null; readonly at: number },
  ): Prediction | null {
    try {
      const prediction = student.predict(slots, vector);
      if (Number.isFinite(prediction.score)) {
        this.#faultsInRow = 0;
        return prediction;
      }
    } catch {
      // Counted like a score that is none.
    }
    if (++this.#faultsInRow >= FAULTS_BORNE) this.#dismiss(at);
    return null;
  }

  /** The world is as it was, but its student is broken: the teacher answers until another is certified. */
  #dismiss(at: number): void {
    const before = this.students;
    this.#serving = null;
    this.#servedShare = 0;
    this.#faultsInRow = 0;
    for (const student of before) this.#release(student);
    this.#suspendedFor = 'student-failed';
    const detail = 'the student failed again and again, and is asked no more; the teacher answers';
    this.#parts.onEvent({ at, what: 'student-failed', detail });
  }

  observe(call: ObservedCall): void {
    this.#calls++;
    this.#callsInEra++;
    this.#firstAt ??= call.at;
    this.#lastAt = Math.max(this.#lastAt, call.at);
    const { prediction, threshold, toss } = call.proposal;
    const wouldAnswer = call.served !== null && prediction !== null && prediction.score >= threshold;
    if (call.served !== null && call.served === this.#serving)
      this.#servedShare += 0.01 * (Number(wouldAnswer) - this.#servedShare);
    this.#watch.passed();
    if (call.answered === undefined) return;
    const { label, closedParts } = call.answered;
    const news = closedParts.filter((part) => !this.#parts.rows.hasSeen(part) || this.#newLabels.has(part));
    for (const part of news) this.#newLabels.add(part);
    this.#parts.rows.add({
      callId: call.callId,
      at: call.at,
      slots: call.slots,
      ...call.answered,
      version: this.#parts.version,
      era: this.#era,
      // Stands for those that the student answered, where a coin sent it to the teacher.
      weight:
        wouldAnswer && call.served === this.#serving && (toss.inSample || toss.inSpotCheck) ? 1 / toss.teacherShare : 1,
    });
    if (toss.inSample) this.#continueTrial(call, label);
    const suspicion = this.#watch.observe({
      different: wouldAnswer && (label === null || !this.#isSame(prediction.label, label)),
      isSpotCheck:
        toss.inSpotCheck &&
        call.served !== null &&
        call.served === this.#serving &&
        (wouldAnswer || promiseOf(call.served.certificate) === 'all-calls'),
      hasNewLabel: news.length > 0,
    });
    if (suspicion !== null) this.#suspend(suspicion, call.at);
    this.#trainWhenDue(call.at);
  }

  readonly #isSame: IsSame = (given, teacher) => isSameAnswer(this.#parts.shape(), given, teacher);

  #toss(at: number): Toss {
    const spotShare = this.#coin.shareAt(at);
    const windowShare = this.#trial?.plan.share ?? 0;
    const inSample = this.#parts.random() < windowShare;
    const inSpotCheck = this.#parts.random() < spotShare;
    return { inSample, inSpotCheck, teacherShare: 1 - (1 - windowShare) * (1 - spotShare) };
  }

  /**
   * The life that the future is foretold from. A prompt rewritten or a label added ends an era, not the stream of the
   * task's calls; but a window takes from a serving student, and is planned for as long as that one has been known.
   */
  get #callsSeen(): number {
    return this.#serving === null ? Math.max(this.#callsInEra, this.#parts.callsOfTask()) : this.#callsInEra;
  }

  get #kind(): 'label' | 'fields' {
    return this.#parts.shape().kind === 'label' ? 'label' : 'fields';
  }

  #rowsInEra(): number {
    return this.#parts.rows.count(this.#parts.version, this.#era);
  }

  #continueTrial({ slots, at, proposal }: ObservedCall, label: string | null): void {
    const trial = this.#trial;
    if (trial === null) return;
    const need = trial.student.encoder;
    const input = proposal.input ?? (need === null ? null : (this.#parts.vectors?.known(slots) ?? null));
    const vector = vectorFor(need, slots, input);
    // Not sampled without its vector, nor while the student is put away. Such a call would not be answered either: what is
    // promised of the others holds the more of all.
    if ((need !== null && vector === null) || isAway(trial.student)) return;
    trial.add(slots, label, vector);
    if (trial.missing === 0) this.#concludeTrial(trial, trial.conclude(), at);
    else if (trial.missing % 25 === 0 && !trial.canReach(this.#shareWorthWaitingFor(trial.missing))) {
      this.#trial = null;
      this.#release(trial.student);
      this.#parts.onEvent({
        at,
        what: 'not-certified',
        detail: `look ${trial.plan.look} stopped early: no better share could be certified any more`,
      });
    }
  }

  /** What the rest of a window costs, it must at least be able to earn back. */
  #shareWorthWaitingFor(missing: number): number {
    return this.#servedShare * (1 + missing / Math.max(1, expectedHorizon(this.#callsSeen)));
  }

  #concludeTrial(trial: Trial, choice: ThresholdChoice, at: number): void {
    const before = this.students;
    this.#trial = null;
    this.#judgeTrial(trial, choice, at);
    for (const student of before) this.#release(student);
  }

  #judgeTrial(trial: Trial, choice: ThresholdChoice, at: number): void {
    const { plan } = trial;
    if (!choice.certified) {
      this.#parts.onEvent({
        at,
        what: 'not-certified',
        detail: `look ${plan.look}: ${choice.errors} of ${choice.n} different; ${choice.moreCallsNeeded} more calls needed`,
      });
      return;
    }
    const share = choice.answered / choice.n;
    if (this.#serving !== null && share <= this.#servedShare) {
      this.#parts.onEvent({
        at,
        what: 'not-certified',
        detail: `look ${plan.look}: the student before it covers more`,
      });
      return;
    }
    const { task, version, settings } = this.#parts;
    const certificate: Certificate = {
      id: `${version}-${++this.#certificates}`,
      task,
      version,
      student: trial.student.id,
      at,
      look: plan.look,
      promise: plan.thresholds?.promise ?? 'all-calls',
      n: choice.n,
      answered: choice.answered,
      errors: choice.errors,
      threshold: choice.threshold,
      upperBound: choice.upperBound,
      epsilon: settings.epsilon,
      delta: settings.delta,
      spentDelta: plan.delta,
      ...toleranceOf(this.#parts.shape()),
      source: plan.source,
    };
    this.#serving = { student: trial.student, certificate };
    this.#suspendedFor = null;
    this.#servedShare = share;
    this.#watch = this.#newWatch();
    this.#parts.onEvent({
      at,
      what: 'certified',
      detail: `look ${plan.look}: ${choice.errors} of ${choice.n} different, ${Math.round(share * 100)} % answered`,
    });
    this.#parts.onCertificate(this.#serving);
  }

  #suspend(suspicion: Suspicion, at: number): void {
    if (this.#serving === null) return;
    const before = this.students;
    this.#serving = null;
    this.#servedShare = 0;
    this.#trial = null;
    for (const student of before) this.#release(student);
    this.#suspendedFor = suspicion;
    this.#era++;
    this.#callsInEra = 0;
    this.#nextTraining = FIRST_TRAINING_ROWS;
    this.#watch = this.#newWatch();
    this.#parts.onEvent({
      at,
      what: suspicion,
      detail: 'the student is back in the shadow until it is certified again',
    });
  }

  /** Nobody will ask a student again that neither serves nor is on trial. */
  #release({ id }: Student): void {
    if (!this.students.some((held) => held.id === id)) this.#parts.shelf?.drop(id);
  }

  #newWatch(): Watch {
    const { epsilon, delta } = this.#parts.settings;
    this.#newLabels.clear();
    return new Watch({ epsilon, delta, unseenShare: this.#parts.rows.unseenShare() });
  }

  #trainWhenDue(at: number): void {
    if (this.#trial !== null || this.#training !== null || this.#parts.mayTrain?.() === false) return;
    if (this.#rowsInEra() < this.#nextTraining) return;
    this.#nextTraining = Math.ceil(this.#rowsInEra() * TRAINING_GROWTH[this.#kind]);
    this.#training = this.#train(at)
      .catch((error: unknown) => this.#parts.onEvent({ at, what: 'training-failed', detail: String(error) }))
      .finally(() => {
        this.#training = null;
      });
  }

  async #train(at: number): Promise<void> {
    const { rows, version, slots, trainer, vectors, settings } = this.#parts;
    const era = this.#era;
    const kind = this.#kind;
    const lesson = lessonFor({
      calls: rows.all(),
      version,
      era,
      slots,
      earlierWeight: 1,
      isClosedSet: kind === 'label',
    });
    if (new Set(lesson.rows.map((row) => row.label)).size < 2) return;
    const taught = (await vectors?.ofRows(lesson.rows)) ?? { rows: lesson.rows, encoder: null };
    const outcome = await trainer.train({
      kind,
      ...toleranceOf(this.#parts.shape()),
      ...taught,
      seed: settings.seed + this.#looks,
      head: 'linear',
    });
    if (era !== this.#era || this.#trial !== null) return;
    this.#hasTrained = true;
    this.#planTrial(outcome, lesson.calls, at);
  }

  #planTrial(outcome: TrainingOutcome, calls: readonly LabelledCall[], at: number): void {
    const { epsilon, delta: promised, promise = 'all-calls' } = this.#parts.settings;
    const look = this.#looks + 1;
    const delta = deltaOfLook(promised, look);
    const question = {
      outcomes: foreseen(outcome, calls, { version: this.#parts.version, era: this.#era, isSame: this.#isSame }),
      epsilon,
      promise,
      spanCalls: (this.callsPerDay ?? 0) * WINDOW_DAYS,
      servedShare: this.#servedShare,
    };
    const plan = planWindow({ ...question, delta, horizon: expectedHorizon(this.#callsSeen) });
    if (plan === null || plan.expectedSaving < this.#priceOfLook(question, look)) return;
    this.#looks = look;
    const student = this.#parts.shelf?.add(outcome.student) ?? outcome.student;
    this.#parts.onCandidate(student, { calls, weighedDownRows: outcome.report.rowWeights.weighedDown });
    const source = this.#serving === null ? 'shadow' : 'window';
    const scores = question.outcomes.map(({ score }) => score);
    const thresholds = planPromise(promise, scores, { n: plan.n, epsilon, delta });
    this.#trial = new Trial(
      student,
      { look, n: plan.n, share: this.#sampleShare(plan.n), epsilon, delta, source, startedAt: at, thresholds },
      this.#isSame,
      calls.map((call) => call.slots),
    );
  }

  /**
   * What spending this look now takes from the next one: its window, planned for a longer future, would have to do with
   * a smaller δ. A window that does not save even that is left for a better student to come.
   */
  #priceOfLook(question: Omit<WindowQuestion, 'delta' | 'horizon'>, look: number): number {
    const horizon = LONG_RUN * this.#callsSeen;
    const saving = (k: number): number =>
      planWindow({ ...question, delta: deltaOfLook(this.#parts.settings.delta, k), horizon })?.expectedSaving ?? 0;
    return saving(look) - saving(look + 1);
  }

  /** So that n calls are collected over whole days, never in a burst of minutes; all calls where those days bring fewer. */
  #sampleShare(n: number): number {
    const perDay = this.callsPerDay;
    return perDay === null ? 1 : Math.min(1, n / (perDay * WINDOW_DAYS));
  }
}

/** What the fresh student would have said about the calls of this era that it did not see. */
function foreseen(
  outcome: TrainingOutcome,
  calls: readonly LabelledCall[],
  { version, era, isSame }: { readonly version: string; readonly era: number; readonly isSame: IsSame },
): readonly ForeseenOutcome[] {
  return calls.flatMap((call, index) => {
    const guess = outcome.outOfFold[index];
    if (guess === undefined || call.version !== version || call.era !== era) return [];
    const different = call.label === null || !isSame(guess.label, call.label);
    return [{ score: guess.score, different, weight: call.weight }];
  });
}
