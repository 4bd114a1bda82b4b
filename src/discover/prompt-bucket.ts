import type { TaskMatch } from '../records/task.ts';
import { type KeptCall, sizeOf } from './kept-call.ts';
import type { KnownTemplate } from './known-template.ts';
import type { Prompt } from './read-prompt.ts';

/** Calls kept a structure, and the characters in them; the oldest are forgotten first. */
const mostKept = 4096;
const mostCharacters = 16_000_000;
/** Kept calls after which a structure is mined for the first time. */
const firstMining = 20;
/** A structure whose calls have nothing in common (open chat) is mined again after so many more, so that work stays linear. */
const laterMining = 256;
/** How often the same beginning or end is met among kept calls before they are looked at out of turn. */
const familiarFrom = 16;
const shortestFamiliar = 12;
const mostKeys = 10_000;

/** The calls of one structure: known templates to match them with, and those that no template matches. */
export class PromptBucket {
  /** The one with the most constant text first: of two that match, the more specific is meant. */
  templates: readonly KnownTemplate[] = [];
  kept: KeptCall[] = [];
  readonly structure: string;
  /** Characters in the kept calls. */
  characters = 0;
  /** Keys of templates that turned out to be the mere form of many prompts: not to be found again. */
  readonly refused = new Set<string>();
  #untilMining = firstMining;
  #interval = firstMining;
  readonly #familiar = new Map<string, number>();
  readonly #dueKeys = new Set<string>();

  constructor(structure: string) {
    this.structure = structure;
  }

  match(prompt: Prompt): { readonly template: KnownTemplate; readonly match: TaskMatch } | null {
    for (const template of this.templates) {
      const match = template.match(prompt);
      if (match !== null) return { template, match };
    }
    return null;
  }

  /** Keeps a call for mining. Says whether mining is due. */
  keep(call: KeptCall): boolean {
    this.kept.push(call);
    this.characters += sizeOf(call);
    if (this.kept.length > mostKept || this.characters > mostCharacters) this.#letOldestGo();
    this.#untilMining--;
    for (const key of familiarKeys(call.prompt)) this.#meet(key);
    return this.#dueKeys.size > 0 || this.#untilMining <= 0;
  }

  /** The calls to be mined now: those that have a beginning or end in common, and in turn all. Ask for the next after placing the last. */
  *takeDue(): Iterable<readonly KeptCall[]> {
    const keys = [...this.#dueKeys];
    this.#dueKeys.clear();
    let last: readonly KeptCall[] = [];
    for (const key of keys) {
      const alike = this.kept.filter((call) => familiarKeys(call.prompt).includes(key));
      if (alike.length === last.length && alike[0] === last[0]) continue;
      last = alike;
      yield alike;
    }
    if (this.#untilMining > 0) return;
    yield this.kept;
    this.#interval = this.kept.length === 0 ? firstMining : Math.min(laterMining, this.#interval * 2);
    this.#untilMining = this.#interval;
  }

  adopt(template: KnownTemplate): void {
    this.templates = [...this.templates, template].sort((a, b) => b.constantLength - a.constantLength);
  }

  /** Lets go of what it kept. */
  clear(): void {
    this.kept = [];
    this.characters = 0;
    this.#familiar.clear();
  }

  /** Forgets calls that it kept, and with them how kept calls begin and end. */
  forgetCalls(isGone: (call: KeptCall) => boolean): void {
    const before = this.kept.length;
    this.release(isGone);
    if (this.kept.length < before) this.#familiar.clear();
  }

  /** Takes a template out of use; its task keeps the versions it had. */
  retire(template: KnownTemplate): void {
    template.isRetired = true;
    this.templates = this.templates.filter((other) => other !== template);
  }

  /** After a mining: the calls that found their place are let go. */
  release(isPlaced: (call: KeptCall) => boolean): void {
    this.kept = this.kept.filter((call) => !isPlaced(call));
    this.characters = this.kept.reduce((sum, call) => sum + sizeOf(call), 0);
  }

  /** A new prompt shows at once: many calls that begin or end alike. */
  #meet(key: string): void {
    const count = (this.#familiar.get(key) ?? 0) + 1;
    this.#familiar.set(key, count);
    if (count >= familiarFrom && (count & (count - 1)) === 0) this.#dueKeys.add(key);
    if (this.#familiar.size > mostKeys) this.#familiar.clear();
  }

  #letOldestGo(): void {
    // Many at a time: moving the others up costs as much for one.
    const gone = this.kept.splice(0, Math.max(1, this.kept.length >> 3));
    this.characters -= gone.reduce((sum, call) => sum + sizeOf(call), 0);
  }
}

/** How the messages of a prompt begin and end. */
function familiarKeys({ texts }: Prompt): string[] {
  return texts.flatMap((text, index) =>
    text.length < shortestFamiliar ? [] : [`${index}<${text.slice(0, 40)}`, `${index}>${text.slice(-16)}`],
  );
}
