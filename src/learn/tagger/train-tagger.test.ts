import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../records/random.ts';
import { readTagger } from './tagger.ts';
import type { TaggerRow } from './tagger-contract.ts';
import { trainTagger } from './train-tagger.ts';

describe('a tagger', () => {
  const { tagger, outOfFold, report } = trainTagger(bookings(150, 1), { seed: 3, folds: 3 });

  it('finds the spans of unseen inputs of an easy task', () => {
    const unseen = bookings(100, 2);
    const right = unseen.filter((row) => JSON.stringify(tagger.tag(row.slots).spans) === JSON.stringify(row.spans));
    expect(right.length).toBeGreaterThan(90);
  });

  it('gives one out-of-fold tagging a training row, about as often right as its probability says', () => {
    const rows = bookings(150, 1);
    expect(outOfFold.length).toBe(rows.length);
    const right = outOfFold.filter(({ spans }, at) => JSON.stringify(spans) === JSON.stringify(rows[at]?.spans));
    const promised = outOfFold.reduce((sum, { probability }) => sum + probability, 0);
    expect(Math.abs(promised - right.length) / rows.length).toBeLessThan(0.1);
  });

  it('is the same, byte for byte, when trained again from the same rows and seed', () => {
    const again = trainTagger(bookings(150, 1), { seed: 3, folds: 3 });
    expect(again.tagger.toBytes()).toEqual(tagger.toBytes());
    expect(again.outOfFold).toEqual(outOfFold);
  });

  it('says the same after a trip through its file', () => {
    const read = readTagger(tagger.toBytes());
    expect(read.tags).toEqual(tagger.tags);
    for (const { slots } of bookings(30, 4)) expect(read.tag(slots)).toEqual(tagger.tag(slots));
  });

  it('refuses bytes that were cut or altered', () => {
    const bytes = tagger.toBytes();
    expect(() => readTagger(bytes.subarray(0, bytes.length - 1))).toThrow(/hash/);
    expect(() => readTagger(new Uint8Array(3))).toThrow(/do not begin/);
    bytes[bytes.length - 5] = (bytes[bytes.length - 5] as number) ^ 1;
    expect(() => readTagger(bytes)).toThrow(/hash/);
  });

  it('knows less of strangers than of the task', () => {
    const familiar = tagger.tag((bookings(1, 5)[0] as TaggerRow).slots);
    const stranger = tagger.tag(['Взвейтесь кострами синие ночи', '']);
    expect(familiar.unseenShare).toBeLessThan(0.3);
    expect(stranger.unseenShare).toBeGreaterThan(0.7);
    expect(tagger.tag(['', '']).unseenShare).toBe(1);
  });

  it('uses what a short slot beside the text asks for', () => {
    for (const [asked, tag] of [
      ['time', 'time'],
      ['people', 'people'],
    ] as const)
      expect(tagger.tag(['7', asked]).spans).toEqual([{ tag, slot: 0, start: 0, end: 1 }]);
  });

  it('answers any text: empty, very long, emoji, lone surrogates, too many or too few slots', () => {
    for (const text of ['', 'table for 8 '.repeat(5_000), '🙂🙃'.repeat(50), '\ud800 \udfff\ud83d', '\u0000'])
      for (const slots of [[], [text], [text, text, text]]) {
        const { spans, probability, margin, unseenShare } = tagger.tag(slots);
        for (const share of [probability, margin, unseenShare]) {
          expect(share).toBeGreaterThanOrEqual(0);
          expect(share).toBeLessThanOrEqual(1);
        }
        for (const { slot, start, end } of spans) {
          expect(start).toBeLessThan(end);
          expect(end).toBeLessThanOrEqual((slots[slot] as string).length);
        }
      }
  });

  it('takes the folds that it is given', () => {
    const rows = bookings(60, 6);
    const foldOf = Int32Array.from(rows, (_, at) => (at < 30 ? 0 : 1));
    const { outOfFold } = trainTagger(rows, { seed: 1, foldOf });
    expect(outOfFold).toEqual(trainTagger(rows, { seed: 1, foldOf }).outOfFold);
    expect(outOfFold).not.toEqual(trainTagger(rows, { seed: 1, folds: 2 }).outOfFold);
  });

  it('says how long learning took and how large the file is', () => {
    expect(report.bytes).toBe(tagger.toBytes().length);
    expect(report).toMatchObject({ droppedSpans: 0, movedSpans: 0 });
  });
});

describe('trainTagger', () => {
  it('learns from rows without spans, from one row, and from none not at all', () => {
    const { tagger } = trainTagger([{ slots: ['hello'], spans: [] }], { seed: 1 });
    expect(tagger.tags).toEqual([]);
    expect(tagger.tag(['hello'])).toEqual({ spans: [], probability: 1, margin: 1, unseenShare: 0 });
    expect(() => trainTagger([], { seed: 1 })).toThrow(/0 rows/);
  });

  it('keeps forty tags apart', () => {
    const tags = Array.from({ length: 40 }, (_, k) => `tag ${String(k).padStart(2, '0')}`);
    const rows = tags.flatMap((tag, k) =>
      ['a', 'b', 'c'].map((end) => {
        const value = `value${end}`;
        return {
          slots: [`key${k} ${value}`],
          spans: [{ tag, slot: 0, start: `key${k} `.length, end: `key${k} ${value}`.length }],
        };
      }),
    );
    const { tagger } = trainTagger(rows, { seed: 1, folds: 2 });
    const right = rows.filter((row) => tagger.tag(row.slots).spans[0]?.tag === row.spans[0]?.tag);
    expect(right.length).toBeGreaterThan(115);
  });

  it('lets a row of weight 0 teach nothing', () => {
    const rows = bookings(60, 7);
    const wrong = rows.map((row) => ({ ...row, spans: [{ tag: 'noise', slot: 0, start: 0, end: 1 }], weight: 0 }));
    const { tagger } = trainTagger([...rows, ...wrong], { seed: 1, folds: 2 });
    expect(rows.flatMap((row) => tagger.tag(row.slots).spans).some((span) => span.tag === 'noise')).toBe(false);
  });

  it('finds spans in scripts without spaces and from right to left', () => {
    for (const [before, places, after] of [
      ['明日', ['東京', '大阪', '京都', '札幌'], 'へ行く'],
      ['טיסה אל ', ['תל אביב', 'חיפה', 'אילת', 'באר שבע'], ' מחר'],
    ] as const) {
      const rows = places.map((place) => ({
        slots: [before + place + after],
        spans: [{ tag: 'place', slot: 0, start: before.length, end: before.length + place.length }],
      }));
      const { tagger } = trainTagger([...rows, ...rows], { seed: 1, folds: 2 });
      for (const row of rows) expect(tagger.tag(row.slots).spans).toEqual(row.spans);
    }
  });
});

/** Table bookings: the text, and what was asked for. */
function bookings(count: number, seed: number): TaggerRow[] {
  const random = seededRandom(seed);
  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)] as Item;
  return Array.from({ length: count }, () => {
    const people = String(1 + Math.floor(random() * 12));
    const time = pick(['7', '19:30', '8pm', 'half past six', '12:15']);
    const asked = pick(['', '', 'time', 'people']);
    if (asked === 'time') return rowOf([['', time, 'time']], '', asked);
    if (asked === 'people') return rowOf([['', people, 'people']], pick(['', ' please']), asked);
    const parts: readonly (readonly [string, string, string])[] = pick([
      [
        ['a table for ', people, 'people'],
        [' at ', time, 'time'],
      ],
      [
        ['Hi, ', people, 'people'],
        [' of us will come at ', time, 'time'],
      ],
      [['do you have room at ', time, 'time']],
      [],
    ]);
    return rowOf(parts, parts.length === 0 ? 'good evening' : pick(['', ' please', '?']), asked);
  });
}

function rowOf(parts: readonly (readonly [string, string, string])[], after: string, asked: string): TaggerRow {
  let text = '';
  const spans = parts.map(([before, value, tag]) => {
    const start = text.length + before.length;
    text += before + value;
    return { tag, slot: 0, start, end: text.length };
  });
  return { slots: [text + after, asked], spans };
}
