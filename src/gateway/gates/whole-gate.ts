import { isJsonObject, type JsonObject } from '../../records/call.ts';
import { unpack } from '../unpack.ts';
import { isErrorOnly, refusalOf, retoldError, unreadableAnswer } from './foreign-error.ts';
import type { Gate, Refusal } from './gate.ts';

/** Longer answers stream by and only have their end looked at. */
const largestHeldBytes = 256 * 1024;
/** More than any answer that is rewritten. */
const largestRewrittenBytes = 64 * 1024 * 1024;

/** Changes a whole answer before it goes on. */
export interface Rewrite {
  /** Whether it is due, by the first bytes of the answer. */
  isNeeded(beginning: Buffer): boolean;
  apply(answer: JsonObject): JsonObject;
}

export interface WholeAnswer {
  readonly status: number;
  /** As `content-encoding` says; 'identity' where it says nothing. */
  readonly encoding: string;
  readonly rewrite?: Rewrite | null;
}

/**
 * A JSON answer, held until it is whole, so that half an answer, an empty one or an error under 200 gets a real status.
 * Blanks before it, with which some upstreams keep a connection alive, go on at once.
 */
export class WholeGate implements Gate {
  readonly #answer: WholeAnswer;
  readonly #pieces: Buffer[] = [];
  #bytes = 0;
  #isOpen = false;
  #rewrite: Rewrite | null = null;
  #last: Buffer = Buffer.alloc(0);
  value: JsonObject | null = null;

  constructor(answer: WholeAnswer) {
    this.#answer = answer;
  }

  take(piece: Buffer): Buffer | null {
    if (piece.length > 0) this.#last = piece;
    if (this.#isOpen || (this.#bytes === 0 && isBlank(piece))) return piece;
    const { rewrite, status } = this.#answer;
    if (this.#bytes === 0 && rewrite != null && status < 300 && rewrite.isNeeded(piece)) this.#rewrite = rewrite;
    this.#pieces.push(piece);
    this.#bytes += piece.length;
    if (this.#bytes <= (this.#rewrite === null ? largestHeldBytes : largestRewrittenBytes)) return null;
    this.#isOpen = true;
    return this.#held();
  }

  finish(): Buffer | Refusal | null {
    const { status } = this.#answer;
    if (this.#isOpen) return this.#endsWhole() ? null : unreadableAnswer('half a JSON document', status);
    const bytes = this.#held();
    if (bytes.length === 0) return unreadableAnswer('nothing', status);
    const value = this.#read(bytes);
    if (value === undefined) return unreadableAnswer('what is no JSON, or only half of it', status);
    if (isJsonObject(value)) this.value = value;
    if (status >= 400) return (value === unpackable ? null : retoldError(value, status)) ?? bytes;
    if (!isJsonObject(value)) return bytes;
    if (isErrorOnly(value)) return refusalOf(value);
    return this.#rewrite === null ? bytes : Buffer.from(JSON.stringify(this.#rewrite.apply(value)));
  }

  #held(): Buffer {
    const [only] = this.#pieces;
    return this.#pieces.length === 1 && only !== undefined ? only : Buffer.concat(this.#pieces, this.#bytes);
  }

  /** Undefined where it cannot be read; packed by something this runtime cannot unpack, it is taken on trust. */
  #read(bytes: Buffer): unknown {
    const unpacked = unpack(bytes, this.#answer.encoding);
    if (unpacked === 'unknown-encoding') return unpackable;
    if (unpacked === 'damaged') return undefined;
    try {
      return JSON.parse(unpacked.toString('utf8'));
    } catch {
      return undefined;
    }
  }

  #endsWhole(): boolean {
    if (this.#answer.encoding !== 'identity') return true;
    return /[}\]"0-9el]\s*$/.test(this.#last.subarray(-64).toString('latin1'));
  }
}

/** Stands for what this runtime cannot unpack. */
const unpackable = Symbol('unpackable');

function isBlank(piece: Buffer): boolean {
  return piece.length > 0 && piece.length < 64 && piece.toString('latin1').trim() === '';
}
