import { isJsonObject, type Json } from '../../records/call.ts';

/** What stands at one path of an answer: a single value, or a list as a whole. */
export type Leaf = string | number | boolean | null | readonly Json[];

/** An answer taken apart: what stands at each path, in order. The path of a bare value is `''`, of a field `/field`. */
export interface AnswerLeaves {
  readonly leaves: ReadonlyMap<string, Leaf>;
  /** Objects inside the answer, the outermost left out: `/arguments`. */
  readonly containers: readonly string[];
}

/** Takes an answer apart. Objects are walked into, lists are kept whole. */
export function takeApart(answer: Json): AnswerLeaves {
  const leaves = new Map<string, Leaf>();
  const containers: string[] = [];
  const walk = (value: Json, path: string): void => {
    if (!isJsonObject(value)) {
      leaves.set(path, value as Leaf);
      return;
    }
    if (path !== '') containers.push(path);
    for (const [key, child] of Object.entries(value)) if (child !== undefined) walk(child, `${path}/${escapeKey(key)}`);
  };
  walk(answer, '');
  return { leaves, containers };
}

/** Puts an answer together again. A leaf where other leaves have made an object gives way to them. */
export function putTogether({ leaves, containers }: AnswerLeaves): Json {
  const bare = leaves.get('');
  if (bare !== undefined) return bare as Json;
  const root: Record<string, Json> = {};
  for (const path of containers) objectAt(root, keysOf(path));
  const byDepth = [...leaves].sort(([a], [b]) => keysOf(b).length - keysOf(a).length);
  for (const [path, leaf] of byDepth) {
    const keys = keysOf(path);
    const parent = objectAt(root, keys.slice(0, -1));
    const last = keys.at(-1) ?? '';
    if (!Object.hasOwn(parent, last)) define(parent, last, leaf as Json);
  }
  return root;
}

function objectAt(root: Record<string, Json>, keys: readonly string[]): Record<string, Json> {
  let place = root;
  for (const key of keys) {
    const child = Object.hasOwn(place, key) ? place[key] : undefined;
    if (isJsonObject(child)) place = child as Record<string, Json>;
    else {
      const made: Record<string, Json> = {};
      define(place, key, made);
      place = made;
    }
  }
  return place;
}

/** A key named `__proto__` is a key like any other. */
function define(object: Record<string, Json>, key: string, value: Json): void {
  Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
}

// As in JSON pointers (RFC 6901).
function escapeKey(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}

function keysOf(path: string): readonly string[] {
  return path
    .split('/')
    .slice(1)
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
}
