import { describe, expect, it } from 'vitest';
import { seededRandom } from '../records/random.ts';
import { readStudent, type TrainingRow } from './student.ts';
import { formatVersion, parseStudentFile, writeStudentFile } from './student-file.ts';
import { trainStudent } from './train-student.ts';

const openings = ['please', 'could you', 'I want to', 'how do I', 'can someone', 'we need to', 'hello,', 'hi'];
const requests: Readonly<Record<string, readonly string[]>> = {
  cancel: ['cancel my order', 'stop the delivery', 'undo the purchase', 'call off the shipment'],
  invoice: ['send the invoice', 'get a receipt', 'see the bill again', 'have the invoice reissued'],
  password: ['reset my password', 'log in again', 'unlock the account', 'change the login'],
};

/** Invented support messages of three kinds. */
function messages(count: number, seed: number): TrainingRow[] {
  const random = seededRandom(seed);
  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)] as Item;
  return Array.from({ length: count }, () => {
    const label = pick(Object.keys(requests));
    return {
      slots: [`${pick(openings)} ${pick(requests[label] as readonly string[])} ${Math.floor(random() * 1000)}`],
      label,
    };
  });
}

describe('a student', () => {
  const { student, outOfFold, report } = trainStudent(messages(200, 1), { seed: 7, head: 'linear' });

  it('agrees with its teacher on unseen rows of an easy task', () => {
    const unseen = messages(200, 2);
    const right = unseen.filter((row) => student.predict(row.slots).label === row.label);
    expect(right.length / unseen.length).toBeGreaterThan(0.95);
    expect(report.heldOutAccuracy).toBeGreaterThan(0.9);
  });

  it('is surer of a familiar input than of another language or of gibberish', () => {
    const familiar = student.predict(['please reset my password']).score;
    for (const stranger of ['wo finde ich die nächste Bushaltestelle', 'xqzv kjjh wwpp', '東京の天気', ''])
      expect(student.predict([stranger]).score).toBeLessThan(familiar);
  });

  it('gives one out-of-fold judgement a training row', () => {
    expect(outOfFold.length).toBe(200);
    for (const { label, score } of outOfFold) {
      expect(student.labels).toContain(label);
      expect(score).toBeGreaterThan(0);
      expect(score).toBeLessThan(1);
    }
  });

  it('is the same, byte for byte, when trained again from the same rows and seed', () => {
    const again = trainStudent(messages(200, 1), { seed: 7, head: 'linear' });
    expect(again.student.id).toBe(student.id);
    expect(again.student.toBytes()).toEqual(student.toBytes());
    expect(again.outOfFold).toEqual(outOfFold);
  });

  it('says the same to the last bit after a trip through its file, with either kind of kernels', () => {
    for (const kernels of ['wasm', 'plain'] as const) {
      const read = readStudent(student.toBytes(), { kernels });
      expect(read.id).toBe(student.id);
      for (const { slots } of messages(20, 3)) expect(read.predict(slots)).toEqual(student.predict(slots));
    }
  });

  it('answers any text: empty, very long, emoji, lone surrogates, too many slots', () => {
    const texts = ['', 'password '.repeat(25_000), '🙂🙃'.repeat(50), '\ud800 \udfff\ud83d', '\u0000'];
    for (const text of texts)
      for (const slots of [[], [text], [text, text, text]]) {
        const { label, score, probability, margin, unseenShare } = student.predict(slots);
        expect(student.labels).toContain(label);
        for (const share of [score, probability, margin, unseenShare]) {
          expect(share).toBeGreaterThanOrEqual(0);
          expect(share).toBeLessThanOrEqual(1);
        }
      }
  });
});

describe('a student file', () => {
  const bytes = trainStudent(messages(60, 4), { seed: 1, head: 'linear' }).student.toBytes();

  it('is refused when cut anywhere', () => {
    for (const length of [0, 5, 40, 60, Math.floor(bytes.length / 2), bytes.length - 1])
      expect(() => readStudent(bytes.subarray(0, length))).toThrow(
        expect.objectContaining({ code: 'student_damaged' }) as Error,
      );
  });

  it('is refused with its own message when a newer program wrote it', () => {
    const contents = parseStudentFile(bytes);
    const newer = writeStudentFile({ ...contents, manifest: { ...contents.manifest, version: formatVersion + 1 } });
    expect(() => readStudent(newer)).toThrow(/format version 3/);
  });

  it('is refused when any byte is flipped', () => {
    for (let at = 0; at < bytes.length; at += Math.ceil(bytes.length / 50)) {
      const altered = bytes.slice();
      altered[at] = (altered[at] as number) ^ 1;
      expect(() => readStudent(altered)).toThrow(expect.objectContaining({ code: 'student_damaged' }) as Error);
    }
  });

  it('is not hashed again where its bytes were verified before', () => {
    const altered = bytes.slice();
    altered[altered.length - 1] = (altered[altered.length - 1] as number) ^ 1;
    expect(readStudent(altered, { isVerified: true }).id).toBe(readStudent(bytes).id);
  });
});

describe('a student with an MLP', () => {
  const { student, report } = trainStudent(messages(80, 6), { seed: 2, head: 'mlp' });

  it('is learned, and says the same to the last bit after a trip through its file, with either kind of kernels', () => {
    expect(report.head).toBe('mlp');
    expect(report.heldOutRisk.mlp).not.toBeNull();
    for (const kernels of ['wasm', 'plain'] as const) {
      const read = readStudent(student.toBytes(), { kernels });
      for (const row of messages(30, 7)) {
        expect(read.predict(row.slots).label).toBe(row.label);
        expect(read.predict(row.slots)).toEqual(student.predict(row.slots));
      }
    }
  });

  it('is the same, byte for byte, when trained again', () => {
    expect(trainStudent(messages(80, 6), { seed: 2, head: 'mlp' }).student.id).toBe(student.id);
  });

  it('is taken by default only where it errs less on held-out rows', () => {
    const best = trainStudent(messages(80, 6), { seed: 2 }).report;
    expect(best.head).toBe((best.heldOutRisk.mlp as number) < best.heldOutRisk.linear ? 'mlp' : 'linear');
  });
});

describe('training', () => {
  it('refuses to learn from nothing', () => {
    expect(() => trainStudent([], { seed: 1 })).toThrow(expect.objectContaining({ code: 'too_few_examples' }) as Error);
  });

  it('copes with one row, one label, labels seen once, empty and enormous texts', () => {
    const sets: TrainingRow[][] = [
      [{ slots: ['only one'], label: 'a' }],
      [{ slots: [], label: 'a' }],
      Array.from({ length: 30 }, (_, at) => ({ slots: [`text ${at}`], label: 'always' })),
      Array.from({ length: 30 }, (_, at) => ({ slots: [`text ${at}`], label: `label ${at}` })),
      Array.from({ length: 30 }, (_, at) => ({ slots: [`text ${at}`, ''], label: at < 2 ? 'rare' : 'usual' })),
      Array.from({ length: 6 }, (_, at) => ({ slots: [''], label: `label ${at % 2}` })),
      [
        { slots: ['\ud800'], label: 'a' },
        { slots: ['x'.repeat(200_000)], label: 'b' },
        { slots: ['y '.repeat(100_000)], label: 'b' },
      ],
    ];
    for (const rows of sets) {
      const { student, outOfFold } = trainStudent(rows, { seed: 1, head: 'linear' });
      expect(outOfFold.length).toBe(rows.length);
      for (const { score } of outOfFold) expect(Number.isFinite(score)).toBe(true);
      const prediction = readStudent(student.toBytes()).predict(rows[0]?.slots ?? []);
      expect(student.labels).toContain(prediction.label);
      expect(Number.isFinite(prediction.score)).toBe(true);
    }
  });

  it('listens more to rows that weigh more', () => {
    const contradicting = (weight: number): TrainingRow[] =>
      Array.from({ length: 20 }, (_, at) => ({
        slots: [`the same words ${'abcdefghij'[at % 10]}`],
        label: at % 20 < 10 ? 'yes' : 'no',
        weight: at % 20 < 10 ? weight : 1,
      }));
    expect(trainStudent(contradicting(9), { seed: 1 }).student.predict(['the same words']).label).toBe('yes');
    expect(trainStudent(contradicting(1 / 9), { seed: 1 }).student.predict(['the same words']).label).toBe('no');
  });

  it('tells its progress up to the end', () => {
    const shares: number[] = [];
    trainStudent(messages(60, 5), { seed: 1, head: 'linear', onProgress: (share) => shares.push(share) });
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
    expect(shares.at(-1)).toBe(1);
  });
});
