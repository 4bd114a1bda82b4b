/** What an entry costs beside its text and its vector, roughly. */
const entryBytes = 120;

/** Vectors of texts, the longest unused leaving first. Bounded by bytes: a text counts two a character. */
export class VectorCache {
  readonly #entries = new Map<string, Float32Array>();
  readonly #mostBytes: number;
  #bytes = 0;

  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(text: string): Float32Array | null {
    const vector = this.#entries.get(text);
    if (vector === undefined) return null;
    // A map keeps the order of insertion: whoever is asked for goes to the end.
    this.#entries.delete(text);
    this.#entries.set(text, vector);
    return vector;
  }

  /** A vector that alone is larger than the cache is not kept. */
  set(text: string, vector: Float32Array): void {
    this.#remove(text);
    const bytes = sizeOf(text, vector);
    if (bytes > this.#mostBytes) return;
    this.#entries.set(text, vector);
    this.#bytes += bytes;
    for (const oldest of this.#entries.keys()) {
      if (this.#bytes <= this.#mostBytes) break;
      this.#remove(oldest);
    }
  }

  #remove(text: string): void {
    const vector = this.#entries.get(text);
    if (vector === undefined) return;
    this.#entries.delete(text);
    this.#bytes -= sizeOf(text, vector);
  }
}

function sizeOf(text: string, vector: Float32Array): number {
  return entryBytes + 2 * text.length + vector.byteLength;
}
