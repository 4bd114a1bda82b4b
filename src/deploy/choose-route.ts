import type { RouteReason, Stage } from '../records/route.ts';

/** Everything that decides who answers a call of a known task. */
export interface RouteQuestion {
  readonly stage: Stage;
  /** What forbids a student for this request; null where nothing does. */
  readonly obstacle: RouteReason | null;
  /** Why nothing serves this version now; null where a certified student does. */
  readonly waitingFor: RouteReason | null;
  readonly score: number;
  readonly threshold: number;
  /** Whether the label it would answer is one the application knows. */
  readonly labelKnown: boolean;
  readonly repeated: boolean;
  readonly inWindow: boolean;
  readonly inSpotCheck: boolean;
  readonly outsideCanary: boolean;
}

export interface RouteChoice {
  readonly answeredBy: 'student' | 'teacher';
  readonly reason: RouteReason;
}

/** Who answers this call, and why. Pure: the coins are tossed by the caller, so a test can choose how they fall. */
export function chooseRoute(question: RouteQuestion): RouteChoice {
  if (question.obstacle !== null) return teacher(question.obstacle);
  if (question.stage === 'off') return teacher('stage-off');
  if (question.waitingFor !== null) return teacher(question.waitingFor);
  if (question.stage === 'shadow') return teacher('stage-shadow');
  if (!(question.score >= question.threshold) || !question.labelKnown) return teacher('not-confident');
  if (question.outsideCanary) return teacher('outside-canary');
  if (question.repeated) return teacher('repeat-of-recent-call');
  if (question.inWindow) return teacher('window');
  if (question.inSpotCheck) return teacher('spot-check');
  return { answeredBy: 'student', reason: 'confident' };
}

function teacher(reason: RouteReason): RouteChoice {
  return { answeredBy: 'teacher', reason };
}
