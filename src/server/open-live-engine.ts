import { LiveEngine } from '../gateway/live-engine.ts';
import type { Serving } from '../gateway/task-track.ts';
import { seededRandom } from '../records/random.ts';
import type { TaskMatch } from '../records/task.ts';
import type { Settings } from '../settings.ts';
import type { Store } from '../storage/store.ts';
import { WorkerTrainer } from '../train/worker-trainer.ts';
import type { EngineOpener } from './installation.ts';

/** The live loop over what a store keeps: what it finds, trains and certifies is stored behind its back. */
export const openLiveEngine: EngineOpener = async ({ store, settings, log }) => {
  const storing = (what: string, work: Promise<unknown>) =>
    void work.catch((err: unknown) => log.error({ err }, `${what} could not be stored`));
  const engine: LiveEngine = new LiveEngine({
    settings: { ...settings.promise, spotChecks: settings.spotChecks, seed: settings.seed },
    stage: settings.stage,
    trainer: new WorkerTrainer(),
    randomFor: (task) => seededRandom(seedOf(settings, task)),
    onCertificate: (serving) => storing('a certificate', keepServing(store, serving)),
    onEvent: (event) => log.info(event, 'the live loop'),
    onAssignments: (assignments) => storing('tasks', keepAssignments(store, engine, assignments)),
  });
  return engine;
};

/** FNV-1a: coins that differ from task to task and stay from start to start. */
function seedOf({ seed }: Settings, task: string): number {
  let hash = seed >>> 0;
  for (const character of task) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 16_777_619);
  return hash >>> 0;
}

async function keepServing(store: Store, { student, certificate }: Serving): Promise<void> {
  const { task, version, at } = certificate;
  await store.students.put({ id: student.id, task, version, createdAt: at, details: {}, bytes: student.toBytes() });
  await store.certificates.append(certificate);
}

async function keepAssignments(
  store: Store,
  engine: LiveEngine,
  assignments: ReadonlyMap<string, TaskMatch>,
): Promise<void> {
  const found = new Set([...assignments.values()].map(({ task }) => task));
  await store.tasks.put([...found].flatMap((id) => engine.finder.task(id) ?? []));
  await store.calls.assign(new Map([...assignments].map(([id, { task, version }]) => [id, { task, version }])));
}
