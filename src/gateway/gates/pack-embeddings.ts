import { isJsonObject, type Json, type JsonObject } from '../../records/call.ts';
import type { Rewrite } from './whole-gate.ts';

/**
 * The official clients ask for vectors as base64 and read whatever comes as that; from a server that knows lists of numbers
 * alone they would get garbage. Such lists are packed, everything else stays as it is.
 */
export const packEmbeddings: Rewrite = {
  isNeeded: (beginning) => /"embedding"\s*:\s*\[/.test(beginning.subarray(0, 4_096).toString('latin1')),
  apply: (answer) => (Array.isArray(answer.data) ? { ...answer, data: answer.data.map(packed) } : answer),
};

function packed(item: Json): Json {
  if (!isJsonObject(item) || !Array.isArray(item.embedding)) return item;
  const vector = Float32Array.from(item.embedding, Number);
  return { ...item, embedding: littleEndian(vector).toString('base64') } satisfies JsonObject;
}

function littleEndian(vector: Float32Array): Buffer {
  const bytes = Buffer.alloc(vector.length * Float32Array.BYTES_PER_ELEMENT);
  vector.forEach((value, at) => {
    bytes.writeFloatLE(value, at * Float32Array.BYTES_PER_ELEMENT);
  });
  return bytes;
}
