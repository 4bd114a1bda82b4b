import { emptyNgrams, hashNgrams } from './ngrams.ts';
import { BlockNorms, biasValue, termWeight } from './sparse-rows.ts';
import { hashTable, type Vocabulary } from './vocabulary.ts';

/** Turns an input into one sparse row, exactly as the training rows were made. */
export interface InputReader {
  /** Fills the indices and values it was opened on; the last entry is the bias. */
  read(slots: readonly string[]): { readonly count: number; readonly unseenShare: number };
}

/** `indices` and `values` must hold one entry a column and one for the bias. */
export function inputReader(vocabulary: Vocabulary, indices: Int32Array, values: Float32Array): InputReader {
  const table = hashTable(vocabulary.hashes);
  const ngrams = emptyNgrams();
  const norms = new BlockNorms();
  const size = vocabulary.hashes.length;
  const entryOf = new Int32Array(size).fill(-1);
  const counts = new Float64Array(size);
  const blocks = new Uint16Array(size);

  return {
    read(slots) {
      hashNgrams(slots, ngrams);
      norms.clear();
      let count = 0;
      let known = 0;
      let unknown = 0;
      let position = 0;
      for (let block = 0; block < ngrams.blockEnds.length; block++) {
        const end = ngrams.blockEnds[block] as number;
        for (; position < end; position++) {
          const column = table.find(ngrams.hashes[position] as number);
          if (column < 0) {
            unknown++;
            continue;
          }
          known += vocabulary.idf[column] as number;
          const entry = entryOf[column] as number;
          if (entry >= 0) counts[entry] = (counts[entry] as number) + 1;
          else {
            entryOf[column] = count;
            indices[count] = column;
            blocks[count] = block;
            counts[count++] = 1;
          }
        }
      }
      for (let entry = 0; entry < count; entry++) {
        const column = indices[entry] as number;
        entryOf[column] = -1;
        const value = termWeight(counts[entry] as number, vocabulary.idf[column] as number);
        values[entry] = value;
        norms.add(blocks[entry] as number, value);
      }
      norms.finish();
      for (let entry = 0; entry < count; entry++)
        values[entry] = (values[entry] as number) * norms.scale(blocks[entry] as number);
      indices[count] = size;
      values[count] = biasValue;
      const unseen = unknown * vocabulary.unknownIdf;
      return { count: count + 1, unseenShare: unseen + known === 0 ? 1 : unseen / (unseen + known) };
    },
  };
}
