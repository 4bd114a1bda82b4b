import { createHash } from 'node:crypto';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { RightsizeError } from '../../errors.ts';
import type { Call, JsonObject } from '../../records/call.ts';
import type { Route } from '../../records/route.ts';
import type { Connection } from './connection.ts';
import { sharedText } from './shared-text.ts';

/** What is kept of a call in its body; the rest stands in columns. */
export type CallBody = Pick<Call, 'request' | 'response' | 'task' | 'gold' | 'tags'> & { readonly route: Route | null };

export interface EncodedBody {
  /** Null where nothing shared was known yet. */
  readonly dictionary: number | null;
  readonly bytes: Uint8Array;
}

interface Dictionary {
  readonly id: number;
  readonly text: Uint8Array;
  uses: number;
}

/** Calls that a dictionary is made from, and how many of them must share a text. */
const samplesWanted = 12;
const sharers = 3;
/** After so many calls a dictionary is made anew, so that retention can drop the old one with its last call. */
const callsPerDictionary = 20_000;
/** Characters of samples kept while dictionaries are in the making, over all groups. */
const samplesLimit = 8_000_000;
const sampleLength = 30_000;

/**
 * Stores bodies small: calls of one prompt differ in a few words, so each is deflated against what its group shares.
 * Plain deflate, so that every supported runtime reads it.
 */
export class BodyCodec {
  readonly #connection: Connection;
  readonly #current = new Map<string, Dictionary>();
  readonly #texts = new Map<number, Uint8Array>();
  readonly #samples = new Map<string, string[]>();
  readonly #uses = new Map<number, number>();
  #sampled = 0;

  constructor(connection: Connection) {
    this.#connection = connection;
    connection.onRollback(() => this.forget());
  }

  /** Must run inside the transaction that stores the call; `settle` ends it. */
  encode(tenant: string, body: CallBody): EncodedBody {
    const text = JSON.stringify(trimmed(body));
    const groupings = groupingsOf(tenant, body.request);
    const dictionary = this.#dictionaryFor(groupings, text);
    const bytes = Buffer.from(text);
    if (!dictionary) return { dictionary: null, bytes: deflateRawSync(bytes) };
    dictionary.uses++;
    this.#uses.set(dictionary.id, (this.#uses.get(dictionary.id) ?? 0) + 1);
    return { dictionary: dictionary.id, bytes: deflateRawSync(bytes, settingsFor(bytes, dictionary.text)) };
  }

  /** Writes down how many calls need each dictionary. Once a transaction, for the row carries the text. */
  settle(): void {
    const count = this.#connection.prepare('UPDATE dictionaries SET calls = calls + ? WHERE id = ?');
    for (const [dictionary, calls] of this.#uses) count.run(calls, dictionary);
    this.#uses.clear();
  }

  decode({ dictionary, bytes }: EncodedBody): CallBody {
    const shared = dictionary === null ? undefined : this.#textOf(dictionary);
    const text = inflateRawSync(bytes, shared ? { dictionary: shared } : {}).toString();
    const read = JSON.parse(text) as Partial<CallBody> & Pick<CallBody, 'request' | 'response'>;
    const { request, response, task = null, gold = null, tags = {}, route = null } = read;
    return { request, response, task, gold, tags, route };
  }

  /** The calls that used a dictionary are gone; the last one takes it along. */
  release(dictionary: number, calls: number): void {
    this.#connection.prepare('UPDATE dictionaries SET calls = calls - ? WHERE id = ?').run(calls, dictionary);
    const dropped = this.#connection.prepare('DELETE FROM dictionaries WHERE id = ? AND calls <= 0').run(dictionary);
    if (Number(dropped.changes) > 0) this.forget();
  }

  /** The text of a body as it was encoded, and the names of the groups whose dictionaries may be made of it. */
  textOf(tenant: string, encoded: EncodedBody): { readonly text: string; readonly groupings: readonly string[] } {
    const body = this.decode(encoded);
    return { text: JSON.stringify(trimmed(body)), groupings: groupingsOf(tenant, body.request).map(nameOf) };
  }

  /** Forgets what is held in memory; it is read from the database again. */
  forget(): void {
    this.#current.clear();
    this.#texts.clear();
    this.#samples.clear();
    this.#uses.clear();
    this.#sampled = 0;
  }

  /** The dictionary of the narrowest group that has one. Groups without one collect this call for theirs. */
  #dictionaryFor(groupings: readonly string[], text: string): Dictionary | null {
    for (const grouping of groupings) {
      const known = this.#known(grouping);
      if (known && known.uses < callsPerDictionary) return known;
      const made = this.#collect(grouping, text);
      if (made ?? known) return made ?? known;
    }
    return null;
  }

  #known(grouping: string): Dictionary | null {
    const held = this.#current.get(grouping);
    if (held) return held;
    const row = this.#connection
      .prepare('SELECT id, text, calls FROM dictionaries WHERE grouping = ? ORDER BY id DESC LIMIT 1')
      .get(nameOf(grouping));
    if (!row) return null;
    const found = { id: Number(row.id), text: row.text as Uint8Array, uses: Number(row.calls) };
    this.#current.set(grouping, found);
    return found;
  }

  #collect(grouping: string, text: string): Dictionary | null {
    const samples = this.#samples.get(grouping) ?? [];
    const sample = text.slice(0, sampleLength);
    if (samples.includes(sample)) return null;
    samples.push(sample);
    this.#samples.set(grouping, samples);
    this.#sampled += sample.length;
    if (samples.length >= samplesWanted) {
      this.#drop(grouping);
      return this.#create(grouping, sharedText(samples, sharers));
    }
    while (this.#sampled > samplesLimit) this.#drop(this.#samples.keys().next().value as string);
    return null;
  }

  #drop(grouping: string): void {
    for (const sample of this.#samples.get(grouping) ?? []) this.#sampled -= sample.length;
    this.#samples.delete(grouping);
  }

  #create(grouping: string, shared: string): Dictionary {
    const text = Buffer.from(shared);
    const { lastInsertRowid } = this.#connection
      .prepare('INSERT INTO dictionaries (grouping, text) VALUES (?, ?)')
      .run(nameOf(grouping), text);
    const created = { id: Number(lastInsertRowid), text, uses: 0 };
    this.#current.set(grouping, created);
    return created;
  }

  #textOf(id: number): Uint8Array {
    const held = this.#texts.get(id);
    if (held) return held;
    const row = this.#connection.prepare('SELECT text FROM dictionaries WHERE id = ?').get(id);
    if (!row) throw new RightsizeError('store_damaged', `a call needs dictionary ${id}, which is not in the store`);
    if (this.#texts.size > 1000) this.#texts.clear();
    this.#texts.set(id, row.text as Uint8Array);
    return row.text as Uint8Array;
  }
}

/** Small windows and buffers cost less to set up, and most bodies and dictionaries fit into 8 kB; there a lower level finds nearly as much. */
function settingsFor(bytes: Uint8Array, dictionary: Uint8Array): Parameters<typeof deflateRawSync>[1] {
  const small = bytes.length + dictionary.length < 8_000;
  return small ? { dictionary, windowBits: 13, memLevel: 5, level: 3, chunkSize: 1_024 } : { dictionary };
}

/** Leaves away what has its default. */
function trimmed({ request, response, task, gold, tags, route }: CallBody): Partial<CallBody> {
  return {
    request,
    response,
    ...(task === null ? {} : { task }),
    ...(gold === null ? {} : { gold }),
    ...(Object.keys(tags).length === 0 ? {} : { tags }),
    ...(route === null ? {} : { route }),
  };
}

/** Which calls are likely to be alike: from the narrowest guess to the widest, never across tenants. */
function groupingsOf(tenant: string, request: JsonObject): readonly string[] {
  const messages: readonly unknown[] = Array.isArray(request.messages) ? request.messages : [];
  const first = messages[0] as JsonObject | null | undefined;
  const opening = typeof first?.content === 'string' ? first.content.slice(0, 80) : '';
  const wide = JSON.stringify(tenant);
  const narrower = `${wide} ${request.model} ${messages.map((message) => (message as JsonObject | null)?.role)}`;
  return [`${narrower} ${opening}`, narrower, wide];
}

/** How a group is called in the database: its own words are somebody's prompt. */
function nameOf(grouping: string): string {
  return createHash('sha256').update(grouping).digest('base64url').slice(0, 16);
}
