import { readAnswer } from '../records/answer.ts';
import type { Call, ChatRequest } from '../records/call.ts';
import type { Task, TaskMatch, TaskVersion } from '../records/task.ts';
import { countConstantWords, shortHash, templateOf } from './build-template.ts';
import { type FoundCluster, gatherCluster } from './found-cluster.ts';
import { generalise } from './generalise.ts';
import type { KeptCall } from './kept-call.ts';
import { KnownTask, type KnownTaskState } from './known-task.ts';
import { KnownTemplate } from './known-template.ts';
import { compileTemplate } from './match-template.ts';
import { minePrompts } from './mine-prompts.ts';
import { namesFor, uniqueName } from './name-task.ts';
import { PromptBucket } from './prompt-bucket.ts';
import { type Prompt, readPrompt } from './read-prompt.ts';
import { reviewTemplate } from './review-template.ts';
import { judgeSuccession } from './succession.ts';

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

/** Where the outcome of a mining is gathered. */
interface Changes {
  readonly bucket: PromptBucket;
  readonly found: KnownTask[];
  readonly assignments: Map<string, TaskMatch>;
}

/** Whether the younger task is the older one with another prompt. */
function areOneTask(older: KnownTask, younger: KnownTask): boolean {
  if (older.tenant !== younger.tenant || older.isNamed || younger.isNamed) return false;
  if (older.isConversation !== younger.isConversation) return false;
  const verdicts = older
    .lifespans()
    .flatMap((known) => younger.lifespans().map((found) => judgeSuccession(known, found)));
  return verdicts.includes('same-task') && !verdicts.includes('other-task');
}

/** Templates of one task, which may differ in short values only: all of them, then each. */
function variantsIn(templates: readonly KnownTemplate[]): readonly (readonly KnownTemplate[])[] {
  const byTask = new Map<string, KnownTemplate[]>();
  for (const known of templates) byTask.set(known.task, [...(byTask.get(known.task) ?? []), known]);
  return [...byTask.values()].flatMap((variants) =>
    variants.length > 1 ? [variants, ...variants.map((known) => [known])] : [variants],
  );
}

/** Words that a small sample may share by accident. A template that has more of its own is another prompt. */
const mostAccidentalWords = 4;

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
  readonly #reviews = new Set<KnownTemplate>();
  #news: FoundVersion[] = [];
  #areUnmatchedDue = false;

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
    if (answer.kind === 'none' && answer.why === 'error') return hit?.match ?? null;
    const kept: KeptCall = { id: call.id, at: call.at, tenant: call.tenant, task: call.task, prompt, answer };
    if (hit === null) {
      if (bucket.keep(kept)) {
        this.#due.add(bucket);
        this.#areUnmatchedDue = true;
      }
      return null;
    }
    const task = this.#tasks.get(hit.match.task);
    if (task === undefined) return null;
    this.#meetTeacher(task, hit.template, prompt.model, call.at);
    if (task.count(hit.template, kept, hit.match.slots)) {
      this.#reviews.add(hit.template);
      this.#due.add(bucket);
    }
    return hit.match;
  }

  /** Whether enough unmatched calls have gathered that mining is worth its time. */
  get isMiningDue(): boolean {
    return this.#due.size > 0 || this.#news.length > 0;
  }

  /** Whether mining is due for the unmatched calls themselves, and not only to look again at what is known. */
  get areUnmatchedDue(): boolean {
    return this.#areUnmatchedDue;
  }

  /** Finds templates among the unmatched calls. */
  mine(): Findings {
    const found: KnownTask[] = [];
    const assignments = new Map<string, TaskMatch>();
    for (const bucket of this.#due) {
      const changes: Changes = { bucket, found, assignments };
      for (const template of bucket.templates) if (this.#reviews.delete(template)) this.#review(template, changes);
      const clusters = minePrompts(bucket.kept);
      for (const cluster of clusters) this.#settle(cluster, changes);
      bucket.release((call) => assignments.has(call.id));
      bucket.rest();
    }
    this.#due.clear();
    this.#areUnmatchedDue = false;
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

  /** Makes two tasks of one tenant one: the first takes over templates, versions and answers. Says whether both were there. */
  merge(into: string, from: string): boolean {
    const [kept, dropped] = [this.#tasks.get(into), this.#tasks.get(from)];
    if (kept === undefined || dropped === undefined || kept === dropped || kept.tenant !== dropped.tenant) return false;
    kept.absorb(dropped);
    this.#tasks.delete(from);
    return true;
  }

  /** Forgets a task: its calls belong nowhere, and may be found again. Says whether there was such a task. */
  forget(id: string): boolean {
    const task = this.#tasks.get(id);
    for (const template of task?.templates ?? []) this.#buckets.get(template.structure)?.retire(template);
    return this.#tasks.delete(id);
  }

  /**
   * Merges tasks that turn out to be versions of one, which early on (few answers seen, or a log in no order) could not be told.
   * Ids are permanent once they are used: for whole logs only, before anybody has seen them.
   */
  unite(): void {
    const byAge = [...this.#tasks.values()].sort(
      (a, b) => (a.versions[0]?.firstSeenAt ?? 0) - (b.versions[0]?.firstSeenAt ?? 0),
    );
    for (const [index, task] of byAge.entries()) {
      const older = byAge.slice(0, index).find((other) => this.#tasks.has(other.id) && areOneTask(other, task));
      if (older !== undefined) this.merge(older.id, task.id);
    }
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

  /** Gives a cluster its place, unless more calls are needed to tell where. */
  #settle(found: FoundCluster, changes: Changes): void {
    const { cluster, replaced } = this.#widen(found, changes.bucket);
    const owner = replaced[0] === undefined ? this.#ownerOf(cluster, changes.found) : this.#tasks.get(replaced[0].task);
    if (owner === undefined || owner === 'wait') return;
    for (const template of replaced) changes.bucket.retire(template);
    this.#adopt(owner, cluster, changes);
  }

  /** A cluster that a known template is a special case of, or that differs from known ones in short values only, covers them too. */
  #widen(cluster: FoundCluster, bucket: PromptBucket): { cluster: FoundCluster; replaced: readonly KnownTemplate[] } {
    const matcher = compileTemplate(cluster.template);
    const special = bucket.templates.filter(
      (known) =>
        known.constantLength >= matcher.constantLength &&
        countConstantWords(known.template) <= countConstantWords(cluster.template) + mostAccidentalWords &&
        known.samples.length > 0 &&
        known.samples.every((call) => matcher.split(call.prompt.texts) !== null),
    );
    const [prompt] = cluster.calls.map(({ call }) => call.prompt);
    if (special.length > 0 || prompt === undefined) return { cluster, replaced: special };
    for (const variants of variantsIn(bucket.templates)) {
      const messages = generalise([...variants.map((known) => known.template), cluster.template]);
      const wide = messages === null ? null : gatherCluster(templateOf(prompt, messages), bucket.kept);
      if (wide !== null && wide.calls.length >= cluster.calls.length) return { cluster: wide, replaced: variants };
    }
    return { cluster, replaced: [] };
  }

  /** Takes apart a template that turns out to hold several prompts. */
  #review(known: KnownTemplate, changes: Changes): void {
    const task = this.#tasks.get(known.task);
    const { parts, isReplaced } = reviewTemplate(known);
    if (task === undefined || parts.length === 0) return;
    task.restart();
    if (isReplaced) changes.bucket.retire(known);
    for (const [index, part] of parts.entries()) {
      if (index === 0 && isReplaced) this.#adopt(task, part, changes);
      else this.#settle(part, changes);
    }
  }

  #adopt(task: KnownTask, cluster: FoundCluster, { bucket, assignments }: Changes): void {
    const { template, onlyModel } = cluster;
    const known = new KnownTemplate({ task: task.id, template, onlyModel, structure: bucket.structure });
    task.addTemplate(known);
    bucket.adopt(known);
    for (const { call, slots } of cluster.calls) {
      this.#meetTeacher(task, known, call.prompt.model, call.at);
      task.count(known, call, slots);
      assignments.set(call.id, known.matchOf(call.prompt.model, slots));
    }
  }

  #meetTeacher(task: KnownTask, template: KnownTemplate, model: string, at: number): void {
    const version = task.meetTeacher(template, model, at);
    if (version === null) return;
    const isNewPrompt = template.teachers.size === 1;
    if (task.versions.length > 1)
      this.#news.push({ task: task.id, version, why: isNewPrompt ? 'prompt-changed' : 'teacher-changed' });
  }

  /** The task that a new template is a version of, or a new task. */
  #ownerOf(cluster: FoundCluster, found: KnownTask[]): KnownTask | 'wait' {
    const { tenant, task: explicit, isConversation } = cluster;
    const id = explicit === null ? `task_${cluster.template.key}` : `task_${shortHash([tenant, explicit])}`;
    const known = this.#tasks.get(id) ?? this.#predecessor(cluster);
    if (known !== null) return known;
    const name = explicit ?? uniqueName(namesFor(cluster), (wanted) => this.#isNameTaken(tenant, wanted));
    const task = new KnownTask({ id, name, tenant, isNamed: explicit !== null, isConversation });
    this.#tasks.set(id, task);
    found.push(task);
    return task;
  }

  #predecessor(cluster: FoundCluster): KnownTask | 'wait' | null {
    if (cluster.task !== null) return null;
    const lifespan = cluster.lifespan();
    let isOpen = false;
    for (const task of this.#tasks.values()) {
      if (task.tenant !== cluster.tenant || task.isNamed || task.isConversation !== cluster.isConversation) continue;
      const verdicts = task.lifespans().map((known) => judgeSuccession(known, lifespan));
      // Whoever runs beside one of a task's templates is not the next of them.
      if (verdicts.includes('same-task') && !verdicts.includes('other-task')) return task;
      isOpen ||= verdicts.includes('wait');
    }
    return isOpen ? 'wait' : null;
  }

  #isNameTaken(tenant: string, name: string): boolean {
    return [...this.#tasks.values()].some((task) => task.tenant === tenant && task.name === name);
  }
}
