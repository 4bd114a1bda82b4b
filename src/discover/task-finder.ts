import { readAnswer } from '../records/answer.ts';
import type { Call, ChatRequest } from '../records/call.ts';
import type { Task, TaskMatch, TaskVersion } from '../records/task.ts';
import { type TaskSettings, withTolerance } from '../records/task-tolerance.ts';
import { bucketsToJson, type FinderState, keptFromJson } from './finder-state.ts';
import type { FoundCluster } from './found-cluster.ts';
import type { KeptCall } from './kept-call.ts';
import type { KnownTask } from './known-task.ts';
import { KnownTemplate } from './known-template.ts';
import { minePrompts } from './mine-prompts.ts';
import { PromptBucket } from './prompt-bucket.ts';
import { readPrompt } from './read-prompt.ts';
import { recountAnswers } from './recount-answers.ts';
import { reviewTemplate } from './review-template.ts';
import { TaskBook } from './task-book.ts';
import { widenCluster } from './widen-cluster.ts';

export type { FinderState } from './finder-state.ts';

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

/** Characters kept of unmatched calls in all structures. */
const mostCharacters = 96_000_000;

/** Where the outcome of a mining is gathered. */
interface Changes {
  readonly bucket: PromptBucket;
  readonly found: KnownTask[];
  readonly assignments: Map<string, TaskMatch>;
}

/**
 * Finds tasks in a stream of calls. The live gateway, replays, imports and audits all use this one: `match` says where a new call
 * belongs, `observe` learns from a finished one, `mine` looks for templates among the calls that belong nowhere yet.
 */
export class TaskFinder {
  readonly #buckets = new Map<string, PromptBucket>();
  readonly #book = new TaskBook();
  readonly #due = new Set<PromptBucket>();
  readonly #reviews = new Set<KnownTemplate>();
  #settings: TaskSettings = {};
  #news: FoundVersion[] = [];
  /** Characters in all kept calls. */
  #characters = 0;
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
      this.#keep(kept, bucket);
      return null;
    }
    const task = this.#book.get(hit.match.task);
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
      for (const calls of bucket.takeDue()) {
        for (const cluster of minePrompts(calls)) this.#settle(cluster, changes);
        this.#release(changes);
      }
    }
    this.#due.clear();
    this.#areUnmatchedDue = false;
    const foundIds = new Set(found.map((task) => task.id));
    const versions = this.#news.filter((news) => !foundIds.has(news.task));
    this.#news = [];
    return { found: found.map((task) => this.#told(task.toFreshTask())), versions, assignments };
  }

  /** All tasks and groups with their shapes as of now. */
  tasks(): readonly Task[] {
    return this.#book.records().map((task) => this.#told(task));
  }

  /** One of them, its counts at most a twentieth behind: cheap enough to ask on every call. */
  task(id: string): Task | null {
    const task = this.#book.get(id)?.toTask();
    return task === undefined ? null : this.#told(task);
  }

  /** From now on tasks are told with what was set for them. */
  heed(settings: TaskSettings): void {
    this.#settings = settings;
  }

  #told(task: Task): Task {
    return withTolerance(task, this.#settings);
  }

  /** Gives a task another name. Says whether there is such a task. */
  rename(id: string, name: string): boolean {
    this.#book.get(id)?.rename(name);
    return this.#book.get(id) !== undefined;
  }

  /** Makes two tasks of one tenant one: the first takes over templates, versions and answers. Says whether both were there. */
  merge(into: string, from: string): boolean {
    return this.#book.merge(into, from);
  }

  /** Forgets a task: its calls belong nowhere, and may be found again. Says whether there was such a task. */
  forget(id: string): boolean {
    for (const template of this.#book.get(id)?.templates ?? []) this.#buckets.get(template.structure)?.retire(template);
    return this.#book.forget(id);
  }

  /** Forgets calls that are gone, as far as they are kept whole; `recount` and `dropVersions` see to what was learned from them. */
  forgetCalls(isGone: (call: KeptCall) => boolean): void {
    for (const bucket of this.#buckets.values()) {
      const before = bucket.characters;
      bucket.forgetCalls(isGone);
      this.#characters += bucket.characters - before;
      for (const template of bucket.templates) template.forgetCalls(isGone);
    }
  }

  /**
   * Counts a task's answers anew, from the calls that are left. A task that is learned keeps its counts where fewer than
   * `fewest` answers are left: they could not tell what it is.
   */
  async recount(id: string, calls: AsyncIterable<Call>, fewest = 0): Promise<void> {
    const task = this.#book.get(id);
    if (task === undefined) return;
    const tally = await recountAnswers(
      task.templates.map(({ template }) => template),
      calls,
    );
    if (task.toTask().kind === 'group' || tally.count >= fewest) task.recount(tally);
  }

  /** Forgets versions of a task whose calls are all gone: their prompts may be what was to be erased. */
  dropVersions(id: string, versions: ReadonlySet<string>): void {
    const dropped = this.#book.get(id)?.dropVersions(versions) ?? [];
    for (const template of dropped) this.#buckets.get(template.structure)?.retire(template);
  }

  /**
   * Merges tasks that turn out to be versions of one, which early on (few answers seen, or a log in no order) could not be told.
   * Ids are permanent once they are used: for whole logs only, before anybody has seen them.
   */
  unite(): void {
    this.#book.unite();
  }

  /** Everything it knows, for `TaskFinder.from`. Of the unmatched calls the latest are kept. */
  toJSON(): FinderState {
    const tasks = this.#book.all().map((task) => task.toJSON());
    return { format: 1, tasks, buckets: bucketsToJson([...this.#buckets.values()]) };
  }

  /** Goes on where `toJSON` stopped. */
  static from(state: FinderState): TaskFinder {
    const finder = new TaskFinder();
    for (const taskState of state.tasks)
      for (const known of finder.#book.restore(taskState).templates)
        if (!known.isRetired) finder.#bucketOf(known.structure).adopt(known);
    for (const bucketState of state.buckets)
      for (const call of keptFromJson(bucketState)) finder.#keep(call, finder.#bucketOf(bucketState.structure));
    return finder;
  }

  #keep(call: KeptCall, bucket: PromptBucket): void {
    const before = bucket.characters;
    if (bucket.keep(call)) {
      this.#due.add(bucket);
      this.#areUnmatchedDue = true;
    }
    this.#characters += bucket.characters - before;
    if (this.#characters > mostCharacters) this.#letGo();
  }

  /** Forgets the unmatched calls of the structures known for longest, until half of the room is free. */
  #letGo(): void {
    for (const bucket of this.#buckets.values()) {
      if (this.#characters <= mostCharacters / 2) return;
      this.#characters -= bucket.characters;
      bucket.clear();
    }
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
      this.#characters -= bucket.characters;
      return;
    }
  }

  /** Gives a cluster its place, unless more calls are needed to tell where. */
  #settle(found: FoundCluster, changes: Changes): void {
    if (changes.bucket.refused.has(found.template.key)) return;
    const { cluster, replaced, isSamePrompt } = widenCluster(found, changes.bucket);
    const task = replaced[0] === undefined ? this.#ownerOf(cluster, changes.found) : this.#book.get(replaced[0].task);
    if (task === undefined) return;
    for (const template of replaced) changes.bucket.retire(template);
    this.#adopt(task, cluster, changes, isSamePrompt ? replaced[0] : undefined);
  }

  #ownerOf(cluster: FoundCluster, found: KnownTask[]): KnownTask | undefined {
    const owner = this.#book.ownerOf(cluster);
    if (owner === 'wait') return undefined;
    if (owner.isNew) found.push(owner.task);
    return owner.task;
  }

  #release({ bucket, assignments }: Changes): void {
    const before = bucket.characters;
    bucket.release((call) => assignments.has(call.id));
    this.#characters += bucket.characters - before;
  }

  /** Takes apart a template that turns out to hold several prompts. */
  #review(known: KnownTemplate, changes: Changes): void {
    const task = this.#book.get(known.task);
    const { parts, isReplaced } = reviewTemplate(known);
    if (task === undefined || (parts.length === 0 && !isReplaced)) return;
    task.restart();
    if (isReplaced) changes.bucket.retire(known);
    if (parts.length === 0) changes.bucket.refused.add(known.template.key);
    for (const [index, part] of parts.entries()) {
      if (index === 0 && isReplaced) this.#adopt(task, part, changes);
      else this.#settle(part, changes);
    }
  }

  #adopt(task: KnownTask, cluster: FoundCluster, { bucket, assignments }: Changes, replaced?: KnownTemplate): void {
    const { template, onlyModel } = cluster;
    const known = new KnownTemplate({ task: task.id, template, onlyModel, structure: bucket.structure });
    if (replaced === undefined) task.addTemplate(known);
    else task.replaceTemplate(replaced, known);
    bucket.adopt(known);
    for (const { call, slots } of cluster.calls) {
      this.#meetTeacher(task, known, call.prompt.model, call.at);
      task.count(known, call, slots);
      assignments.set(call.id, known.matchOf(call.prompt.model, slots));
    }
    for (const call of bucket.kept) {
      const match = assignments.has(call.id) ? null : known.match(call.prompt);
      if (match === null) continue;
      this.#meetTeacher(task, known, call.prompt.model, call.at);
      task.count(known, call, match.slots);
      assignments.set(call.id, match);
    }
  }

  #meetTeacher(task: KnownTask, template: KnownTemplate, model: string, at: number): void {
    const version = task.meetTeacher(template, model, at);
    if (version === null) return;
    const isNewPrompt = template.teachers.size === 1;
    if (task.versions.length > 1)
      this.#news.push({ task: task.id, version, why: isNewPrompt ? 'prompt-changed' : 'teacher-changed' });
  }
}
