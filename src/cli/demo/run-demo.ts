import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createGateway } from '../../gateway/gateway.ts';
import { type ReplayResult, replay } from '../../gateway/replay.ts';
import type { Assignment } from '../../gateway/replay-books.ts';
import type { ReplayReport } from '../../gateway/replay-report.ts';
import { createRecordedProvider } from '../../providers/recorded/recorded-provider.ts';
import type { Call, ChatRequest } from '../../records/call.ts';
import { completeSettings } from '../../settings.ts';
import { openStore } from '../../storage/open-store.ts';
import type { Trainer } from '../../train/trainer.ts';
import type { Progress } from '../progress.ts';
import { type Asking, askGateway } from './ask-gateway.ts';
import { importTraffic, readSources } from './demo-traffic.ts';
import { rememberStudents } from './remember-students.ts';
import { type TaskStory, tellStories } from './task-story.ts';

export interface DemoOptions {
  readonly epsilon: number;
  readonly delta: number;
  readonly seed: number;
  /** Calls of the bundled log at most. */
  readonly most: number;
  /** The caller closes it. */
  readonly trainer: Trainer;
  readonly signal: AbortSignal;
  readonly progress: (label: string) => Progress;
}

/** Everything that the demo shows. */
export interface DemoReport {
  readonly epsilon: number;
  readonly delta: number;
  readonly replay: ReplayReport;
  readonly tasks: readonly TaskStory[];
  /** Calls that the replay gave to no task. */
  readonly callsWithoutTask: number;
  readonly client: Asking['client'];
  readonly requests: Asking['requests'];
  readonly seconds: number;
}

/** The whole loop on the bundled log: import, replay, measure, then a gateway that answers three requests. Keeps nothing. */
export async function runDemo(options: DemoOptions): Promise<DemoReport> {
  const startedAt = performance.now();
  const store = await openStore(':memory:');
  const trainer = rememberStudents(options.trainer);
  try {
    const calls = await importTraffic(store, { ...options, now: Date.now() });
    const assignments = new Map<string, Assignment>();
    const result = await replay(withProgress(calls, options.progress('replaying')), {
      epsilon: options.epsilon,
      delta: options.delta,
      spotChecks: completeSettings().spotChecks,
      seed: options.seed,
      trainer,
      signal: options.signal,
      onAssignment: (assignment) => assignments.set(assignment.id, assignment),
    });
    const tasks = tellStories({ result, calls, assignments, students: trainer.students, sources: readSources() });
    const asking = await serveRequests(result, calls, chooseRequests(calls, assignments, tasks, result.report));
    return {
      epsilon: options.epsilon,
      delta: options.delta,
      replay: result.report,
      tasks,
      callsWithoutTask: calls.filter(({ id }) => !tasks.some((task) => task.id === assignments.get(id)?.task)).length,
      ...asking,
      seconds: (performance.now() - startedAt) / 1000,
    };
  } finally {
    await store.close();
  }
}

function* withProgress(calls: readonly Call[], progress: Progress): Generator<Call> {
  try {
    for (const [done, call] of calls.entries()) {
      progress.update(done, calls.length);
      yield call;
    }
  } finally {
    progress.end();
  }
}

/** A call that a student took, one that it passed on in the task with the largest bill, and one that belongs to no task. */
function chooseRequests(
  calls: readonly Call[],
  assignments: ReadonlyMap<string, Assignment>,
  tasks: readonly TaskStory[],
  report: ReplayReport,
): readonly ChatRequest[] {
  const late = calls
    .slice(-Math.ceil(calls.length / 3))
    .map((call) => ({ call, assignment: assignments.get(call.id) }));
  const find = (isWanted: (assignment: Assignment) => boolean) =>
    late.find(({ assignment }) => assignment !== undefined && isWanted(assignment));
  const busiest = busiestStudent(assignments, calls);
  const surest = late
    .filter(({ assignment }) => assignment?.reason === 'confident' && assignment.task === busiest)
    .sort((a, b) => (b.assignment?.score ?? 0) - (a.assignment?.score ?? 0))[0];
  const [largest] = tasks;
  // The student that passed these on is the one that is asked below: one certified since would answer some of them.
  const passedOn = late.find(
    ({ call, assignment }) =>
      assignment?.reason === 'not-confident' &&
      assignment.task === largest?.id &&
      call.at > lastCertifiedAt(report, largest),
  );
  const chosen = [
    surest,
    passedOn ?? find(({ task }) => task === largest?.id),
    find(({ task }) => !tasks.some(({ id }) => id === task)),
  ];
  const others = late.filter((entry) => !chosen.includes(entry));
  return chosen.flatMap((entry) => (entry ?? others.shift())?.call.request ?? []);
}

/** Milliseconds since 1970; 0 where nothing was certified. */
function lastCertifiedAt({ tasks }: ReplayReport, { id }: TaskStory): number {
  const certificates = tasks.find((task) => task.id === id)?.certificates ?? [];
  return Math.max(0, ...certificates.map(({ at }) => Date.parse(at)));
}

/** The task whose student answered most of the last calls: no window is open there. */
function busiestStudent(assignments: ReadonlyMap<string, Assignment>, calls: readonly Call[]): string | null {
  const answered = new Map<string | null, number>();
  for (const { id } of calls.slice(-300)) {
    const assignment = assignments.get(id);
    if (assignment?.answeredBy === 'student') answered.set(assignment.task, (answered.get(assignment.task) ?? 0) + 1);
  }
  return [...answered].sort((a, b) => b[1] - a[1])[0]?.[0] ?? null;
}

/** Starts a gateway with the engine as the replay left it and the log as its upstream, one hour after the log's last call. */
async function serveRequests(
  { engine }: ReplayResult,
  calls: readonly Call[],
  requests: readonly ChatRequest[],
): Promise<Asking> {
  const provider = await createRecordedProvider(calls, 'the recorded log');
  const lastAt = calls.at(-1)?.at ?? 0;
  const startedAt = Date.now();
  const gateway = createGateway({
    engine,
    provider,
    settings: completeSettings(),
    now: () => lastAt + 3_600_000 + (Date.now() - startedAt),
  });
  const server = createServer(gateway.handle);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  try {
    return await askGateway(`http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`, requests);
  } finally {
    await gateway.drain();
    server.closeAllConnections();
    server.close();
    await provider.close();
  }
}
