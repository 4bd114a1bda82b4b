import { findOccurrences, type Occurrence } from '../tagger/find-occurrences.ts';

/** How a text of the input becomes a value of the answer. */
export interface Normaliser {
  readonly name: 'exactly';
}

export const exactly: Normaliser = { name: 'exactly' };

export interface Valued {
  readonly value: string | number;
  readonly slots: readonly string[];
}

/** Where in the input a text stands that becomes this value. */
export function findSources(
  value: string | number,
  slots: readonly string[],
  _normaliser: Normaliser,
): readonly Occurrence[] {
  return findOccurrences(String(value), slots);
}

/** The value that a text of the input becomes; null where it becomes none. */
export function applyNormaliser(_normaliser: Normaliser, text: string): string | number | null {
  return text;
}

/** The normaliser that makes most of the values out of their inputs, and the share of them that it makes. */
export function chooseNormaliser(values: readonly Valued[]): {
  readonly normaliser: Normaliser;
  readonly share: number;
} {
  const copied = values.filter(({ value, slots }) => findSources(value, slots, exactly).length > 0);
  return { normaliser: exactly, share: values.length === 0 ? 0 : copied.length / values.length };
}
