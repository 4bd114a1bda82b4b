import type { Task } from '../records/task.ts';
import { shortHash } from './build-template.ts';
import type { FoundCluster } from './found-cluster.ts';
import { KnownTask, type KnownTaskState } from './known-task.ts';
import { namesFor, uniqueName } from './name-task.ts';
import { judgeSuccession, type Lifespan } from './succession.ts';

/** The tasks that are known, and which of them a new template belongs to. */
export class TaskBook {
  readonly #tasks = new Map<string, KnownTask>();

  get(id: string): KnownTask | undefined {
    return this.#tasks.get(id);
  }

  all(): readonly KnownTask[] {
    return [...this.#tasks.values()];
  }

  records(): readonly Task[] {
    return this.all().map((task) => task.toFreshTask());
  }

  restore(state: KnownTaskState): KnownTask {
    const task = KnownTask.from(state);
    this.#tasks.set(task.id, task);
    return task;
  }

  /** The task that a new template is a version of, or a new one; `wait` where more calls must tell. */
  ownerOf(cluster: FoundCluster): { readonly task: KnownTask; readonly isNew: boolean } | 'wait' {
    const known = this.#tasks.get(idFor(cluster)) ?? this.#predecessor(cluster);
    if (known === 'wait') return known;
    return known === null ? { task: this.#open(cluster), isNew: true } : { task: known, isNew: false };
  }

  /** Makes two tasks of one tenant one: the first takes over templates, versions and answers. Says whether both were there. */
  merge(into: string, from: string): boolean {
    const [kept, dropped] = [this.#tasks.get(into), this.#tasks.get(from)];
    if (kept === undefined || dropped === undefined || kept === dropped || kept.tenant !== dropped.tenant) return false;
    kept.absorb(dropped);
    return this.#tasks.delete(from);
  }

  forget(id: string): boolean {
    return this.#tasks.delete(id);
  }

  /** Merges tasks that turn out to be versions of one. */
  unite(): void {
    const byAge = [...this.#tasks.values()].sort((a, b) => firstSeen(a) - firstSeen(b));
    for (const [index, task] of byAge.entries()) {
      const older = byAge.slice(0, index).find((other) => this.#tasks.has(other.id) && areOneTask(other, task));
      if (older !== undefined) this.merge(older.id, task.id);
    }
  }

  #open(cluster: FoundCluster): KnownTask {
    const { tenant, task: explicit, isConversation } = cluster;
    const isTaken = (name: string): boolean => this.all().some((task) => task.tenant === tenant && task.name === name);
    const name = explicit ?? uniqueName(namesFor(cluster), isTaken);
    const task = new KnownTask({ id: idFor(cluster), name, tenant, isNamed: explicit !== null, isConversation });
    this.#tasks.set(task.id, task);
    return task;
  }

  #predecessor(cluster: FoundCluster): KnownTask | 'wait' | null {
    if (cluster.task !== null) return null;
    const lifespan = cluster.lifespan();
    let isOpen = false;
    for (const task of this.#tasks.values()) {
      if (task.tenant !== cluster.tenant || task.isNamed || task.isConversation !== cluster.isConversation) continue;
      const verdict = judgeAll(task.lifespans(), [lifespan]);
      if (verdict === 'same-task') return task;
      isOpen ||= verdict === 'wait';
    }
    return isOpen ? 'wait' : null;
  }
}

function idFor({ tenant, task, template }: FoundCluster): string {
  return task === null ? `task_${template.key}` : `task_${shortHash([tenant, task])}`;
}

function firstSeen(task: KnownTask): number {
  return task.versions[0]?.firstSeenAt ?? 0;
}

/** Whether the younger task is the older one with another prompt. */
function areOneTask(older: KnownTask, younger: KnownTask): boolean {
  if (older.tenant !== younger.tenant || older.isNamed || younger.isNamed) return false;
  if (older.isConversation !== younger.isConversation) return false;
  return judgeAll(older.lifespans(), younger.lifespans()) === 'same-task';
}

/** Whoever runs beside one of a task's templates is not the next of them. */
function judgeAll(known: readonly Lifespan[], found: readonly Lifespan[]): ReturnType<typeof judgeSuccession> {
  const verdicts = known.flatMap((one) => found.map((other) => judgeSuccession(one, other)));
  if (verdicts.includes('other-task')) return 'other-task';
  return verdicts.includes('same-task') ? 'same-task' : verdicts.includes('wait') ? 'wait' : 'other-task';
}
