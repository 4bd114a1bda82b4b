import { GrowingIntegers } from './feature-interner.ts';
import { partsOf, stateCount } from './tag-states.ts';

/** Token t owns columns[starts[t]] … columns[starts[t + 1]]. */
export interface TokenColumns {
  readonly starts: Int32Array;
  readonly columns: Int32Array;
}

/** A feature that stands with so many tokens may speak against tags, too, that it was never seen with. */
const denseFrom = 50;
/** With more tags that would cost more time than it is worth. */
const denseTags = 20;

/** The parts (`tag-states.ts`) that may weigh something with each feature: feature f owns parts[starts[f]] … */
export function observedPairs(
  tokens: TokenColumns,
  path: Uint16Array,
  { features, tags }: { readonly features: number; readonly tags: number },
): { readonly starts: Int32Array; readonly parts: Uint16Array } {
  const seen = statesByFeature(tokens, path, features);
  const partLists = Array.from({ length: stateCount(tags) }, (_, state) => partsOf(state));
  const lastSeenBy = new Int32Array(partLists.length).fill(-1);
  const starts = new Int32Array(features + 1);
  const parts = new GrowingIntegers();
  for (let feature = 0; feature < features; feature++) {
    const from = seen.starts[feature] as number;
    const to = seen.starts[feature + 1] as number;
    const add = (part: number): void => {
      if (lastSeenBy[part] === feature) return;
      lastSeenBy[part] = feature;
      parts.push(part);
    };
    for (let j = from; j < to; j++) (partLists[seen.states[j] as number] as readonly number[]).forEach(add);
    if (to - from >= denseFrom && tags <= denseTags) for (let part = 0; part < partLists.length; part++) add(part);
    starts[feature + 1] = parts.length;
  }
  return { starts, parts: Uint16Array.from(parts.trimmed()) };
}

/** States of the tokens that each feature stands with. */
function statesByFeature(
  { starts, columns }: TokenColumns,
  path: Uint16Array,
  features: number,
): { readonly starts: Int32Array; readonly states: Uint16Array } {
  const byFeature = new Int32Array(features + 1);
  for (const column of columns) byFeature[column + 1] = (byFeature[column + 1] as number) + 1;
  for (let feature = 0; feature < features; feature++)
    byFeature[feature + 1] = (byFeature[feature + 1] as number) + (byFeature[feature] as number);
  const places = byFeature.slice();
  const states = new Uint16Array(columns.length);
  for (let token = 0; token < path.length; token++)
    for (let j = starts[token] as number; j < (starts[token + 1] as number); j++) {
      const column = columns[j] as number;
      const place = places[column] as number;
      states[place] = path[token] as number;
      places[column] = place + 1;
    }
  return { starts: byFeature, states };
}
