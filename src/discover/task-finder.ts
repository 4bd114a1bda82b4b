import { readAnswer } from '../records/answer.ts';
import type { Call, ChatRequest } from '../records/call.ts';
import type { Task, TaskMatch, TaskVersion } from '../records/task.ts';
import { shortHash } from './build-template.ts';
import { KnownTask, type KnownTaskState } from './known-task.ts';
import { KnownTemplate } from './known-template.ts';
import { type FoundCluster, mineBucket } from './mine-bucket.ts';
import { nameTask, uniqueName } from './name-task.ts';
import { type KeptCall, PromptBucket } from './prompt-bucket.ts';
import { type Prompt, readPrompt } from './read-prompt.ts';
import { isSuccessor } from './succession.ts';

/** What matching needs to know of a call. */
export interface FinderInput {
  readonly id: string;
  /** Milliseconds since 1970, UTC. */
  readonly at: number;
  readonly tenant: string;
  /** The name the application gave; it wins over everything found. */
  readonly task: string | null;
  readonly request: ChatRequest;
}

export interface FoundVersion {
  readonly task: string;
  readonly version: TaskVersion;
  readonly why: 'prompt-changed' | 'teacher-changed';
}

/** What a mining changed. */
export interface Findings {
  readonly found: readonly Task[];
  readonly versions: readonly FoundVersion[];
  /** Kept calls that now belong somewhere, by call id. */
  readonly assignments: ReadonlyMap<string, TaskMatch>;
}

/** Structures without a template that are remembered at most; the one unused for longest is forgotten. */
const mostBuckets = 5000;

/** Unmatched calls that survive a restart. */
const mostKeptCalls = 4000;

type KeptState = Omit<KeptCall, 'prompt'> & { readonly prompt: Omit<Prompt, 'structure'> };

/** A finder as JSON keeps it. */
export interface FinderState {
  readonly format: 1;
  readonly tasks: readonly KnownTaskState[];
  readonly buckets: readonly { readonly structure: string; readonly kept: readonly KeptState[] }[];
}

function keptToJson(call: KeptCall): KeptState {
  const { structure: _, ...prompt } = call.prompt;
  return { ...call, prompt };
}

function keptFromJson(structure: string, call: KeptState): KeptCall {
  return { ...call, prompt: { ...call.prompt, structure } };
}

/**
 * Finds tasks in a stream of calls. The live gateway, replays, imports and audits all use this one: `match` says where a new call
 * belongs, `observe` learns from a finished one, `mine` looks for templates among the calls that belong nowhere yet.
 */
export class TaskFinder {
  readonly #buckets = new Map<string, PromptBucket>();
  readonly #tasks = new Map<string, KnownTask>();
  readonly #due = new Set<PromptBucket>();
  #news: FoundVersion[] = [];

  /** Which task a new call belongs to; null while unknown. Never throws. */
  match(input: FinderInput): TaskMatch | null {
    const prompt = readPrompt(input);
    return this.#buckets.get(prompt.structure)?.match(prompt)?.match ?? null;
  }

  /** Takes a finished call into account: its answer is counted with its task, or it is kept for the next mining. */
  observe(call: Call): TaskMatch | null {
    const prompt = readPrompt(call);
    const bucket = this.#bucketOf(prompt.structure);
    const answer = readAnswer(call.response, call.status);
    const hit = bucket.match(prompt);
    if (hit === null) {
      if (answer.kind === 'none' && answer.why === 'error') return null;
      if (bucket.keep({ id: call.id, at: call.at, tenant: call.tenant, task: call.task, prompt, answer }))
        this.#due.add(bucket);
      return null;
    }
    const task = this.#tasks.get(hit.match.task);
    if (task !== undefined && !(answer.kind === 'none' && answer.why === 'error')) {
      this.#meetTeacher(task, hit.template, prompt.model, call.at);
      task.count(hit.template, call.at, answer, hit.match.slots);
    }
    return hit.match;
  }

  /** Whether enough unmatched calls have gathered that mining is worth its time. */
  get isMiningDue(): boolean {
    return this.#due.size > 0 || this.#news.length > 0;
  }

  /** Finds templates among the unmatched calls. */
  mine(): Findings {
    const found: KnownTask[] = [];
    const assignments = new Map<string, TaskMatch>();
    for (const bucket of this.#due) {
      for (const cluster of mineBucket(bucket)) {
        const task = this.#placeCluster(cluster, found);
        const template = this.#adopt(task, cluster, bucket);
        for (const call of cluster.calls) {
          this.#meetTeacher(task, template, call.prompt.model, call.at);
          const match = template.matchOf(call.prompt.model, call.slots);
          assignments.set(call.id, match);
          task.count(template, call.at, call.answer, call.slots);
        }
      }
      bucket.rest();
    }
    this.#due.clear();
    const foundIds = new Set(found.map((task) => task.id));
    const versions = this.#news.filter((news) => !foundIds.has(news.task));
    this.#news = [];
    return { found: found.map((task) => task.toFreshTask()), versions, assignments };
  }

  /** All tasks and groups with their shapes as of now. */
  tasks(): readonly Task[] {
    return [...this.#tasks.values()].map((task) => task.toFreshTask());
  }

  /** One of them, its counts at most a twentieth behind: cheap enough to ask on every call. */
  task(id: string): Task | null {
    return this.#tasks.get(id)?.toTask() ?? null;
  }

  /** Gives a task another name. Says whether there is such a task. */
  rename(id: string, name: string): boolean {
    this.#tasks.get(id)?.rename(name);
    return this.#tasks.has(id);
  }

  /** Everything it knows, for `TaskFinder.from`. Of the unmatched calls the latest are kept. */
  toJSON(): FinderState {
    const buckets: { structure: string; kept: KeptState[] }[] = [];
    let left = mostKeptCalls;
    for (const bucket of [...this.#buckets.values()].reverse()) {
      if (bucket.kept.length === 0 || left <= 0) continue;
      const kept = bucket.kept.slice(-left);
      left -= kept.length;
      buckets.push({ structure: bucket.structure, kept: kept.map(keptToJson) });
    }
    return { format: 1, tasks: [...this.#tasks.values()].map((task) => task.toJSON()), buckets: buckets.reverse() };
  }

  /** Goes on where `toJSON` stopped. */
  static from(state: FinderState): TaskFinder {
    const finder = new TaskFinder();
    for (const taskState of state.tasks) {
      const task = KnownTask.from(taskState);
      finder.#tasks.set(task.id, task);
      for (const known of task.templates) finder.#bucketOf(known.structure).adopt(known);
    }
    for (const { structure, kept } of state.buckets) {
      const bucket = finder.#bucketOf(structure);
      for (const call of kept) if (bucket.keep(keptFromJson(structure, call))) finder.#due.add(bucket);
    }
    return finder;
  }

  #bucketOf(structure: string): PromptBucket {
    const known = this.#buckets.get(structure);
    if (known !== undefined) return known;
    const bucket = new PromptBucket(structure);
    this.#buckets.set(structure, bucket);
    if (this.#buckets.size > mostBuckets) this.#forgetOldest();
    return bucket;
  }

  #forgetOldest(): void {
    for (const [structure, bucket] of this.#buckets) {
      if (bucket.templates.length > 0) continue;
      this.#buckets.delete(structure);
      this.#due.delete(bucket);
      return;
    }
  }

  #adopt(task: KnownTask, cluster: FoundCluster, bucket: PromptBucket): KnownTemplate {
    const { template, onlyModel } = cluster;
    const known = new KnownTemplate({ task: task.id, template, onlyModel, structure: bucket.structure });
    task.addTemplate(known);
    bucket.adopt(known);
    return known;
  }

  #meetTeacher(task: KnownTask, template: KnownTemplate, model: string, at: number): void {
    const version = task.meetTeacher(template, model, at);
    if (version === null) return;
    const isNewPrompt = template.teachers.size === 1;
    if (task.versions.length > 1)
      this.#news.push({ task: task.id, version, why: isNewPrompt ? 'prompt-changed' : 'teacher-changed' });
  }

  /** The task that a new template is a version of, or a new task. */
  #placeCluster(cluster: FoundCluster, found: KnownTask[]): KnownTask {
    const { tenant, task: explicit } = cluster;
    const id = explicit === null ? `task_${cluster.template.key}` : `task_${shortHash([tenant, explicit])}`;
    const known = this.#tasks.get(id) ?? this.#predecessor(cluster);
    if (known !== undefined) return known;
    const name = explicit ?? uniqueName(nameTask(cluster), (wanted) => this.#isNameTaken(tenant, wanted));
    const task = new KnownTask({
      id,
      name,
      tenant,
      isNamed: explicit !== null,
      isConversation: cluster.isConversation,
    });
    this.#tasks.set(id, task);
    found.push(task);
    return task;
  }

  #predecessor(cluster: FoundCluster): KnownTask | undefined {
    if (cluster.task !== null) return undefined;
    const lifespan = cluster.lifespan();
    return [...this.#tasks.values()].find(
      (task) =>
        task.tenant === cluster.tenant &&
        !task.isNamed &&
        task.isConversation === cluster.isConversation &&
        task.lifespans().some((known) => isSuccessor(known, lifespan)),
    );
  }

  #isNameTaken(tenant: string, name: string): boolean {
    return [...this.#tasks.values()].some((task) => task.tenant === tenant && task.name === name);
  }
}
