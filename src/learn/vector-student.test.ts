import { describe, expect, it } from 'vitest';
import { seededRandom } from '../records/random.ts';
import { buildLabelStudent, readLabelStudent } from './label-student.ts';
import { sha256 } from './sha256.ts';
import type { StudentContents } from './student-contents.ts';
import type { TrainingRow } from './student-contract.ts';
import { parseStudentFile } from './student-file.ts';
import { trainStudent } from './train-student.ts';

const dimensions = 24;
const encoder = { id: 'an encoder', dimensions };

/** Rows whose words say nothing and whose vectors lie around one of three directions. */
function rowsInSpace(count: number, seed: number): (TrainingRow & { readonly vector: Float32Array })[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, (_, at) => {
    const label = at % 3;
    const vector = Float32Array.from(
      { length: dimensions },
      (_, d) => (d === label ? 1.2 : 0) + (random() - 0.5) * 0.6,
    );
    const length = Math.hypot(...vector);
    return {
      slots: [`call number ${Math.floor(random() * 1000)}`],
      label: `direction ${label}`,
      vector: vector.map((value) => value / length),
    };
  });
}

describe('a student with a sentence encoder', () => {
  const { student, outOfFold, report } = trainStudent(rowsInSpace(150, 1), { seed: 3, encoder, head: 'linear' });

  it('learns from vectors what n-grams cannot say', () => {
    expect(student.encoder).toEqual(encoder);
    expect(report.heads.map(({ kind }) => kind)).toEqual(['words', 'vector', 'neighbours']);
    for (const { slots, label, vector } of rowsInSpace(60, 2)) expect(student.predict(slots, vector).label).toBe(label);
    expect(outOfFold.filter(({ label }, at) => label === `direction ${at % 3}`).length).toBeGreaterThan(145);
  });

  it('lets no threshold pass without a vector, or with one of another size', () => {
    expect(student.predict(['call number 7']).score).toBeLessThan(1e-6);
    expect(student.predict(['call number 7'], new Float32Array(8)).score).toBeLessThan(1e-6);
  });

  it('says the same to the last bit after a trip through its file, with either kind of kernels', () => {
    for (const kernels of ['wasm', 'plain'] as const) {
      const read = readLabelStudent(student.toBytes(), { kernels });
      for (const { slots, vector } of rowsInSpace(20, 4))
        expect(read.predict(slots, vector)).toEqual(student.predict(slots, vector));
    }
  });

  it('is less sure of a vector far from all it was trained on', () => {
    const familiar = rowsInSpace(30, 5).map(({ slots, vector }) => student.predict(slots, vector).score);
    const stranger = new Float32Array(dimensions);
    stranger[20] = -1;
    expect(student.predict(['call number 7'], stranger).score).toBeLessThan(Math.min(...familiar));
  });

  it('is the same, byte for byte, when trained again', () => {
    const again = trainStudent(rowsInSpace(150, 1), { seed: 3, encoder, head: 'linear' });
    expect(again.student.id).toBe(student.id);
  });

  it('does without the encoder where vectors add nothing, or some row has none', () => {
    const noise = seededRandom(8);
    const rows = rowsInSpace(90, 6).map((row) => ({ ...row, slots: [`${row.label} please`] }));
    const blind = rows.map((row) => ({ ...row, vector: row.vector.map(() => noise() - 0.5) }));
    expect(trainStudent(blind, { seed: 1, encoder, head: 'linear' }).student.encoder).toBeNull();
    const { vector: _, ...bare } = rows[0] as (typeof rows)[number];
    expect(trainStudent([bare, ...rows.slice(1)], { seed: 1, encoder, head: 'linear' }).student.encoder).toBeNull();
    expect(trainStudent(rows, { seed: 1, head: 'linear' }).student.encoder).toBeNull();
  });
});

describe('a student of format version 1', () => {
  it('is read as it was meant', () => {
    const rows = rowsInSpace(60, 7).map((row) => ({ ...row, slots: [`${row.label} ${row.slots[0]}`] }));
    const contents = parseStudentFile(trainStudent(rows, { seed: 1, head: 'linear' }).student.toBytes());
    const now = buildLabelStudent({ ...contents, bias: contents.bias.map(() => 0) });
    const first = readLabelStudent(writeFirstVersion(contents));
    expect(first.encoder).toBeNull();
    for (const { slots } of rows.slice(0, 20)) {
      expect(first.predict(slots).label).toBe(now.predict(slots).label);
      expect(first.predict(slots).score).toBeCloseTo(now.predict(slots).score, 6);
    }
  });
});

/** The bytes that version 1 would have written: no list of arrays, one temperature, five signals. */
function writeFirstVersion({ manifest, hashes, idf, scales, weights }: StudentContents): Uint8Array {
  const { encoder: _, heads, codeDimensions: __, ...rest } = manifest;
  const old = { ...rest, version: 1, head: 'linear', temperature: 1 / (heads[0]?.weight ?? 1) };
  const parts = [new TextEncoder().encode(JSON.stringify(old)), hashes, idf, scales, weights].map(
    (part) => new Uint8Array(part.buffer, part.byteOffset, part.byteLength),
  );
  const start = 8 + 32 + 4;
  const bytes = new Uint8Array(start + parts.reduce((sum, part) => sum + part.length, 0));
  bytes.set(new TextEncoder().encode('RSSTUDNT'));
  new DataView(bytes.buffer).setUint32(40, parts[0]?.length ?? 0, true);
  let at = start;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  bytes.set(sha256(bytes.subarray(40)), 8);
  return bytes;
}
