import type { Decision, Engine, IncomingCall, TaskStatus } from '../src/gateway/engine.ts';
import type { Call } from '../src/records/call.ts';
import type { Route } from '../src/records/route.ts';

export interface Observation {
  readonly call: Call;
  readonly decision: Decision;
}

export interface ScriptedEngine extends Engine {
  readonly asked: readonly IncomingCall[];
  readonly observed: readonly Observation[];
  readonly stages: readonly string[];
  /** Resolves with what was observed once there are so many observations. */
  seen(count: number): Promise<readonly Observation[]>;
}

/** An engine whose every decision a test has written: a student's answer, or null for the teacher. */
export function scriptedEngine(
  answer: (call: IncomingCall) => string | null = () => null,
  change: Partial<Decision> & { readonly status?: readonly TaskStatus[] } = {},
): ScriptedEngine {
  const asked: IncomingCall[] = [];
  const observed: Observation[] = [];
  const stages: string[] = [];
  let notify = () => {};
  return {
    asked,
    observed,
    stages,
    decide(call) {
      asked.push(call);
      return { ...decisionOf(call, call.forceTeacher ? null : answer(call)), ...change };
    },
    observe(call, decision) {
      observed.push({ call, decision });
      notify();
    },
    setStage: (task, stage) => void stages.push(`${task ?? '*'} ${stage}`),
    status: () => change.status ?? [],
    close: async () => {},
    async seen(count) {
      while (observed.length < count)
        await new Promise<void>((resolve) => {
          notify = resolve;
        });
      return observed;
    },
  };
}

function decisionOf(call: IncomingCall, answer: string | null): Decision {
  const isStudent = answer !== null;
  const route: Route = {
    callId: call.id,
    answeredBy: isStudent ? 'student' : 'teacher',
    reason: isStudent ? 'confident' : call.forceTeacher ? 'forced-teacher' : 'not-confident',
    task: 'task_1',
    version: 'version_1',
    student: isStudent ? 'student_1' : null,
    studentLabel: answer,
    score: isStudent ? 0.98765 : 0.4,
    certificate: isStudent ? 'certificate_1' : null,
  };
  return {
    route,
    match: { task: 'task_1', version: 'version_1', slots: ['x'] },
    taskName: 'intent',
    answer: answer === null ? null : { kind: 'text', text: answer },
    usage: isStudent ? { inputTokens: 12, outputTokens: 3, cachedInputTokens: null } : null,
    responseModel: 'gpt-4o-mini-2024-07-18',
  };
}
