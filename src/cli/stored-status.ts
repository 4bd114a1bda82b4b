import { keptStageOf } from '../gateway/kept-stages.ts';
import type { EngineState } from '../gateway/live-engine.ts';
import type { Certificate } from '../records/certificate.ts';
import type { Stage } from '../records/route.ts';
import { engineKey } from '../server/open-live-engine.ts';
import type { StatusDocument, TaskLine } from '../server/status-document.ts';
import type { Store } from '../storage/store.ts';

/** What can be said of the tasks while no server runs: what was found, kept and certified. */
export async function storedStatus(store: Store, defaultStage: Stage | 'auto'): Promise<StatusDocument> {
  const tasks: TaskLine[] = [];
  const served = await servedCertificates(store);
  const erased = new Map((await store.students.list()).map(({ id, erasedRows = 0 }) => [id, erasedRows]));
  for (const task of await store.tasks.list()) {
    const stage = (await keptStageOf(store.state, task.id)) ?? defaultStage;
    const calls = await store.calls.count({ task: task.id });
    tasks.push({
      id: task.id,
      name: task.name,
      tenant: task.tenant,
      kind: task.kind,
      shape: task.shape.kind,
      stage: stage === 'auto' ? 'live' : stage,
      auto: stage === 'auto',
      calls,
      teacherCalls: null,
      avoidedShare: null,
      certificate: served.get(task.id) ?? null,
      spotChecks: null,
      erasedRows: erased.get(served.get(task.id)?.student ?? '') ?? 0,
      waitingFor: null,
      outlook: served.has(task.id)
        ? 'certified when the server stopped; `rightsize start` lets it go on'
        : 'nothing certified by the live loop; it learns while `rightsize start` runs',
    });
  }
  return { server: null, tasks };
}

/** What the live loop would let answer, by task. Certificates of `train` are not among them: they answer `predict` alone. */
async function servedCertificates(store: Store): Promise<ReadonlyMap<string, Certificate>> {
  const state = (await store.state.get(engineKey)) as EngineState | undefined;
  const served = new Map<string, Certificate>();
  for (const { task, newestVersion, tracks } of state?.runners ?? []) {
    const certificate = tracks.find(({ version }) => version === newestVersion)?.serving;
    if (certificate) served.set(task, certificate);
  }
  return served;
}
