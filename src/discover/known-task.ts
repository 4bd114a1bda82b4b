import type { OutputShape } from '../records/output-shape.ts';
import type { Task, TaskVersion } from '../records/task.ts';
import {
  type AnswerTally,
  addTally,
  emptyTally,
  type TallyState,
  tallyAnswer,
  tallyFromJson,
  tallyToJson,
} from './answer-tally.ts';
import { vocabularyOf } from './answer-vocabulary.ts';
import { findShape } from './find-shape.ts';
import type { KeptCall } from './kept-call.ts';
import { KnownTemplate, type KnownTemplateState } from './known-template.ts';
import { constantsOf } from './name-task.ts';
import { schemaOf } from './shapes/schema.ts';
import { identityOf, type Lifespan } from './succession.ts';

/** Share of new answers after which a shape is worked out again while nobody asks for the exact figures. */
const staleShare = 0.05;

export interface KnownTaskOptions {
  readonly id: string;
  readonly name: string;
  readonly tenant: string;
  /** The application gave the name. */
  readonly isNamed: boolean;
  /** Its prompts carry conversations: a group whatever the answers. */
  readonly isConversation: boolean;
}

export interface KnownTaskState extends KnownTaskOptions {
  readonly versions: readonly {
    readonly id: string;
    readonly teacher: string;
    readonly firstSeenAt: number;
    readonly key: string;
  }[];
  readonly templates: readonly KnownTemplateState[];
  readonly tally: TallyState;
  /** Absent in what earlier versions wrote. */
  readonly shape?: OutputShape | null;
}

/** A task as the finder carries it along: its templates, its versions, and what its answers have been. */
export class KnownTask {
  readonly id: string;
  readonly tenant: string;
  readonly isNamed: boolean;
  readonly isConversation: boolean;
  readonly templates: KnownTemplate[] = [];
  versions: readonly TaskVersion[] = [];
  #name: string;
  #tally: AnswerTally;
  #record: Task | null = null;
  /** What the answers of a record are made of: worked out when first asked for. */
  #vocabulary: { readonly of: Task; readonly words: ReadonlySet<string> } | null = null;
  /** The shape of the last record, which outlives it. */
  #shape: OutputShape | null = null;
  #recordedAnswers = 0;
  #answers = 0;

  constructor(options: KnownTaskOptions, tally = emptyTally()) {
    this.id = options.id;
    this.tenant = options.tenant;
    this.isNamed = options.isNamed;
    this.isConversation = options.isConversation;
    this.#name = options.name;
    this.#tally = tally;
  }

  get name(): string {
    return this.#name;
  }

  rename(name: string): void {
    this.#name = name;
    this.#record = null;
  }

  addTemplate(known: KnownTemplate): void {
    this.templates.push(known);
    this.#record = null;
  }

  /** Puts a template in the place of one whose constants held a few words too many; its versions stay what they are. */
  replaceTemplate(old: KnownTemplate, known: KnownTemplate): void {
    for (const [teacher, version] of old.teachers) known.teachers.set(teacher, version);
    const ids = new Set(known.teachers.values());
    this.versions = this.versions.map((version) =>
      ids.has(version.id) ? { ...version, template: known.template } : version,
    );
    this.templates.splice(this.templates.indexOf(old), 1, known);
    this.#record = null;
  }

  /** The new version, where this teacher has not answered this template before; else null. */
  meetTeacher(template: KnownTemplate, teacher: string, at: number): TaskVersion | null {
    if (template.teachers.has(teacher)) return null;
    const id = template.versionOf(teacher);
    template.teachers.set(teacher, id);
    const version: TaskVersion = { id, template: template.template, teacher, firstSeenAt: at };
    this.versions = [...this.versions, version].sort((a, b) => a.firstSeenAt - b.firstSeenAt);
    this.#record = null;
    return version;
  }

  /** Counts a call's answer. Says whether its template is due for another look. */
  count(template: KnownTemplate, call: KeptCall, slots: readonly string[]): boolean {
    const known = this.#tally.texts.size;
    tallyAnswer(this.#tally, call.answer, slots);
    this.#answers++;
    // A label that was never seen before must show at once.
    if (this.#tally.texts.size !== known && this.#record?.shape.kind === 'label') this.#record = null;
    return template.sawCall(call);
  }

  /** Forgets the answers: they were those of several tasks. */
  restart(): void {
    this.#tally = emptyTally();
    this.#shape = null;
    this.#answers = 0;
    this.#record = null;
  }

  /** Forgets the versions whose calls are all gone, with the templates that were theirs alone. Gives the templates. */
  dropVersions(ids: ReadonlySet<string>): readonly KnownTemplate[] {
    const dropped: KnownTemplate[] = [];
    for (const known of [...this.templates]) {
      for (const [teacher, version] of known.teachers) if (ids.has(version)) known.teachers.delete(teacher);
      if (known.teachers.size > 0) continue;
      dropped.push(known);
      this.templates.splice(this.templates.indexOf(known), 1);
    }
    this.versions = this.versions.filter(({ id }) => !ids.has(id));
    this.#record = null;
    return dropped;
  }

  /** Its answers counted anew, without those that were erased. What fields were read as before still counts. */
  recount(tally: AnswerTally): void {
    this.#tally = tally;
    this.#answers = tally.count + tally.withoutContent;
    this.#record = null;
    this.#vocabulary = null;
  }

  /** Takes over all that another task has: they were one. */
  absorb(other: KnownTask): void {
    for (const template of other.templates) {
      template.task = this.id;
      this.templates.push(template);
    }
    this.versions = [...this.versions, ...other.versions].sort((a, b) => a.firstSeenAt - b.firstSeenAt);
    addTally(this.#tally, other.#tally);
    this.#answers += other.#answers;
    this.#record = null;
  }

  get shape(): OutputShape {
    return this.toTask().shape;
  }

  /** The lives of the templates that are in use. */
  lifespans(): readonly Lifespan[] {
    const record = this.toTask();
    if (this.#vocabulary?.of !== record)
      this.#vocabulary = { of: record, words: vocabularyOf(this.#tally, record.shape) };
    const vocabulary = this.#vocabulary.words;
    return this.templates
      .filter((known) => !known.isRetired)
      .map((known) => ({
        ...known.lifespan(),
        constants: identityOf(known.template, this.isConversation),
        vocabulary,
      }));
  }

  /** The record, its counts at most a twentieth behind; the same object while nothing changed. */
  toTask(): Task {
    if (this.#record === null || this.#answers - this.#recordedAnswers > staleShare * this.#recordedAnswers)
      return this.toFreshTask();
    return this.#record;
  }

  /** The record with all that was counted. */
  toFreshTask(): Task {
    if (this.#record !== null && this.#answers === this.#recordedAnswers) return this.#record;
    const { id, name, tenant } = this;
    const shape: OutputShape = this.isConversation
      ? { kind: 'free-text', why: 'the prompts carry conversations' }
      : findShape(this.#tally, {
          constants: this.#hints(),
          schema: schemaOf(this.templates.at(-1)?.formatJson ?? null),
          before: this.#shape,
        });
    this.#shape = shape;
    const kind = this.isConversation || (shape.kind === 'free-text' && !this.isNamed) ? 'group' : 'task';
    this.#record = { id, name, tenant, kind, shape, versions: this.versions };
    this.#recordedAnswers = this.#answers;
    return this.#record;
  }

  #hints(): string {
    return this.templates.map((known) => `${constantsOf(known.template).join('\n')}\n${known.structure}`).join('\n');
  }

  toJSON(): KnownTaskState {
    const { id, name, tenant, isNamed, isConversation, templates } = this;
    return {
      id,
      name,
      tenant,
      isNamed,
      isConversation,
      versions: this.versions.map(({ id: version, teacher, firstSeenAt, template }) => ({
        id: version,
        teacher,
        firstSeenAt,
        key: template.key,
      })),
      templates: templates.map((known) => known.toJSON()),
      tally: tallyToJson(this.#tally),
      shape: this.#shape,
    };
  }

  static from(state: KnownTaskState): KnownTask {
    const task = new KnownTask(state, tallyFromJson(state.tally));
    task.#shape = state.shape ?? null;
    for (const template of state.templates) task.templates.push(KnownTemplate.from(state.id, template));
    const byKey = new Map(task.templates.map((known) => [known.template.key, known.template]));
    task.versions = state.versions.flatMap(({ id, teacher, firstSeenAt, key }) => {
      const template = byKey.get(key);
      return template === undefined ? [] : [{ id, teacher, firstSeenAt, template }];
    });
    return task;
  }
}
