import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type LogRecord, recordLimit, splitRecords } from './split-records.ts';

async function* pieces(bytes: Buffer, size: number): AsyncIterable<Buffer> {
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size);
}

async function split(text: string, size = 1 << 16): Promise<readonly LogRecord[]> {
  const records: LogRecord[] = [];
  for await (const record of splitRecords(pieces(Buffer.from(text), size))) records.push(record);
  return records;
}

describe('splitRecords', () => {
  it('finds the same lines however the bytes are cut', async () => {
    const value = fc.array(fc.jsonValue(), { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(value, fc.integer({ min: 1, max: 40 }), async (values, size) => {
        const lines = values.map((each) => JSON.stringify({ each }));
        expect((await split(lines.join('\n'), size)).map(({ text }) => text)).toEqual(lines);
      }),
    );
  });

  it('finds the elements of a list, pretty or not, however the bytes are cut', async () => {
    const value = fc.array(fc.jsonValue(), { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(value, fc.integer({ min: 5, max: 40 }), fc.nat(3), async (values, size, indent) => {
        const records = await split(JSON.stringify(values, null, indent), size);
        expect(records.map(({ text }) => JSON.parse(text ?? ''))).toEqual(JSON.parse(JSON.stringify(values)));
      }),
    );
  });

  it('tells the line on which a record begins', async () => {
    expect(await split('{"a":1}\n\n{"b":2}')).toEqual([
      { line: 1, text: '{"a":1}' },
      { line: 3, text: '{"b":2}' },
    ]);
    expect((await split('[\n{\n"a":1},\n\n{"b":2}\n]')).map(({ line }) => line)).toEqual([2, 5]);
  });

  it('passes over a record that is too long, without keeping it', async () => {
    async function* long(): AsyncIterable<Buffer> {
      yield Buffer.from('{"a":1}\n');
      const piece = Buffer.alloc(1 << 20, 'x');
      for (let written = 0; written <= recordLimit; written += piece.length) yield piece;
      yield Buffer.from('\n{"b":2}\n');
    }
    const records: LogRecord[] = [];
    for await (const record of splitRecords(long())) records.push(record);
    expect(records).toEqual([
      { line: 1, text: '{"a":1}' },
      { line: 2, text: null },
      { line: 3, text: '{"b":2}' },
    ]);
  });
});
