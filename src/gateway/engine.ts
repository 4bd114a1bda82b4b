import type { InputVector } from '../encoder/input-vector.ts';
import type { GivenAnswer } from '../records/answer.ts';
import type { Call, ChatRequest, Usage } from '../records/call.ts';
import type { Certificate } from '../records/certificate.ts';
import type { Route, RouteReason, Stage } from '../records/route.ts';
import type { Task, TaskMatch } from '../records/task.ts';

/** A request before anybody answered it. */
export interface IncomingCall {
  readonly id: string;
  /** Milliseconds since 1970, UTC. */
  readonly at: number;
  readonly tenant: string;
  readonly request: ChatRequest;
  /** The task's name, where the application gave one. */
  readonly task: string | null;
  /** The caller forbids students for this call. */
  readonly forceTeacher: boolean;
  readonly tags: Readonly<Record<string, string>>;
  /** Reference of the application's user (`storage/user-reference.ts`); null or absent where none is named. */
  readonly user?: string | null;
}

/** Who answers, why, and with what. */
export interface Decision {
  readonly route: Route;
  readonly match: TaskMatch | null;
  readonly taskName: string | null;
  /** The student's whole answer, as the application is used to it; null where the teacher answers. */
  readonly answer: GivenAnswer | null;
  /** Estimated from the teacher's recorded usage on this template; null where nothing is recorded. */
  readonly usage: Usage | null;
  /** Estimated like `usage`: the model name that the upstream writes into its responses. */
  readonly responseModel: string | null;
}

/** What is known of one task right now. Everything a status page needs. */
export interface TaskStatus {
  readonly task: Task;
  readonly stage: Stage;
  /** Whether the stage moves by itself. */
  readonly auto: boolean;
  readonly calls: number;
  readonly teacherCalls: number;
  readonly certificate: Certificate | null;
  readonly spotChecks: { readonly calls: number; readonly different: number };
  /** The reason for which nothing is answered locally; null while something is. */
  readonly waitingFor: RouteReason | null;
  /** In people's words: "69 more calls needed; expected in 2 days at this volume". */
  readonly outlook: string;
}

/** Calls that are erased, and what is left of their tasks. */
export interface ForgottenCalls {
  readonly ids: ReadonlySet<string>;
  /** The tasks that had such calls: the ids of their versions without any call left, or `all` where the task has none. */
  readonly tasks: ReadonlyMap<string, ReadonlySet<string> | 'all'>;
  /** The calls of a task that are left. */
  callsOf(task: string): AsyncIterable<Call>;
}

/** Calls that retention has deleted: of all tasks, of one, or of one tenant's. */
export interface ForgottenPast {
  /** Milliseconds since 1970; calls from then on are left. */
  readonly before: number;
  readonly task?: string | undefined;
  readonly tenant?: string | undefined;
  /** The calls of a task that are left. */
  callsOf(task: string): AsyncIterable<Call>;
}

/** The live loop of all tasks: decides, then learns from what was answered. One instance serves the gateway, another a replay. */
export interface Engine {
  /**
   * What takes time before `decide`: the vector that the call's student needs. Null at once where none is needed or none
   * can be had; resolves to null where it did not come in time. Never rejects.
   */
  prepare?(call: IncomingCall): Promise<InputVector | null> | null;
  /** Who answers this call; `input` is what `prepare` gave. Synchronous and never throws: whatever goes wrong, the teacher answers. */
  decide(call: IncomingCall, input?: InputVector | null): Decision;
  /** The answer is on its way; learn from it. Never throws. */
  observe(call: Call, decision: Decision): void;
  /** Forgets calls that are to be erased, and all that only they had taught; students stay as they are. Absent where nothing is learned. */
  forgetCalls?(forgotten: ForgottenCalls): Promise<void>;
  /** Forgets calls that retention has deleted. Absent where nothing is learned. */
  forgetOlder?(forgotten: ForgottenPast): Promise<void>;
  /** How far students are let; `task` null means all tasks (the kill switch with `off`). */
  setStage(task: string | null, stage: Stage | 'auto'): void;
  status(): readonly TaskStatus[];
  /** Resolves when everything learned so far is stored. */
  close(): Promise<void>;
}
