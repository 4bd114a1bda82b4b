import type { JsonObject } from '../records/call.ts';
import type { PrivateCall } from './call-privacy.ts';
import type { Decision } from './engine.ts';

/** What came of a call, told when its answer is on its way. */
export interface Outcome {
  readonly asked: PrivateCall;
  readonly decision: Decision;
  readonly status: number;
  readonly response: JsonObject;
  readonly latencyMs: number;
  /** Whether a fallback model answered in the place of the one asked for. */
  readonly isStandIn: boolean;
}
