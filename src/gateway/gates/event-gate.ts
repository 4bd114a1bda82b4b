import { isJsonObject } from '../../records/call.ts';
import { isErrorOnly, refusalOf, unreadableAnswer } from './foreign-error.ts';
import type { Gate, Refusal } from './gate.ts';

/** A single event larger than this goes on before its end. */
const largestHeldBytes = 1024 * 1024;

/**
 * A stream of events, let on event by event: what was cut in the middle of one waits for its end, so that a comment or
 * an error can be put between any two pieces. An error in the place of the first event gets a real status.
 * `edit` may change or drop whole events.
 */
export class EventGate implements Gate {
  readonly value = null;
  readonly #edit: ((events: Buffer) => Buffer | null) | null;
  #held: Buffer[] = [];
  #heldBytes = 0;
  /** The last bytes of what is held: an end of an event may be cut in two. */
  #tail = '';
  #hasBegun = false;
  readonly #comments: Buffer[] = [];
  #commentedAt: number | null = null;

  constructor(edit: ((events: Buffer) => Buffer | null) | null = null) {
    this.#edit = edit;
  }

  take(piece: Buffer): Buffer | Refusal | null {
    if (this.#held.length === 0 && endsEvent(piece)) return this.#pass(piece);
    const text = this.#tail + piece.toString('latin1');
    const end = endOfLastEvent(text) - this.#tail.length;
    if (end <= 0) {
      this.#hold(piece, text);
      return this.#heldBytes > largestHeldBytes ? this.#pass(this.#release()) : null;
    }
    const whole = this.#held.length === 0 ? piece.subarray(0, end) : this.#release(piece.subarray(0, end));
    if (end < piece.length) this.#hold(piece.subarray(end), text.slice(this.#tail.length + end));
    else this.#tail = '';
    return this.#pass(whole);
  }

  /** Half an event at the end is passed on as it came: the upstream closed in good order. */
  finish(): Buffer | Refusal | null {
    const rest = this.#held.length > 0 ? this.#pass(this.#release()) : null;
    return rest === null && !this.#hasBegun ? unreadableAnswer('a stream without any event') : rest;
  }

  #hold(piece: Buffer, text: string): void {
    this.#held.push(piece);
    this.#heldBytes += piece.length;
    this.#tail = text.slice(-3);
  }

  #release(last?: Buffer): Buffer {
    if (last !== undefined) this.#held.push(last);
    const whole = Buffer.concat(this.#held);
    this.#held = [];
    this.#heldBytes = 0;
    return whole;
  }

  #pass(events: Buffer): Buffer | Refusal | null {
    if (!this.#hasBegun) return this.#passFirst(events);
    return this.#edit === null ? events : this.#edit(events);
  }

  /** Comments alone are no answer yet: they wait for an event, but not so long that the caller's patience ends. */
  #passFirst(events: Buffer): Buffer | Refusal | null {
    const refusal = readFirst(events);
    if (refusal !== null) return refusal;
    this.#comments.push(events);
    if (holdsNoEvent(events)) {
      this.#commentedAt ??= performance.now();
      if (performance.now() - this.#commentedAt < longestCommentMs) return null;
    }
    this.#hasBegun = true;
    const all = this.#comments.length === 1 ? events : Buffer.concat(this.#comments);
    return this.#edit === null ? all : this.#edit(all);
  }
}

/** Some upstreams comment on their silence every few seconds. */
const longestCommentMs = 2_000;

/** Nothing but comments and empty lines. */
function holdsNoEvent(events: Buffer): boolean {
  if (events[0] !== colon && events[0] !== lineFeed && events[0] !== carriageReturn) return false;
  return events
    .toString('latin1')
    .split(/[\r\n]+/)
    .every((line) => line === '' || line.startsWith(':'));
}

function endsEvent(piece: Buffer): boolean {
  const { length } = piece;
  if (length < 2 || piece[length - 1] !== lineFeed) return false;
  return piece[length - 2] === lineFeed || (piece[length - 2] === carriageReturn && piece[length - 3] === lineFeed);
}

const lineFeed = 10;
const colon = 58;
const carriageReturn = 13;
/** A break is LF, CR or CRLF, also mixed; an event ends where two follow each other. */
const emptyLines = ['\n\r\n', '\n\n', '\r\r', '\n\r'];

/** 0 where none ends. */
function endOfLastEvent(text: string): number {
  let end = 0;
  for (const breaks of emptyLines) {
    const at = text.lastIndexOf(breaks);
    if (at !== -1) end = Math.max(end, at + breaks.length);
  }
  return end;
}

/** Whether the first event is an error. Looks at no more than its beginning unless it is one. */
function readFirst(events: Buffer): Refusal | null {
  const start = events.subarray(0, 160).toString('latin1');
  if (!/"error"/.test(start)) return null;
  const data = /^data: ?(.*)$/m.exec(events.toString('utf8').replace(/^\ufeff/, ''))?.[1];
  try {
    const value: unknown = JSON.parse(data ?? '');
    return isJsonObject(value) && isErrorOnly(value) ? refusalOf(value) : null;
  } catch {
    return null;
  }
}
