import type { TaskMatch, Template } from '../records/task.ts';
import { shortHash } from './build-template.ts';
import { CallTimes, type CallTimesState } from './call-times.ts';
import { type KeptCall, sizeOf } from './kept-call.ts';
import { compileTemplate, type TemplateMatcher } from './match-template.ts';
import type { Prompt } from './read-prompt.ts';

/** Calls kept a template, and the characters in them. */
const mostSamples = 64;
const mostSampleCharacters = 400_000;
/** Calls after which a template is looked at again: a sample of twenty may have been of two prompts. Then after four times as many. */
const firstReview = 64;

export interface KnownTemplateOptions {
  readonly task: string;
  readonly template: Template;
  /** What all its calls have equal: see `Prompt.structure`. */
  readonly structure: string;
  /** The only model it is for; null for a template with constants, which is known by these. */
  readonly onlyModel: string | null;
}

export interface KnownTemplateState extends Omit<KnownTemplateOptions, 'task'> {
  readonly teachers: readonly (readonly [string, string])[];
  readonly times: CallTimesState;
  readonly isRetired: boolean;
}

/** A template that belongs to a task, ready to match. */
export class KnownTemplate implements KnownTemplateOptions {
  /** The task it belongs to; changes only when tasks are merged. */
  task: string;
  readonly template: Template;
  readonly structure: string;
  readonly onlyModel: string | null;
  /** Version ids by teacher. */
  readonly teachers = new Map<string, string>();
  readonly times: CallTimes;
  /** Another template has taken its place in matching. */
  isRetired = false;
  readonly #matcher: TemplateMatcher;
  #samples: KeptCall[] = [];
  #sampleCharacters = 0;

  constructor(options: KnownTemplateOptions, times = new CallTimes()) {
    this.task = options.task;
    this.template = options.template;
    this.structure = options.structure;
    this.onlyModel = options.onlyModel;
    this.times = times;
    this.#matcher = compileTemplate(options.template);
  }

  get constantLength(): number {
    return this.#matcher.constantLength;
  }

  /** The response format that all its calls ask for: the last part of their structure; null where there is none. */
  get formatJson(): string | null {
    return this.structure.slice(this.structure.lastIndexOf('\u0000') + 1) || null;
  }

  match(prompt: Prompt): TaskMatch | null {
    if (this.onlyModel !== null && this.onlyModel !== prompt.model) return null;
    const slots = this.#matcher.split(prompt.texts);
    return slots === null ? null : this.matchOf(prompt.model, slots);
  }

  /** Counts a call, and keeps some of them. Says whether the template is due for another look at what it takes in. */
  sawCall(call: KeptCall): boolean {
    this.times.add(call.at);
    const count = this.times.count;
    if (count <= mostSamples || count % Math.ceil(count / mostSamples) === 0) this.#keepSample(call);
    return count >= firstReview && Math.log2(count / firstReview) % 2 === 0;
  }

  /** Some of its calls, evenly over time. */
  get samples(): readonly KeptCall[] {
    return this.#samples;
  }

  forgetCalls(isGone: (call: KeptCall) => boolean): void {
    this.#samples = this.#samples.filter((call) => !isGone(call));
    this.#sampleCharacters = this.#samples.reduce((sum, call) => sum + sizeOf(call), 0);
  }

  #keepSample(call: KeptCall): void {
    this.#samples.push(call);
    this.#sampleCharacters += sizeOf(call);
    while (this.#samples.length > mostSamples || this.#sampleCharacters > mostSampleCharacters) {
      const [oldest] = this.#samples.splice(0, 1);
      if (oldest === undefined) break;
      this.#sampleCharacters -= sizeOf(oldest);
    }
  }

  matchOf(model: string, slots: readonly string[]): TaskMatch {
    return { task: this.task, version: this.versionOf(model), slots };
  }

  /** The version of this template with a teacher, whether it has been met yet or not. */
  versionOf(teacher: string): string {
    return this.teachers.get(teacher) ?? shortHash([this.template.key, teacher]);
  }

  /** When its calls came. */
  lifespan(): { readonly times: readonly number[]; readonly stride: number; readonly lastTimes: readonly number[] } {
    return { times: this.times.sample, stride: this.times.stride, lastTimes: this.times.last };
  }

  toJSON(): KnownTemplateState {
    const { template, structure, onlyModel, isRetired } = this;
    return { template, structure, onlyModel, isRetired, teachers: [...this.teachers], times: this.times.toJSON() };
  }

  static from(task: string, state: KnownTemplateState): KnownTemplate {
    const known = new KnownTemplate({ ...state, task }, CallTimes.from(state.times));
    known.isRetired = state.isRetired;
    for (const [teacher, version] of state.teachers) known.teachers.set(teacher, version);
    return known;
  }
}
