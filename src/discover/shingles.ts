import { isSpace, isWord, tokenise } from './tokens.ts';

/** A run of three tokens at a place in a prompt, as a number; with what is needed to weigh it. */
export interface Shingle {
  readonly id: number;
  readonly message: number;
  /** Touches the start or the end of its message. */
  readonly isEdge: boolean;
  readonly hasWord: boolean;
}

/** Longer messages are looked at from both ends: no template is told apart by what stands in the middle of a book. */
const longestMessage = 60_000;

/** Turns prompts into sets of shingles, in the order of their first places. Texts that recur (system messages) are taken apart once. */
export class ShingleReader {
  readonly #known = new Map<string, readonly Shingle[]>();

  read(texts: readonly string[]): readonly Shingle[] {
    return texts.flatMap((text, message) => this.#readMessage(text, message));
  }

  #readMessage(text: string, message: number): readonly Shingle[] {
    const key = `${message}:${text}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const made = shinglesOf(text, message);
    this.#known.set(key, made);
    return made;
  }
}

function shinglesOf(text: string, message: number): readonly Shingle[] {
  const cut =
    text.length <= longestMessage ? text : `${text.slice(0, longestMessage / 2)}\n${text.slice(-longestMessage / 2)}`;
  const tokens = tokenise(cut).filter((token) => !isSpace(token));
  const hashes = tokens.map(hashToken);
  const seen = new Map<number, Shingle>();
  const add = (id: number, isEdge: boolean, hasWord: boolean): void => {
    if (!seen.has(id)) seen.set(id, { id, message, isEdge, hasWord });
  };
  const first = hashes[0];
  const last = hashes.at(-1);
  if (first === undefined || last === undefined) return [];
  add(mix(mix(message, 1), first), true, isWord(tokens[0]!));
  for (let i = 0; i + 1 < hashes.length; i++) {
    const third = hashes[i + 2] ?? 3;
    const hasWord = isWord(tokens[i]!) || isWord(tokens[i + 1]!) || isWord(tokens[i + 2] ?? '');
    add(mix(mix(mix(message, hashes[i]!), hashes[i + 1]!), third), i === 0 || i + 2 >= hashes.length, hasWord);
  }
  add(mix(mix(message, 2), last), true, isWord(tokens.at(-1)!));
  return [...seen.values()];
}

function hashToken(token: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < token.length; i++) hash = Math.imul(hash ^ token.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

function mix(a: number, b: number): number {
  let mixed = Math.imul(a ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(b ^ (b >>> 15), 0xc2b2ae35);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0x27d4eb2f);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
