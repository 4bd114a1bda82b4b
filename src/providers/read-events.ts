import { StringDecoder } from 'node:string_decoder';
import { isJsonObject, type JsonObject } from '../records/call.ts';

/**
 * Reads server-sent events whose data are JSON objects, however their bytes are cut: LF, CRLF, CR, comments, several data
 * lines, a byte order mark. What is no object (`[DONE]`) is passed over.
 */
export class EventReader {
  readonly #decoder = new StringDecoder('utf8');
  #text = '';
  #isAtStart = true;
  /** CR at the end of a piece: an LF that follows belongs to it. */
  #endedInReturn = false;
  #data: string[] = [];

  push(piece: Buffer): readonly JsonObject[] {
    return this.#read(this.#decoder.write(piece));
  }

  /** The event that no empty line ended. */
  finish(): readonly JsonObject[] {
    return this.#read(`${this.#decoder.end()}\n\n`);
  }

  #read(more: string): readonly JsonObject[] {
    let text = more;
    if (this.#endedInReturn && text.startsWith('\n')) text = text.slice(1);
    if (text !== '') this.#endedInReturn = text.endsWith('\r');
    if (this.#isAtStart && text !== '') {
      this.#isAtStart = false;
      text = text.replace(/^\ufeff/, '');
    }
    const lines = (this.#text + text).split(/\r\n|\n|\r/);
    this.#text = lines.pop() ?? '';
    return lines.flatMap((line) => this.#readLine(line));
  }

  #readLine(line: string): readonly JsonObject[] {
    if (line !== '') {
      if (line.startsWith('data:')) this.#data.push(line.slice(line[5] === ' ' ? 6 : 5));
      return [];
    }
    const data = this.#data.join('\n');
    this.#data = [];
    if (!data.startsWith('{')) return [];
    const value = parse(data);
    return isJsonObject(value) ? [value] : [];
  }
}

function parse(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch {
    return null;
  }
}
