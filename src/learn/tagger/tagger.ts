import type { StudentReading } from '../student-contract.ts';
import { hashTable } from '../vocabulary.ts';
import { Chain, type Transitions } from './chain.ts';
import type { Tagger } from './tagger-contract.ts';
import { parseTaggerFile, type TaggerContents, writeTaggerFile } from './tagger-file.ts';
import { type TaggerModel, tagWith } from './tagger-model.ts';

/** @throws RightsizeError `student_damaged` when the bytes were cut, altered, or written by a newer version. */
export function readTagger(bytes: Uint8Array, reading: StudentReading = {}): Tagger {
  return openTagger(parseTaggerFile(bytes, reading), bytes.slice());
}

/** A tagger straight from its contents. */
export function buildTagger(contents: TaggerContents): Tagger {
  return openTagger(contents, writeTaggerFile(contents));
}

function openTagger(contents: TaggerContents, bytes: Uint8Array): Tagger {
  const model = openModel(contents);
  const chain = new Chain(model.tags.length);
  chain.use(model.transitions);
  return { tags: model.tags, tag: (slots) => tagWith(model, slots, chain), toBytes: () => bytes.slice() };
}

function openModel({ manifest, hashes, pairCounts, scales, parts, weights, transitions }: TaggerContents): TaggerModel {
  const starts = new Int32Array(pairCounts.length + 1);
  const values = new Float32Array(weights.length);
  pairCounts.forEach((count, column) => {
    const from = starts[column] as number;
    starts[column + 1] = from + count;
    for (let p = from; p < from + count; p++) values[p] = (weights[p] as number) * (scales[column] as number);
  });
  return {
    tags: manifest.tags,
    slots: manifest.slots,
    table: hashTable(hashes),
    starts,
    parts,
    values,
    transitions: readTransitions(transitions, manifest.tags.length),
    isFamiliar: () => true,
  };
}

function readTransitions(flat: Float32Array, tags: number): Transitions {
  const cut = (tags + 2) ** 2;
  return { tags, between: Float64Array.from(flat.subarray(0, cut)), within: Float64Array.from(flat.subarray(cut)) };
}
