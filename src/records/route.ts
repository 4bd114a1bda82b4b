/** How far a student is let. `auto` is not a stage: it is the permission to move between them. */
export type Stage = 'off' | 'shadow' | 'canary' | 'live';

/** Why a call was answered by whom. Stored with the call, shown everywhere. */
export type RouteReason =
  | 'confident'
  | 'not-confident'
  | 'no-task'
  | 'group'
  | 'shape-not-learnable'
  | 'stage-off'
  | 'stage-shadow'
  | 'outside-canary'
  | 'no-student'
  | 'no-certificate'
  | 'spot-check'
  | 'window'
  | 'forced-teacher'
  | 'prompt-changed'
  | 'teacher-changed'
  | 'new-label'
  | 'alarm'
  | 'repeat-of-recent-call'
  | 'unsupported-tools'
  | 'unsupported-n'
  | 'unsupported-logprobs'
  | 'unsupported-content'
  | 'unsupported-response-format'
  | 'unsupported-parameter'
  | 'input-too-long'
  | 'encoder-missing'
  | 'student-loading'
  | 'student-failed'
  | 'content-withheld'
  | 'kill-switch';

export interface Route {
  readonly callId: string;
  readonly answeredBy: 'student' | 'teacher';
  readonly reason: RouteReason;
  readonly task: string | null;
  readonly version: string | null;
  readonly student: string | null;
  /** What the student would have said, canonical; null where none was asked. */
  readonly studentLabel: string | null;
  readonly score: number | null;
  readonly certificate: string | null;
}
