/** One JSON text of a log: a line, or an element of the list that the whole file is. */
export interface LogRecord {
  /** Where it begins; from 1. */
  readonly line: number;
  /** Null where it is longer than `recordLimit`. */
  readonly text: string | null;
}

/** Bytes. Longer records are passed over, so that a file without line ends cannot take all the memory. */
export const recordLimit = 64 * 1024 * 1024;

const newline = 10;
const quote = 34;
const comma = 44;
const openBracket = 91;
const backslash = 92;
const closeBracket = 93;
const openBrace = 123;
const closeBrace = 125;

/** Splits a log into its records. Blank lines, carriage returns and a byte order mark are nothing; a leading `[` makes it one list. */
export async function* splitRecords(chunks: AsyncIterable<Uint8Array>): AsyncIterable<LogRecord> {
  let splitter: Splitter | null = null;
  for await (const chunk of chunks) {
    let bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    if (!splitter) {
      if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) bytes = bytes.subarray(3);
      splitter = /^\s*\[/.test(bytes.toString('latin1', 0, 4096)) ? new ListSplitter() : new LineSplitter();
    }
    yield* splitter.push(bytes);
  }
  if (splitter) yield* splitter.end();
}

interface Splitter {
  push(bytes: Buffer): Iterable<LogRecord>;
  end(): Iterable<LogRecord>;
}

/** The bytes of a record that came in several chunks. */
class Parts {
  #parts: Buffer[] = [];
  #length = 0;

  add(part: Buffer): void {
    this.#length += part.length;
    if (this.#length > recordLimit) this.#parts = [];
    else this.#parts.push(part);
  }

  /** The record's text, null when it is too long, undefined when there is none. */
  take(): string | null | undefined {
    const text = this.#length > recordLimit ? null : Buffer.concat(this.#parts).toString().trim();
    this.#parts = [];
    this.#length = 0;
    return text === '' ? undefined : text;
  }
}

class LineSplitter implements Splitter {
  readonly #parts = new Parts();
  #line = 1;

  *push(bytes: Buffer): Iterable<LogRecord> {
    let start = 0;
    for (let end = bytes.indexOf(newline); end >= 0; end = bytes.indexOf(newline, start)) {
      this.#parts.add(bytes.subarray(start, end));
      yield* this.end();
      this.#line++;
      start = end + 1;
    }
    this.#parts.add(bytes.subarray(start));
  }

  *end(): Iterable<LogRecord> {
    const text = this.#parts.take();
    if (text !== undefined) yield { line: this.#line, text };
  }
}

/** Cuts a list at the commas between its elements, without reading them: a broken element spoils only itself. */
class ListSplitter implements Splitter {
  readonly #parts = new Parts();
  #line = 1;
  #startLine = 1;
  #depth = 0;
  #isInText = false;
  #isEscaped = false;
  #isEmpty = true;

  *push(bytes: Buffer): Iterable<LogRecord> {
    let start = 0;
    for (let index = 0; index < bytes.length; index++) {
      const byte = bytes[index] as number;
      if (byte === newline) this.#line++;
      const isOutside = this.#step(byte);
      if (isOutside) {
        this.#parts.add(bytes.subarray(start, index));
        yield* this.end();
        start = index + 1;
      } else if (this.#isEmpty && byte > 32) {
        this.#isEmpty = false;
        this.#startLine = this.#line;
      }
    }
    this.#parts.add(bytes.subarray(start));
  }

  *end(): Iterable<LogRecord> {
    const text = this.#parts.take();
    if (text !== undefined) yield { line: this.#startLine, text };
    this.#isEmpty = true;
  }

  /** Moves past one byte; true for the list's own brackets and commas. */
  #step(byte: number): boolean {
    if (this.#isInText) {
      if (this.#isEscaped) this.#isEscaped = false;
      else if (byte === backslash) this.#isEscaped = true;
      else if (byte === quote) this.#isInText = false;
      return false;
    }
    switch (byte) {
      case quote:
        this.#isInText = true;
        return false;
      case openBracket:
      case openBrace:
        return this.#depth++ === 0;
      case closeBracket:
      case closeBrace:
        return --this.#depth === 0;
      case comma:
        return this.#depth === 1;
      default:
        return false;
    }
  }
}
