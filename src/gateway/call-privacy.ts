import { CallRedaction } from '../capture/redaction/call-redaction.ts';
import { type Redactor, redactorsOf } from '../capture/redaction/redactor.ts';
import type { GivenAnswer } from '../records/answer.ts';
import type { Call } from '../records/call.ts';
import type { Settings } from '../settings.ts';
import { type CapturePolicy, capturePolicy, type Keeping } from './capture-policy.ts';
import type { Decision, IncomingCall } from './engine.ts';

/** A call as whoever decides and learns may see it. */
export interface PrivateCall {
  /** Redacted where its tenant wants that; the upstream gets the caller's own bytes all the same. */
  readonly call: IncomingCall;
  /** Of this call alone; null where nothing is redacted. */
  readonly redaction: CallRedaction | null;
  /** What may be kept of it as far as is known before its task is; at most figures where redaction failed. */
  readonly keeping: Keeping;
}

export interface RedactedCount {
  readonly tenant: string;
  readonly recogniser: string;
  readonly count: number;
}

/** Tenants with counts of their own; those of later ones are counted together. */
const mostTenants = 1_000;
const otherTenants = '(others)';

/** What redaction has covered since the start, and how often it failed. */
export class PrivacyCounts {
  failures = 0;
  readonly #counts = new Map<string, Map<string, number>>();

  add(tenant: string, { counts }: CallRedaction): void {
    if (counts.size === 0) return;
    const name = this.#counts.has(tenant) || this.#counts.size < mostTenants ? tenant : otherTenants;
    const ofTenant = this.#counts.get(name) ?? new Map<string, number>();
    this.#counts.set(name, ofTenant);
    for (const [recogniser, count] of counts) ofTenant.set(recogniser, (ofTenant.get(recogniser) ?? 0) + count);
  }

  list(): readonly RedactedCount[] {
    return [...this.#counts].flatMap(([tenant, counts]) =>
      [...counts].map(([recogniser, count]) => ({ tenant, recogniser, count })),
    );
  }
}

/** Decides what is kept of calls, and redacts them on the way: before tasks are looked for, so that students see the same text in training and in serving. */
export class CallPrivacy {
  readonly #policy: CapturePolicy;
  readonly #redactorOf: (tenant: string) => Redactor | null;
  readonly #counts: PrivacyCounts;
  readonly #onFailure: (call: IncomingCall) => void;

  /** Throws `invalid_setting` where a recogniser or a pattern is none. */
  constructor(settings: Settings, counts: PrivacyCounts, onFailure: (call: IncomingCall) => void = () => {}) {
    this.#policy = capturePolicy(settings.capture);
    this.#redactorOf = redactorsOf(settings.redaction);
    this.#counts = counts;
    this.#onFailure = onFailure;
  }

  /** Never throws: what cannot be redacted is kept as figures, and no student answers it. */
  prepare(call: IncomingCall): PrivateCall {
    const keeping = this.#policy(call);
    if (keeping !== 'content') return { call: { ...call, forceTeacher: true }, redaction: null, keeping };
    const redactor = this.#redactorOf(call.tenant);
    if (redactor === null) return { call, redaction: null, keeping };
    try {
      const redaction = new CallRedaction(redactor);
      return { call: redactCall(call, redaction), redaction, keeping };
    } catch {
      this.#failed(call);
      return { call: { ...call, forceTeacher: true }, redaction: null, keeping: 'figures' };
    }
  }

  /** What a student may say to the application: its answer with the call's own words in it. Null where the teacher must answer. */
  answerOf({ call, redaction }: PrivateCall, { answer, taskName }: Decision): GivenAnswer | null {
    if (answer === null || this.#policy(call, taskName) !== 'content') return null;
    return redaction === null ? answer : restore(answer, redaction);
  }

  /** What is kept of a call, now that its task is known. */
  keepingOf({ call, keeping }: PrivateCall, { taskName }: Decision): Keeping {
    const byTask = this.#policy(call, taskName);
    return byTask === 'content' ? keeping : byTask;
  }

  /** The finished call as it is kept and learned from. Never throws: where redaction fails, its figures are left. */
  finish({ redaction }: PrivateCall, call: Call, keeping: Keeping): { readonly call: Call; readonly keeping: Keeping } {
    if (keeping !== 'content') return { call: figuresOnly(call), keeping };
    if (redaction === null) return { call, keeping };
    try {
      const response = redaction.json(call.response);
      const gold = call.gold === null ? null : redaction.json(call.gold);
      this.#counts.add(call.tenant, redaction);
      return { call: { ...call, response, gold }, keeping };
    } catch {
      this.#counts.failures++;
      return { call: figuresOnly(call), keeping: 'figures' };
    }
  }

  #failed(call: IncomingCall): void {
    this.#counts.failures++;
    this.#onFailure(call);
  }
}

function redactCall(call: IncomingCall, redaction: CallRedaction): IncomingCall {
  return {
    ...call,
    // A model's name is the provider's, and what tasks and prices are found by.
    request: { ...redaction.json(call.request), model: call.request.model },
    task: call.task === null ? null : redaction.text(call.task),
    tags: redaction.json(call.tags),
  };
}

function restore(answer: GivenAnswer, redaction: CallRedaction): GivenAnswer | null {
  if (answer.kind === 'text') {
    const text = redaction.restore(answer.text);
    return text === null ? null : { ...answer, text };
  }
  const calls = answer.calls.flatMap((call) => {
    const made = redaction.restore(call.arguments);
    return made === null ? [] : [{ ...call, arguments: made }];
  });
  return calls.length < answer.calls.length ? null : { ...answer, calls };
}

/** What was asked and answered is left out; what it cost and how it ended stays. */
function figuresOnly(call: Call): Call {
  const { usage, model } = call.response;
  return {
    ...call,
    request: { model: call.request.model, messages: [] },
    response: { ...(model === undefined ? {} : { model }), ...(usage === undefined ? {} : { usage }) },
    gold: null,
    tags: {},
  };
}
