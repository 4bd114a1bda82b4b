import { type Shingle, ShingleReader } from './shingles.ts';

/** One prompt of a pool, as clustering sees it. */
export interface PromptRow {
  readonly texts: readonly string[];
  /** Milliseconds since 1970, UTC. */
  readonly at: number;
  /** What the answer was, folded; null where there was none. Two prompts that are answered differently are two tasks. */
  readonly answer: string | null;
}

/** Fewer different prompts are no cluster. */
export const fewestPrompts = 10;

/** Words by which a block must differ to be a prompt of its own without asking the answers. */
const fewestOwnWords = 4;

interface Item {
  readonly row: PromptRow;
  readonly shingles: readonly Shingle[];
}

/** Shingles with exactly the same members: a piece of constant text, or a phrase of a repeated topic. */
interface Block {
  readonly shingles: readonly Shingle[];
  readonly members: ReadonlySet<Item>;
}

/**
 * Splits prompts of one structure into clusters that share their constants, top down: the block of text that explains most is
 * split off where it is a prompt of its own and not a phrase or a slot of few values. Rows nobody explains are in no cluster.
 */
export function clusterPrompts(rows: readonly PromptRow[]): readonly (readonly PromptRow[])[] {
  const reader = new ShingleReader();
  const items = rows.map((row) => ({ row, shingles: reader.read(row.texts) }));
  return splitItems(items, 0).map((cluster) => cluster.map((item) => item.row));
}

function splitItems(items: readonly Item[], depth: number): readonly (readonly Item[])[] {
  if (items.length < fewestPrompts) return [];
  const { core, blocks } = weigh(items);
  const block = depth > 60 ? null : chooseBlock(items, core, blocks);
  if (block === null) return isUndecided(items, core, blocks) ? [] : [withoutStragglers(items, core)];
  const inside = items.filter((item) => block.members.has(item));
  const outside = items.filter((item) => !block.members.has(item));
  return [...splitItems(inside, depth + 1), ...splitItems(outside, depth + 1)];
}

/** Drops the few rows that lack what all others share: an accident among the calls must not cost the template its constants. */
function withoutStragglers(items: readonly Item[], core: readonly Shingle[]): readonly Item[] {
  const needed = core.filter((shingle) => shingle.hasWord).map((shingle) => shingle.id);
  const loyal = items.filter((item) => {
    const ids = new Set(item.shingles.map((shingle) => shingle.id));
    return needed.every((id) => ids.has(id));
  });
  return loyal.length >= items.length * 0.95 ? loyal : items;
}

/** What (almost) all share, and the blocks that some share. */
function weigh(items: readonly Item[]): { readonly core: readonly Shingle[]; readonly blocks: readonly Block[] } {
  const found = new Map<number, { readonly shingle: Shingle; count: number; signature: number }>();
  items.forEach((item, index) => {
    const mark = signatureOf(index);
    for (const shingle of item.shingles) {
      const entry = found.get(shingle.id);
      if (entry === undefined) found.set(shingle.id, { shingle, count: 1, signature: mark });
      else {
        entry.count++;
        entry.signature += mark;
      }
    }
  });
  const core: Shingle[] = [];
  const grouped = new Map<number, Shingle[]>();
  // In a small sample a prompt may have a few calls only: too few to be found, enough not to be taken for another one.
  const fewestShared = items.length < 6 * fewestPrompts ? 4 : fewestPrompts;
  const almostAll = items.length - Math.floor(items.length * 0.03);
  for (const { shingle, count, signature } of found.values()) {
    if (count >= almostAll) core.push(shingle);
    else if (count >= fewestShared) {
      const group = grouped.get(signature);
      if (group === undefined) grouped.set(signature, [shingle]);
      else group.push(shingle);
    }
  }
  const largest = [...grouped.values()]
    .map((shingles) => ({ shingles, volume: volumeOf(shingles, found.get(shingles[0]!.id)!.count) }))
    .sort((a, b) => b.volume - a.volume)
    .slice(0, 60);
  return { core, blocks: largest.map(({ shingles }) => ({ shingles, members: membersOf(items, shingles[0]!.id) })) };
}

/** How much text a block explains. Where messages begin and end is where prompts, not topics, repeat. */
function volumeOf(shingles: readonly Shingle[], members: number): number {
  const weight = shingles.some((shingle) => shingle.isEdge && shingle.hasWord) ? 3 : 1;
  return shingles.length * members * weight;
}

function membersOf(items: readonly Item[], id: number): ReadonlySet<Item> {
  return new Set(items.filter((item) => item.shingles.some((shingle) => shingle.id === id)));
}

/** A number a row; sums of different sets of rows are different (to within chance of 2⁻⁴⁰). */
function signatureOf(index: number): number {
  let mixed = Math.imul(index + 1, 0x9e3779b1);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x85ebca6b);
  mixed ^= mixed >>> 13;
  const low = Math.imul(mixed ^ 0x5bd1e995, 0xc2b2ae35) >>> 12;
  return (mixed >>> 0) * 1_048_576 + low;
}

function chooseBlock(items: readonly Item[], core: readonly Shingle[], blocks: readonly Block[]): Block | null {
  const isBound = core.filter((shingle) => shingle.hasWord).length >= fewestOwnWords;
  const own = blocks.filter((block) => isPromptOfItsOwn(block, core));
  // Prompts that nothing binds together are taken apart freely; under a common constant the blocks must explain (almost) all,
  // else they are phrases of the inputs.
  if (own.length > 0 && (!isBound || coverage(items, own) >= 0.9)) return own[0] ?? null;
  return blocks.find((block) => isEdgeBlock(block, core) && answersPart(items, block)) ?? null;
}

/** A few words that differ at the edge of a message: a slot of few values, or short instructions. Answers will tell, once there are enough. */
function isUndecided(items: readonly Item[], core: readonly Shingle[], blocks: readonly Block[]): boolean {
  if (items.length >= 4 * fewestPrompts) return false;
  const short = blocks.filter((block) => isEdgeBlock(block, core) && ownWords(block, core) >= 2);
  return coverage(items, short) >= 0.9;
}

/** The most words that a block has of its own in one message where what all share does not enclose it. */
function ownWords(block: Block, core: readonly Shingle[]): number {
  const messages = new Set(block.shingles.map((shingle) => shingle.message));
  return Math.max(
    ...[...messages]
      .filter((message) => !isEnclosed(block, core, message))
      // A run of n words stands in n + 2 shingles of three.
      .map((message) => countWordShingles(block.shingles, message) - 2),
    0,
  );
}

function countWordShingles(shingles: readonly Shingle[], message: number): number {
  return shingles.filter((shingle) => shingle.message === message && shingle.hasWord).length;
}

/** Long enough, in one message, to be an instruction, and not enclosed by what all share (that would be a slot). */
function isPromptOfItsOwn(block: Block, core: readonly Shingle[]): boolean {
  const messages = new Set(block.shingles.map((shingle) => shingle.message));
  return [...messages].some((message) => {
    const mass = countWordShingles(block.shingles, message) - 2;
    const shared = countWordShingles(core, message);
    return mass >= fewestOwnWords && mass >= shared / 2 && !isEnclosed(block, core, message);
  });
}

function isEnclosed(block: Block, core: readonly Shingle[], message: number): boolean {
  const [member] = block.members;
  if (member === undefined) return false;
  const order = new Map(member.shingles.map((shingle, index) => [shingle.id, index]));
  const places = (shingles: readonly Shingle[]): number[] =>
    shingles.filter((shingle) => shingle.message === message && shingle.hasWord).map(({ id }) => order.get(id) ?? -1);
  const own = places(block.shingles);
  const shared = places(core).filter((place) => place >= 0);
  return shared.some((place) => place < Math.min(...own)) && shared.some((place) => place > Math.max(...own));
}

/** Reaches the start or end of a message: something that all share does not stand on both sides of it. */
function isEdgeBlock(block: Block, core: readonly Shingle[]): boolean {
  return block.shingles.some(
    (shingle) => shingle.isEdge && shingle.hasWord && !core.some((other) => other.id === shingle.id),
  );
}

function coverage(items: readonly Item[], blocks: readonly Block[]): number {
  const covered = new Set<Item>();
  for (const block of blocks) for (const member of block.members) covered.add(member);
  return covered.size / items.length;
}

/** Whether the rows with the block are answered from another set of answers than the rows without it. */
function answersPart(items: readonly Item[], block: Block): boolean {
  const inside: string[] = [];
  const outside: string[] = [];
  for (const item of items) {
    if (item.row.answer === null) continue;
    (block.members.has(item) ? inside : outside).push(item.row.answer);
  }
  return haveOtherAnswers(inside, outside);
}

/** Two closed sets of at least two answers each that (almost) never meet. */
export function haveOtherAnswers(some: readonly string[], others: readonly string[]): boolean {
  if (some.length < fewestPrompts || others.length < fewestPrompts) return false;
  const someSet = new Set(some);
  const otherSet = new Set(others);
  if (someSet.size < 2 || otherSet.size < 2) return false;
  if (someSet.size > some.length / 3 && otherSet.size > others.length / 3) return false;
  const met = some.filter((answer) => otherSet.has(answer)).length / some.length;
  const metOther = others.filter((answer) => someSet.has(answer)).length / others.length;
  return met <= 0.02 && metOther <= 0.02;
}
