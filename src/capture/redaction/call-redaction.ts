import { isJsonObject, type Json } from '../../records/call.ts';
import type { Redactor } from './redactor.ts';

/** Stands for content that cannot be looked into: images, audio, files. */
export const unreadableContent = '[UNREADABLE]';

const placeholderLike = /\[[A-Z][A-Z0-9_]*_\d+\]/;
const placeholders = /\[[A-Z][A-Z0-9_]*_\d+\]/g;

/**
 * Redacts what belongs to one call, request first, then answer: the same text gets the same placeholder in all of it,
 * `[EMAIL_1]`, and another text another one. Throws what a recogniser throws; then nothing of the call may be kept.
 */
export class CallRedaction {
  readonly #redactor: Redactor;
  readonly #placeholders = new Map<string, string>();
  readonly #originals = new Map<string, string>();
  readonly #numbers = new Map<string, number>();
  readonly #counts = new Map<string, number>();
  #hasLookalikes = false;

  constructor(redactor: Redactor) {
    this.#redactor = redactor;
  }

  /** How many stretches each recogniser has found in this call. */
  get counts(): ReadonlyMap<string, number> {
    return this.#counts;
  }

  text(text: string): string {
    if (!this.#hasLookalikes && placeholderLike.test(text)) this.#hasLookalikes = true;
    const findings = this.#redactor.find(text);
    if (findings.length === 0) return text;
    let redacted = '';
    let from = 0;
    for (const { recogniser, start, end } of findings) {
      redacted += text.slice(from, start) + this.#placeholderOf(recogniser, text.slice(start, end));
      from = end;
    }
    return redacted + text.slice(from);
  }

  /** Every text in it, names of fields too; media become `[UNREADABLE]`. Numbers stay. */
  json<Value extends Json | undefined>(value: Value): Value {
    return this.#json(value, 0) as Value;
  }

  /**
   * Puts the call's own words back in the place of placeholders. Null where one of them stands for nothing known, or for
   * words that would have to be escaped if the text is JSON.
   */
  restore(text: string): string | null {
    if (this.#hasLookalikes) return placeholderLike.test(text) ? null : text;
    let isKnown = true;
    const restored = text.replace(placeholders, (placeholder) => {
      const original = this.#originals.get(placeholder);
      if (original === undefined || needsEscape(original)) isKnown = false;
      return original ?? placeholder;
    });
    return isKnown ? restored : null;
  }

  #json(value: Json | undefined, depth: number): Json | undefined {
    if (typeof value === 'string') return isMedia(value) ? unreadableContent : this.text(value);
    if (depth > deepest) throw new RangeError('the body is nested too deeply to be looked through');
    if (Array.isArray(value)) return value.map((item: Json) => this.#json(item, depth + 1) as Json);
    if (!isJsonObject(value)) return value;
    const redacted: Record<string, Json | undefined> = {};
    for (const [key, part] of Object.entries(value)) {
      const isEncoded = encodedFields.has(key) && typeof part === 'string' && part.length > shortestEncoded;
      define(redacted, this.text(key), isEncoded ? unreadableContent : this.#json(part, depth + 1));
    }
    return redacted;
  }

  #placeholderOf(recogniser: string, found: string): string {
    this.#counts.set(recogniser, (this.#counts.get(recogniser) ?? 0) + 1);
    const known = this.#placeholders.get(found);
    if (known !== undefined) return known;
    const number = (this.#numbers.get(recogniser) ?? 0) + 1;
    const placeholder = `[${recogniser.replaceAll('-', '_').toUpperCase()}_${number}]`;
    this.#numbers.set(recogniser, number);
    this.#placeholders.set(found, placeholder);
    this.#originals.set(placeholder, found);
    return placeholder;
  }
}

const deepest = 200;

/** Fields of the API that carry media in base64: `input_audio.data`, `file.file_data`, images in answers. */
const encodedFields: ReadonlySet<string> = new Set(['data', 'file_data', 'b64_json']);
const shortestEncoded = 64;

function isMedia(text: string): boolean {
  return (
    text.startsWith('data:') && text.length > shortestEncoded && /^data:[\w.+-]{0,60}\/?[\w.+-]{0,60}[;,]/.test(text)
  );
}

/** As JSON.parse does: `__proto__` is a name like any other. */
function define(object: Record<string, Json | undefined>, key: string, value: Json | undefined): void {
  if (key === '__proto__')
    Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
  else object[key] = value;
}

/** Whether a text stands otherwise in JSON than by itself. */
function needsEscape(text: string): boolean {
  return JSON.stringify(text).length !== text.length + 2;
}
