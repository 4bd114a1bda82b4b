import type { Answer } from '../records/answer.ts';
import type { OutputShape } from '../records/output-shape.ts';
import type { Task, TaskMatch, TaskVersion, Template } from '../records/task.ts';
import { type AnswerTally, emptyTally, tallyAnswer } from './answer-tally.ts';
import { shortHash } from './build-template.ts';
import { findShape, vocabularyOf } from './find-shape.ts';
import { compileTemplate, type TemplateMatcher } from './match-template.ts';
import type { FoundCluster } from './mine-bucket.ts';
import { constantsOf } from './name-task.ts';
import type { PromptBucket } from './prompt-bucket.ts';
import type { Prompt } from './read-prompt.ts';
import type { Lifespan } from './succession.ts';

/** Times of calls remembered a template. */
const mostTimes = 64;

/** A template that belongs to a task, ready to match. */
export class KnownTemplate {
  readonly template: Template;
  readonly task: string;
  /** Version ids by teacher. */
  readonly teachers = new Map<string, string>();
  /** The only model it is for; null for a template with constants, which is known by these. */
  readonly onlyModel: string | null;
  /** A sample of the times of its calls: the first and then, ever more rarely, later ones; and the last ones. */
  readonly times: number[] = [];
  readonly lastTimes: number[] = [];
  calls = 0;
  readonly #matcher: TemplateMatcher;

  constructor(template: Template, task: string, onlyModel: string | null) {
    this.template = template;
    this.task = task;
    this.onlyModel = onlyModel;
    this.#matcher = compileTemplate(template);
  }

  get constantLength(): number {
    return this.#matcher.constantLength;
  }

  match(prompt: Prompt): TaskMatch | null {
    if (this.onlyModel !== null && this.onlyModel !== prompt.model) return null;
    const slots = this.#matcher.split(prompt.texts);
    return slots === null ? null : this.matchOf(prompt.model, slots);
  }

  matchOf(model: string, slots: readonly string[]): TaskMatch {
    return { task: this.task, version: this.versionOf(model), slots };
  }

  /** The version of this template with a teacher, whether it has been met yet or not. */
  versionOf(teacher: string): string {
    return this.teachers.get(teacher) ?? shortHash([this.template.key, teacher]);
  }

  sawCall(at: number): void {
    this.calls++;
    if (this.times.length < mostTimes) this.times.push(at);
    else if ((this.calls & (this.calls - 1)) === 0 || this.calls % 64 === 0) this.times[this.calls % mostTimes] = at;
    this.lastTimes.push(at);
    if (this.lastTimes.length > mostTimes) this.lastTimes.shift();
  }
}

/** A task as the finder carries it along. */
export class KnownTask {
  readonly id: string;
  readonly name: string;
  readonly tenant: string;
  /** The application gave the name. */
  readonly isNamed: boolean;
  readonly templates: KnownTemplate[] = [];
  readonly versions: TaskVersion[] = [];
  isConversation = false;
  readonly #tally: AnswerTally = emptyTally();
  #hints = '';
  #shape: OutputShape | null = null;
  #shapeAt = 0;

  constructor(options: {
    readonly id: string;
    readonly name: string;
    readonly tenant: string;
    readonly isNamed: boolean;
  }) {
    this.id = options.id;
    this.name = options.name;
    this.tenant = options.tenant;
    this.isNamed = options.isNamed;
  }

  /** Takes a template in as one of its own. */
  adopt(cluster: FoundCluster, bucket: PromptBucket): KnownTemplate {
    const known = new KnownTemplate(cluster.template, this.id, cluster.onlyModel);
    this.templates.push(known);
    this.isConversation = cluster.isConversation;
    this.#hints += `${constantsOf(cluster.template).join('\n')}\n${cluster.formatJson ?? ''}\n`;
    bucket.adopt(known);
    return known;
  }

  /** The new version, where this teacher has not answered this template before; else null. */
  meetTeacher(template: KnownTemplate, teacher: string, at: number): TaskVersion | null {
    if (template.teachers.has(teacher)) return null;
    const id = template.versionOf(teacher);
    template.teachers.set(teacher, id);
    const version: TaskVersion = { id, template: template.template, teacher, firstSeenAt: at };
    this.versions.push(version);
    this.versions.sort((a, b) => a.firstSeenAt - b.firstSeenAt);
    return version;
  }

  count(template: KnownTemplate, at: number, answer: Answer, slots: readonly string[]): void {
    template.sawCall(at);
    tallyAnswer(this.#tally, answer, slots);
    this.#shapeAt++;
  }

  get shape(): OutputShape {
    if (this.#shape === null || this.#shapeAt > 0) this.#shape = findShape(this.#tally, { constants: this.#hints });
    this.#shapeAt = 0;
    return this.#shape;
  }

  lifespans(): readonly Lifespan[] {
    const vocabulary = vocabularyOf(this.#tally, this.shape);
    return this.templates.map((known) => ({
      constants: constantsOf(known.template).join('\n'),
      times: [...known.times, ...known.lastTimes],
      vocabulary,
    }));
  }

  toTask(): Task {
    const shape = this.shape;
    const isGroup = this.isConversation || (shape.kind === 'free-text' && !this.isNamed);
    return {
      id: this.id,
      name: this.name,
      tenant: this.tenant,
      kind: isGroup ? 'group' : 'task',
      shape,
      versions: [...this.versions],
    };
  }
}
