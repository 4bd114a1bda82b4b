import { tokenise } from './tokens.ts';

/** Where a value stands: UTF-16 offsets into `slots[slot]`, the end excluded. */
export interface Occurrence {
  readonly slot: number;
  readonly start: number;
  readonly end: number;
}

/**
 * Every place where the value stands in the slots, letter by letter, in the order of the input. Places whose edges fall
 * between tokens hide all others: "art" is found in "art deco", not in "start". None for an empty value.
 */
export function findOccurrences(value: string, slots: readonly string[]): readonly Occurrence[] {
  if (value.trim() === '') return [];
  const aligned: Occurrence[] = [];
  const others: Occurrence[] = [];
  slots.forEach((text, slot) => {
    let at = text.indexOf(value);
    if (at < 0) return;
    const { count, starts, ends } = tokenise(text);
    const edges = { starts: new Set(starts.subarray(0, count)), ends: new Set(ends.subarray(0, count)) };
    for (; at >= 0; at = text.indexOf(value, at + 1)) {
      const isAligned = edges.starts.has(at) && edges.ends.has(at + value.length);
      (isAligned ? aligned : others).push({ slot, start: at, end: at + value.length });
    }
  });
  return aligned.length > 0 ? aligned : others;
}
