import type { OutputShape } from './output-shape.ts';

/** A piece of a message: constant text, or a slot that varies from call to call (its index among the template's slots). */
export type TemplatePart =
  | { readonly kind: 'constant'; readonly text: string }
  | { readonly kind: 'slot'; readonly slot: number };

export interface TemplateMessage {
  readonly role: string;
  readonly parts: readonly TemplatePart[];
}

/** What stays the same in all prompts of one version of a task. */
export interface Template {
  /** Hash of everything constant: tenant, task name, roles, constants, tools, response format. The version's key without its teacher. */
  readonly key: string;
  readonly messages: readonly TemplateMessage[];
  /** Canonical JSON of `tools`, `tool_choice` and `response_format`; part of what must be equal. */
  readonly toolsHash: string | null;
  readonly responseFormatHash: string | null;
  readonly slots: number;
}

/** A template bound to one teacher. When the prompt or the teacher changes, that is a new version. */
export interface TaskVersion {
  /** Hash of the template's key and the teacher. */
  readonly id: string;
  readonly template: Template;
  /** The requested model. */
  readonly teacher: string;
  /** Milliseconds since 1970, UTC. */
  readonly firstSeenAt: number;
}

/** A recurring kind of call of one tenant: one prompt template and one output shape. A `group` has answers no student can give. */
export interface Task {
  /** Permanent; never derived from anything that may change. */
  readonly id: string;
  /** Readable, stable, unique within the tenant. */
  readonly name: string;
  readonly tenant: string;
  readonly kind: 'task' | 'group';
  readonly shape: OutputShape;
  /** Oldest first. */
  readonly versions: readonly TaskVersion[];
}

/** Which task a call belongs to, and what varies in it. */
export interface TaskMatch {
  /** Task id. */
  readonly task: string;
  /** Version id. */
  readonly version: string;
  /** The text in each slot, in the order of the template. */
  readonly slots: readonly string[];
}
