import type { JsonObject } from '../records/call.ts';
import type { Decision, IncomingCall } from './engine.ts';

/** What came of a call, told when its answer is on its way. */
export interface Outcome {
  readonly call: IncomingCall;
  readonly decision: Decision;
  readonly status: number;
  readonly response: JsonObject;
  readonly latencyMs: number;
}
