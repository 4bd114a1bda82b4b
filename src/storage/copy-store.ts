import type { StoredCall } from './call-store.ts';
import type { Store } from './store.ts';

const batch = 500;

/** Copies everything from one store into another, whatever their backends. The target must be empty. */
export async function copyStore(source: Store, target: Store): Promise<void> {
  let calls: StoredCall[] = [];
  for await (const stored of source.calls.scan()) {
    calls.push(stored);
    if (calls.length < batch) continue;
    await target.calls.append(calls);
    calls = [];
  }
  await target.calls.append(calls);
  const tasks = await source.tasks.list();
  await target.tasks.put(tasks);
  for (const { id } of (await source.students.list()).toReversed()) {
    const student = await source.students.get(id);
    if (student) await target.students.put(student);
  }
  for (const certificate of (await source.certificates.list()).toReversed()) {
    await target.certificates.append(certificate);
  }
  for (const { id } of tasks) await copyGold(source, target, id);
  for (const key of await source.keys.list()) await target.keys.put(key);
  await target.spending.add(await source.spending.list());
  for (const key of await source.state.keys()) await target.state.set(key, (await source.state.get(key)) ?? null);
}

/** Freezing the same answers again, set by set, gives the same versions. */
async function copyGold(source: Store, target: Store, task: string): Promise<void> {
  for (const set of await source.gold.sets(task)) {
    for (const { callId } of await target.gold.list(task)) await target.gold.remove(callId);
    await target.gold.put(set.answers);
    await target.gold.freeze(task, set.frozenAt);
  }
  for (const { callId } of await target.gold.list(task)) await target.gold.remove(callId);
  await target.gold.put(await source.gold.list(task));
}
