import { keptStageOf } from '../gateway/kept-stages.ts';
import type { Stage } from '../records/route.ts';
import type { StatusDocument, TaskLine } from '../server/status-document.ts';
import type { Store } from '../storage/store.ts';

/** What can be said of the tasks while no server runs: what was found, kept and certified. */
export async function storedStatus(store: Store, defaultStage: Stage | 'auto'): Promise<StatusDocument> {
  const tasks: TaskLine[] = [];
  for (const task of await store.tasks.list()) {
    const stage = (await keptStageOf(store.state, task.id)) ?? defaultStage;
    const [certificate = null] = await store.certificates.list({ task: task.id });
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
      certificate,
      spotChecks: null,
      waitingFor: null,
      outlook: 'Start the server to let students answer: `rightsize start`.',
    });
  }
  return { server: null, tasks };
}
