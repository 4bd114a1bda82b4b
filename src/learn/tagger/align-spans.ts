import { first, last, middleOf, only, outside, tagOf } from './tag-states.ts';
import type { TaggedSpan } from './tagger-contract.ts';
import type { Tokens } from './tokens.ts';

export interface AlignedSpans {
  /** A state a token. */
  readonly path: Uint16Array;
  /** Spans left out: they overlap a longer one, or hold no token. */
  readonly dropped: number;
  /** Spans whose edges do not stand between tokens, and were moved outwards. */
  readonly moved: number;
}

/** Spans of one slot as states of its tokens. Of spans that overlap the longest stays, of equal ones the first. */
export function alignSpans(
  spans: readonly TaggedSpan[],
  tokens: Tokens,
  tagNumbers: ReadonlyMap<string, number>,
): AlignedSpans {
  const path = new Uint16Array(tokens.count).fill(outside);
  let dropped = 0;
  let moved = 0;
  const longestFirst = [...spans].sort((a, b) => b.end - b.start - (a.end - a.start) || a.start - b.start);
  for (const span of longestFirst) {
    const tag = tagNumbers.get(span.tag);
    const from = firstEndingAfter(tokens, span.start);
    let to = from;
    while (to < tokens.count && (tokens.starts[to] as number) < span.end) to++;
    if (tag === undefined || to === from || path.subarray(from, to).some((state) => state !== outside)) {
      dropped++;
      continue;
    }
    if ((tokens.starts[from] as number) < span.start || (tokens.ends[to - 1] as number) > span.end) moved++;
    writeSpan(path, from, to, tag);
  }
  return { path, dropped, moved };
}

function writeSpan(path: Uint16Array, from: number, to: number, tag: number): void {
  const middle = middleOf(tag);
  path.fill(middle, from, to);
  path[from] = middle + first;
  path[to - 1] = middle + (to - from === 1 ? only : last);
}

function firstEndingAfter({ ends, count }: Tokens, offset: number): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ends[middle] as number) > offset) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** States of a slot's tokens as spans, in the order of the text. */
export function spansOf(path: ArrayLike<number>, tokens: Tokens, slot: number, tags: readonly string[]): TaggedSpan[] {
  const spans: TaggedSpan[] = [];
  let start = 0;
  for (let token = 0; token < tokens.count; token++) {
    const state = path[token] as number;
    if (state === outside) continue;
    const tag = tagOf(state);
    const role = state - middleOf(tag);
    if (role === first || role === only) start = tokens.starts[token] as number;
    if (role === last || role === only)
      spans.push({ tag: tags[tag] as string, slot, start, end: tokens.ends[token] as number });
  }
  return spans;
}
