import { TaskFinder } from '../src/discover/task-finder.ts';
import type { Decision } from '../src/gateway/engine.ts';
import { type EngineEvent, type EngineState, LiveEngine, type LiveEngineOptions } from '../src/gateway/live-engine.ts';
import { readStudent, type Student } from '../src/learn/student.ts';
import type { Call } from '../src/records/call.ts';
import { seededRandom } from '../src/records/random.ts';
import type { Route } from '../src/records/route.ts';
import { inProcessTrainer } from './keyword-stream.ts';

/** An engine with all that it told. */
export interface RunningEngine {
  readonly engine: LiveEngine;
  readonly events: EngineEvent[];
  readonly failures: unknown[];
  /** Students by id, as bytes: what an installation would have stored. */
  readonly students: Map<string, Uint8Array>;
  /** Calls with who answered them, in order. */
  readonly stored: { readonly call: Call; readonly route: Route | null }[];
}

export function startEngine(change: Partial<LiveEngineOptions> = {}): RunningEngine {
  const running: Omit<RunningEngine, 'engine'> = { events: [], failures: [], students: new Map(), stored: [] };
  const engine = new LiveEngine({
    settings: { epsilon: 0.1, delta: 0.05, spotChecks: { share: 0.1, perDay: 1000 }, seed: 1 },
    stage: 'auto',
    trainer: inProcessTrainer,
    randomFor: () => seededRandom(1),
    onCandidate: ({ student }) => running.students.set(student.id, student.toBytes()),
    onEvent: (event) => running.events.push(event),
    onFailure: (error) => running.failures.push(error),
    ...change,
  });
  return { ...running, engine };
}

/** Sends calls down the live path, every training waited for. */
export async function follow(
  running: RunningEngine,
  calls: readonly Call[],
  { forceTeacher = false, isPatient = false }: { readonly forceTeacher?: boolean; readonly isPatient?: boolean } = {},
): Promise<readonly Decision[]> {
  const { engine, stored } = running;
  const decisions: Decision[] = [];
  for (const call of calls) {
    const incoming = { ...call, forceTeacher };
    const decision = engine.decide(incoming, await engine.prepare(incoming, { isPatient }));
    decisions.push(decision);
    engine.observe(call, decision);
    stored.push({ call, route: decision.route });
    for (const task of engine.finder.tasks()) await engine.settled(task.id);
  }
  return decisions;
}

/** Another process opens what this one kept: everything travels as JSON and bytes. */
export async function restart(
  before: RunningEngine,
  change: Partial<LiveEngineOptions> = {},
  open: (bytes: Uint8Array) => Student = readStudent,
): Promise<RunningEngine> {
  const state = JSON.parse(JSON.stringify(before.engine)) as EngineState;
  const after = startEngine({ finder: TaskFinder.from(state.finder), ...change });
  const ofTask = async (task: string) =>
    before.stored.filter(({ call }) => after.engine.taskOf(call) === task).map(({ call, route }) => ({ call, route }));
  await after.engine.resume(state, ofTask, (id) => {
    const bytes = before.students.get(id);
    return bytes === undefined ? null : open(bytes);
  });
  for (const [id, bytes] of before.students) after.students.set(id, bytes);
  after.stored.push(...before.stored);
  return after;
}
