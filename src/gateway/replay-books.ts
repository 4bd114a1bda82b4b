import { canonicalGold } from '../curate/canonical-gold.ts';
import { costOfResponse } from '../economics/cost-of-call.ts';
import { addCost, type CostSum, nothingSpent } from '../economics/ledger.ts';
import type { InputVector } from '../encoder/input-vector.ts';
import { type Answer, readAnswer, saidIn } from '../records/answer.ts';
import { type Call, isJsonObject } from '../records/call.ts';
import { canonicalOf, isSameAnswer } from '../records/canonical-answer.ts';
import type { PromiseKind } from '../records/certificate.ts';
import { isLearnable, type LabelShape, type LearnableShape } from '../records/output-shape.ts';
import type { RouteReason } from '../records/route.ts';
import type { Decision, IncomingCall } from './engine.ts';
import type { EngineEvent, LiveEngine } from './live-engine.ts';
import {
  type CertificateReport,
  type Purpose,
  purposes,
  type ReplayReport,
  Tally,
  type TaskReport,
} from './replay-report.ts';
import type { Serving } from './task-track.ts';

/** Who would have answered a call, and with what; enough to recompute every figure. */
export interface Assignment {
  readonly id: string;
  /** Null for calls of no task, and for requests that failed. */
  readonly task: string | null;
  /** The certificate in force for this call, whoever answered it. */
  readonly certificate: string | null;
  readonly answeredBy: 'student' | 'teacher';
  /** What the application would have got: text, the tool calls, or null where the recorded request failed. */
  readonly answer: unknown;
  readonly score: number | null;
  readonly reason: RouteReason;
}

/** What the books need to know of a replay. */
export interface BooksOptions {
  readonly epsilon: number;
  readonly delta: number;
  /** Of which calls ε is a share; all calls unless given. */
  readonly promise?: PromiseKind;
  /** Called once a call, in the order of the log. */
  readonly onAssignment?: (assignment: Assignment) => void;
  readonly onEvent?: (event: EngineEvent) => void;
}

interface Mutable {
  calls: number;
  answered: number;
  different: number;
}

export interface Place {
  readonly call: Call;
  /** Null until the call has been down the live path. */
  decision: Decision | null;
}

/** Keeps the figures of a replay while it runs. */
export class ReplayBooks {
  readonly #options: BooksOptions;
  readonly #all = new Tally();
  readonly #tasks = new Map<string, Tally>();
  readonly #served = new Map<string, { readonly serving: Serving; readonly counts: Mutable; until: number | null }>();
  readonly #changes = new Map<string, { readonly at: string; readonly what: string }[]>();
  readonly #spent: Record<Purpose, CostSum> = {
    shadow: nothingSpent,
    windows: nothingSpent,
    escalations: nothingSpent,
    spotChecks: nothingSpent,
    training: nothingSpent,
    other: nothingSpent,
  };
  #before: CostSum = nothingSpent;
  #after: CostSum = nothingSpent;
  /** Calls in the order of the log that are still to be told. */
  readonly #order: Place[] = [];

  constructor(options: BooksOptions) {
    this.#options = options;
  }

  /** A call has been read; it is told in this order. */
  expect(call: Call): Place {
    const place: Place = { call, decision: null };
    this.#order.push(place);
    return place;
  }

  /** Sends one call down the live path; at once, unless a vector has to be waited for. */
  follow(engine: LiveEngine, place: Place): void | Promise<void> {
    const { id, at, tenant, request, task, tags } = place.call;
    const incoming = { id, at, tenant, request, task, tags, forceTeacher: false };
    const preparing = engine.prepare(incoming, { isPatient: true });
    if (preparing === null) return this.#follow(engine, place, incoming, null);
    return preparing.then((input) => this.#follow(engine, place, incoming, input));
  }

  #follow(engine: LiveEngine, place: Place, incoming: IncomingCall, input: InputVector | null): void {
    const { call } = place;
    const decision = engine.decide(incoming, input);
    this.#count(engine, call, decision);
    engine.observe(call, decision);
    place.decision = decision;
    this.#tellInOrder();
  }

  certified(serving: Serving): void {
    for (const entry of this.#served.values()) {
      const { certificate } = entry.serving;
      if (certificate.task === serving.certificate.task && certificate.version === serving.certificate.version)
        entry.until ??= serving.certificate.at;
    }
    this.#served.set(serving.certificate.id, { serving, counts: { calls: 0, answered: 0, different: 0 }, until: null });
  }

  changed(event: EngineEvent): void {
    this.#options.onEvent?.(event);
    if (event.what === 'certified' || event.what === 'not-certified' || event.what === 'training-failed') return;
    const changes = this.#changes.get(event.task) ?? [];
    changes.push({ at: isoTime(event.at), what: event.what });
    this.#changes.set(event.task, changes);
    if (event.what !== 'alarm' && event.what !== 'new-label') return;
    for (const entry of this.#served.values())
      if (entry.serving.certificate.version === event.version) entry.until ??= event.at;
  }

  report(engine: LiveEngine, seconds: number): ReplayReport {
    const { epsilon, delta, promise = 'all-calls' } = this.#options;
    const tasks = engine
      .status()
      .filter(({ task }) => task.kind === 'task')
      .map(({ task, outlook }): TaskReport => {
        const tally = this.#tasks.get(task.id) ?? new Tally();
        return {
          id: task.id,
          name: task.name,
          tenant: task.tenant,
          shape: task.shape.kind,
          calls: tally.calls,
          teacherCalls: tally.teacherCalls,
          avoidedShare: tally.avoidedShare,
          agreement: tally.agreement(delta),
          accuracy: tally.accuracy(),
          promise,
          epsilon,
          delta,
          disagreementShare: tally.calls === 0 ? 0 : tally.different / tally.calls,
          certificates: this.#certificatesOf(task.id),
          changes: this.#changes.get(task.id) ?? [],
          outlook,
        };
      });
    const spent = Object.fromEntries(purposes.map((purpose) => [purpose, dollarsOf(this.#spent[purpose])])) as Record<
      Purpose,
      number | null
    >;
    return {
      calls: this.#all.calls,
      teacherCalls: this.#all.teacherCalls,
      avoidedShare: this.#all.avoidedShare,
      agreement: this.#all.agreement(delta),
      accuracy: this.#all.accuracy(),
      costUsd: { before: this.#before.usd, after: this.#after.usd, spent, unknownCalls: this.#before.unknownCalls },
      seconds,
      tasks,
    };
  }

  #count(engine: LiveEngine, call: Call, decision: Decision): void {
    const { route } = decision;
    const byStudent = route.answeredBy === 'student';
    const task = route.task === null ? null : engine.finder.task(route.task);
    const shape = task !== null && isLearnable(task.shape) ? task.shape : null;
    const answer = readAnswer(call.response, call.status);
    const recorded = shape === null ? null : canonicalOf(shape, answer);
    // A request that failed is no call of the task: there is nothing to agree with. One that a student would have
    // answered all the same was a call avoided.
    const isFailed = hasFailed(call);
    const isDifferent = byStudent && !isFailed && !areSame(shape, route.studentLabel, recorded);
    const tally = route.task === null || (isFailed && !byStudent) ? null : this.#tallyOf(route.task);
    this.#all.add({ byStudent, isDifferent });
    tally?.add({ byStudent, isDifferent });
    if (!isFailed) this.#countGold(call, { shape, given: byStudent ? route.studentLabel : recorded, tally });
    if (!isFailed) this.#countServed(decision, isDifferent);
  }

  #countGold(
    { gold, response, status }: Call,
    {
      shape,
      given,
      tally,
    }: { readonly shape: LearnableShape | null; readonly given: string | null; readonly tally: Tally | null },
  ): void {
    if (gold === null) return;
    const answer = readAnswer(response, status);
    // Before its task is known, a call's answer tells its form itself.
    const ownShape = shape ?? (tally === null ? shapeOf(answer) : null);
    const wanted = ownShape === null ? null : canonicalGold(gold, ownShape);
    if (ownShape === null || wanted === null) return;
    const teacher = canonicalOf(ownShape, answer);
    for (const to of [this.#all, tally])
      to?.addGold({ gold: wanted, given: shape === null ? teacher : given, teacher });
  }

  #countServed({ route }: Decision, isDifferent: boolean): void {
    const served = route.certificate === null ? undefined : this.#served.get(route.certificate);
    if (served === undefined) return;
    served.counts.calls++;
    if (route.answeredBy === 'student') served.counts.answered++;
    if (isDifferent) served.counts.different++;
  }

  #countCost(call: Call, { route }: Decision): void {
    const cost = costOfResponse(call.response, call.request.model);
    this.#before = addCost(this.#before, cost);
    if (route.answeredBy === 'student') return;
    this.#after = addCost(this.#after, cost);
    const purpose = purposeOf(route.reason);
    this.#spent[purpose] = addCost(this.#spent[purpose], cost);
  }

  /** In the order of the log, so that sums of money are the same whichever lane was faster. */
  #tellInOrder(): void {
    let told = 0;
    for (const { call, decision } of this.#order) {
      if (decision === null) break;
      told++;
      this.#countCost(call, decision);
      this.#options.onAssignment?.(assignmentOf(call, decision));
    }
    if (told > 0) this.#order.splice(0, told);
  }

  #tallyOf(task: string): Tally {
    const known = this.#tasks.get(task);
    if (known !== undefined) return known;
    const fresh = new Tally();
    this.#tasks.set(task, fresh);
    return fresh;
  }

  #certificatesOf(task: string): readonly CertificateReport[] {
    return [...this.#served.values()]
      .filter(({ serving }) => serving.certificate.task === task)
      .map(({ serving: { certificate }, counts, until }) => ({
        id: certificate.id,
        at: isoTime(certificate.at),
        until: until === null ? null : isoTime(until),
        version: certificate.version,
        look: certificate.look,
        student: certificate.student,
        n: certificate.n,
        errors: certificate.errors,
        threshold: certificate.threshold,
        upperBound: certificate.upperBound,
        served: { ...counts },
      }));
  }
}

function assignmentOf(call: Call, { route, answer }: Decision): Assignment {
  return {
    id: call.id,
    task: route.answeredBy === 'teacher' && hasFailed(call) ? null : route.task,
    certificate: route.certificate,
    answeredBy: route.answeredBy,
    answer: route.answeredBy === 'student' && answer !== null ? saidIn(answer) : recordedAnswer(call),
    score: route.score,
    reason: route.reason,
  };
}

/** Nothing was paid where there was nothing to pay for; null where the cost of no call is known. Training is done here, for free. */
function dollarsOf({ usd, knownCalls, unknownCalls }: CostSum): number | null {
  return knownCalls + unknownCalls === 0 ? 0 : usd;
}

function purposeOf(reason: RouteReason): Purpose {
  switch (reason) {
    case 'window':
      return 'windows';
    case 'not-confident':
      return 'escalations';
    case 'spot-check':
      return 'spotChecks';
    case 'no-student':
    case 'no-certificate':
    case 'new-label':
    case 'alarm':
    case 'prompt-changed':
    case 'teacher-changed':
      return 'shadow';
    default:
      return 'other';
  }
}

/** The shape of a label that stands alone, or in the only field of a JSON object. */
function shapeOf(answer: Answer): LearnableShape | null {
  const form = formOf(answer);
  return form === null ? null : { kind: 'label', form, labels: [], unseenShare: 0 };
}

function areSame(shape: LearnableShape | null, given: string | null, teacher: string | null): boolean {
  return shape !== null && given !== null && teacher !== null && isSameAnswer(shape, given, teacher);
}

function formOf(answer: Answer): LabelShape['form'] | null {
  if (answer.kind !== 'text') return null;
  try {
    const value: unknown = JSON.parse(answer.text);
    if (!isJsonObject(value)) return { kind: 'plain' };
    const [[field, label] = [], ...others] = Object.entries(value);
    const type = typeof label;
    if (field !== undefined && others.length === 0 && (type === 'string' || type === 'boolean' || type === 'number'))
      return { kind: 'json', field, type };
  } catch {
    return { kind: 'plain' };
  }
  return null;
}

function hasFailed(call: Call): boolean {
  const answer = readAnswer(call.response, call.status);
  return answer.kind === 'none' && answer.why === 'error';
}

function recordedAnswer(call: Call): unknown {
  const answer = readAnswer(call.response, call.status);
  if (answer.kind === 'text') return answer.text;
  if (answer.kind === 'tool-calls') return answer.calls;
  const choices = call.response.choices;
  const [choice] = Array.isArray(choices) ? choices : [];
  return choice?.message?.content ?? null;
}

function isoTime(at: number): string {
  return new Date(at).toISOString();
}
