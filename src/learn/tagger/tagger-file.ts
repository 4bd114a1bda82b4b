import { RightsizeError } from '../../errors.ts';
import { sha256, toHex } from '../sha256.ts';

/** The readable part of a tagger file. */
export interface TaggerManifest {
  readonly format: 'rightsize-tagger';
  readonly version: number;
  readonly tags: readonly string[];
  /** Slots that spans were found in; the others are not searched. */
  readonly slots: readonly number[];
  /** Features with weights. */
  readonly features: number;
  /** Features of tokens' own letters that are known and weigh nothing. */
  readonly familiar: number;
  readonly pairs: number;
  /** What all scores are divided by, so that probabilities are as large as held-out rows say. */
  readonly temperature: number;
  readonly trained: { readonly rows: number; readonly spans: number; readonly seed: number };
}

/** Everything in a tagger file. */
export interface TaggerContents {
  readonly manifest: TaggerManifest;
  /** Hash of each feature, those with weights first. */
  readonly hashes: Int32Array;
  /** Weights of each feature, 255 at most. */
  readonly pairCounts: Uint8Array;
  /** What one step of a feature's weights is worth. */
  readonly scales: Float32Array;
  /** Part that each weight belongs to (`tag-states.ts`). */
  readonly parts: Uint16Array;
  readonly weights: Int8Array;
  /** Between, then within (`chain.ts`). */
  readonly transitions: Float32Array;
}

export const taggerVersion = 1;
const magic = 'RSTAGGER';
const headBytes = magic.length + 32 + 4;

/** Magic, SHA-256 of what follows, length of the manifest, manifest (JSON), typed arrays (little-endian), widest first. */
export function writeTaggerFile({ manifest, ...arrays }: TaggerContents): Uint8Array {
  const head = new TextEncoder().encode(JSON.stringify(manifest));
  const { hashes, scales, transitions, parts, pairCounts, weights } = arrays;
  const inOrder = [hashes, scales, transitions, parts, pairCounts, weights];
  const bytes = new Uint8Array(headBytes + head.length + inOrder.reduce((sum, array) => sum + array.byteLength, 0));
  bytes.set(new TextEncoder().encode(magic));
  new DataView(bytes.buffer).setUint32(headBytes - 4, head.length, true);
  bytes.set(head, headBytes);
  let at = headBytes + head.length;
  for (const array of inOrder) {
    bytes.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), at);
    at += array.byteLength;
  }
  bytes.set(sha256(bytes.subarray(magic.length + 32)), magic.length);
  return bytes;
}

/** @throws RightsizeError `student_damaged` for anything that is not a whole, unaltered tagger of a known version. */
export function parseTaggerFile(bytes: Uint8Array): TaggerContents {
  if (bytes.length < headBytes || new TextDecoder().decode(bytes.subarray(0, magic.length)) !== magic)
    throw damaged(`${bytes.length} bytes that do not begin as a tagger does`);
  const hash = toHex(bytes.subarray(magic.length, magic.length + 32));
  if (toHex(sha256(bytes.subarray(magic.length + 32))) !== hash) throw damaged('the content does not match its hash');
  const end = headBytes + new DataView(bytes.buffer, bytes.byteOffset).getUint32(headBytes - 4, true);
  const manifest = JSON.parse(new TextDecoder().decode(bytes.subarray(headBytes, end))) as TaggerManifest;
  if (manifest.version > taggerVersion)
    throw new RightsizeError(
      'student_damaged',
      `the tagger has format version ${manifest.version}; this program reads up to ${taggerVersion}`,
      { remedy: 'Upgrade rightsize, or train the student again with `rightsize train TASK`.' },
    );
  return { manifest, ...readArrays(manifest, bytes.slice(end).buffer) };
}

function readArrays(manifest: TaggerManifest, payload: ArrayBuffer): Omit<TaggerContents, 'manifest'> {
  const { features, familiar, pairs } = manifest;
  const tags = manifest.tags.length;
  let at = 0;
  const take = (bytes: number): number => {
    const from = at;
    at += bytes;
    if (at > payload.byteLength) throw damaged(`${payload.byteLength} bytes of weights are too few`);
    return from;
  };
  const hashes = new Int32Array(payload, take(4 * (features + familiar)), features + familiar);
  const scales = new Float32Array(payload, take(4 * features), features);
  const steps = (tags + 2) ** 2 + 4 * tags;
  const transitions = new Float32Array(payload, take(4 * steps), steps);
  const parts = new Uint16Array(payload, take(2 * pairs), pairs);
  const pairCounts = new Uint8Array(payload, take(features), features);
  const weights = new Int8Array(payload, take(pairs), pairs);
  return { hashes, pairCounts, scales, parts, weights, transitions };
}

function damaged(what: string): RightsizeError {
  return new RightsizeError('student_damaged', `the tagger cannot be read: ${what}`);
}
