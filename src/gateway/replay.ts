import { canonicalGold } from '../curate/canonical-gold.ts';
import { costOfResponse } from '../economics/cost-of-call.ts';
import { addCost, type CostSum, nothingSpent } from '../economics/ledger.ts';
import { readAnswer } from '../records/answer.ts';
import type { Call } from '../records/call.ts';
import { isLabelShape, labelOf } from '../records/output-shape.ts';
import { seededRandom } from '../records/random.ts';
import type { RouteReason } from '../records/route.ts';
import type { Trainer } from '../train/trainer.ts';
import type { Decision } from './engine.ts';
import { type EngineEvent, LiveEngine } from './live-engine.ts';
import {
  type CertificateReport,
  type Purpose,
  purposes,
  type ReplayReport,
  Tally,
  type TaskReport,
} from './replay-report.ts';
import { TaskLanes } from './task-lanes.ts';
import type { Serving } from './task-track.ts';

export interface ReplayOptions {
  readonly epsilon: number;
  readonly delta: number;
  readonly spotChecks: { readonly share: number; readonly perDay: number };
  readonly seed: number;
  readonly trainer: Trainer;
  /** Called once a call, in the order of the log. */
  readonly onAssignment?: (assignment: Assignment) => void;
  readonly onEvent?: (event: EngineEvent) => void;
  readonly signal?: AbortSignal;
}

/** Who would have answered a call, and with what; enough to recompute every figure. */
export interface Assignment {
  readonly id: string;
  readonly task: string | null;
  readonly answeredBy: 'student' | 'teacher';
  /** What the application would have got: text, the tool calls, or null where the recorded request failed. */
  readonly answer: unknown;
  readonly score: number | null;
  readonly reason: RouteReason;
}

export interface ReplayResult {
  readonly report: ReplayReport;
  /** The engine as the replay left it: its tasks, students and certificates. */
  readonly engine: LiveEngine;
}

/** Calls that may wait for trainings before the log is read on. */
const MOST_WAITING = 20_000;
const YIELD_EVERY = 64;

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
  const engine = new LiveEngine({
    settings: { epsilon: options.epsilon, delta: options.delta, spotChecks: options.spotChecks, seed: options.seed },
    stage: 'auto',
    trainer: options.trainer,
    randomFor: (task) => seededRandom(options.seed ^ hashOf(task)),
    minesByItself: false,
    onCertificate: (serving) => books.certified(serving),
    onEvent: (event) => books.changed(event),
    onFailure: (error) => {
      throw error;
    },
  });
  const lanes = new TaskLanes<Call>((call) => books.follow(engine, call));
  let read = 0;
  for await (const call of calls) {
    options.signal?.throwIfAborted();
    books.expect(call);
    const task = engine.taskOf(call);
    lanes.push(task, call, (id) => engine.settled(id));
    if (engine.isMiningDue) {
      await lanes.drained();
      engine.mine(call.at);
    }
    if (lanes.waiting > MOST_WAITING) await lanes.drained();
    // Lets the trainers' messages in.
    if (++read % YIELD_EVERY === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  await lanes.drained();
  return { report: books.report(engine, (performance.now() - startedAt) / 1000), engine };
}

/** FNV-1a of a task's id, so that each task has coins of its own. */
function hashOf(text: string): number {
  let hash = 2166136261;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 16777619);
  return hash;
}

interface Mutable {
  calls: number;
  answered: number;
  different: number;
}

/** Keeps the figures of a replay while it runs. */
class ReplayBooks {
  readonly #options: ReplayOptions;
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
  /** Calls in the order of the log whose assignment is still to be told. */
  readonly #order: { readonly id: string; assignment: Assignment | null }[] = [];
  readonly #open = new Map<string, { assignment: Assignment | null }>();

  constructor(options: ReplayOptions) {
    this.#options = options;
  }

  /** A call has been read; its assignment is told in this order. */
  expect(call: Call): void {
    if (this.#options.onAssignment === undefined) return;
    const place = { id: call.id, assignment: null };
    this.#order.push(place);
    this.#open.set(call.id, place);
  }

  /** Sends one call down the live path. */
  follow(engine: LiveEngine, call: Call): void {
    const decision = engine.decide({
      id: call.id,
      at: call.at,
      tenant: call.tenant,
      request: call.request,
      task: call.task,
      forceTeacher: false,
      tags: call.tags,
    });
    this.#count(engine, call, decision);
    engine.observe(call, decision);
    this.#assign(call, decision);
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
    const { epsilon, delta } = this.#options;
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
          epsilon,
          delta,
          disagreementShare: tally.calls === 0 ? 0 : tally.different / tally.calls,
          certificates: this.#certificatesOf(task.id),
          changes: this.#changes.get(task.id) ?? [],
          outlook,
        };
      });
    const spent = Object.fromEntries(
      purposes.map((purpose) => [purpose, purpose === 'training' ? 0 : this.#spent[purpose].usd]),
    ) as Record<Purpose, number | null>;
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
    const form = task !== null && isLabelShape(task.shape) ? task.shape.form : null;
    const answer = readAnswer(call.response, call.status);
    const recorded = form === null ? null : labelOf(form, answer);
    // A failed request is no call of the task: it is in the totals only, and there is nothing to agree with.
    const isFailed = answer.kind === 'none' && answer.why === 'error';
    const isDifferent = byStudent && !isFailed && route.studentLabel !== recorded;
    const tally = route.task === null || isFailed ? null : this.#tallyOf(route.task);
    this.#all.add({ byStudent, isDifferent });
    tally?.add({ byStudent, isDifferent });
    const gold = call.gold === null || form === null ? null : canonicalGold(call.gold, form);
    if (gold !== null)
      for (const to of [this.#all, tally])
        to?.addGold({ gold, given: byStudent ? route.studentLabel : recorded, teacher: recorded });
    if (!isFailed) this.#countServed(decision, isDifferent);
    this.#countCost(call, decision);
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

  #assign(call: Call, decision: Decision): void {
    const place = this.#open.get(call.id);
    if (place === undefined) return;
    this.#open.delete(call.id);
    const { route } = decision;
    place.assignment = {
      id: call.id,
      task: route.task,
      answeredBy: route.answeredBy,
      answer: route.answeredBy === 'student' ? decision.answer : recordedAnswer(call),
      score: route.score,
      reason: route.reason,
    };
    let told = 0;
    for (; told < this.#order.length; told++) {
      const assignment = this.#order[told]?.assignment;
      if (assignment == null) break;
      this.#options.onAssignment?.(assignment);
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
