import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { type TinyEncoder, writeTinyEncoder } from '../../test/tiny-encoder.ts';
import type { SessionSettings } from './encoder-session.ts';
import { WorkerEncoder } from './worker-encoder.ts';

const scratch = mkdtempSync(join(tmpdir(), 'rightsize-encoder-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const opened: WorkerEncoder[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((encoder) => encoder.close()));
});

let folders = 0;
function tiny(wishes: TinyEncoder = {}, change: Partial<SessionSettings> = {}, cacheBytes = 1e6): WorkerEncoder {
  const folder = writeTinyEncoder(join(scratch, String(folders++)), wishes);
  const encoder = new WorkerEncoder({
    id: 'tiny',
    cacheBytes,
    session: {
      modelFile: join(folder, 'model.onnx'),
      tokenizerFile: join(folder, 'tokenizer.json'),
      hashes: null,
      dimensions: null,
      pooling: 'mean',
      tokens: null,
      batches: true,
      ...change,
    },
  });
  opened.push(encoder);
  return encoder;
}

function cosine(a: Float32Array | undefined, b: Float32Array | undefined): number {
  return (a ?? new Float32Array()).reduce((sum, value, d) => sum + value * (b?.[d] ?? 0), 0);
}

const texts = ['Where is my order?', 'hi', 'a rather longer text that says nothing at all', '', 'ß \ud800 漢字 🙂'];

describe('an encoder', () => {
  it('gives one vector of unit length a text, in order, whatever the text', async () => {
    const encoder = tiny({ dimensions: 12 });
    const vectors = await encoder.encode(texts);
    expect(vectors.map((vector) => vector.length)).toEqual(texts.map(() => 12));
    for (const vector of vectors) expect(Math.hypot(...vector)).toBeCloseTo(1, 5);
    const again = await Promise.all(texts.map((text) => encoder.encode([text])));
    for (const [i, [vector]] of again.entries()) expect(cosine(vector, vectors[i])).toBeCloseTo(1, 6);
  });

  it('gives the same vectors alone as in company, padding left aside', async () => {
    const together = await tiny().encode(texts);
    const alone = await tiny({}, { batches: false }).encode(texts);
    for (const [i, vector] of alone.entries()) expect(cosine(vector, together[i])).toBeCloseTo(1, 6);
  });

  it('averages the states of the tokens where the model gives those, as a model does that pools by itself', async () => {
    const states = await tiny({ output: 'last_hidden_state' }).encode(texts);
    const pooled = tiny({ output: 'sentence_embedding' });
    for (const [i, vector] of (await pooled.encode(texts)).entries())
      expect(cosine(vector, states[i])).toBeCloseTo(1, 5);
    expect((await pooled.open()).pooling).toBe('none');
    const [first] = await tiny({}, { pooling: 'first' }).encode(['hi']);
    expect(cosine(first, states[1])).toBeLessThan(0.9);
  });

  it('knows words of one meaning as near, through tokenizer and model alike', async () => {
    const words = { invoice: [1, 0, 0.1], bill: [1, 0.1, 0], weather: [0, 1, 0] };
    const [invoice, bill, weather] = await tiny({ dimensions: 3, words }).encode(['Invoice!', 'BILL', 'weather']);
    expect(cosine(invoice, bill)).toBeGreaterThan(0.95);
    expect(cosine(invoice, weather)).toBeLessThan(0.3);
  });

  it('hands a model token types where it asks for them', async () => {
    const asks = tiny({ inputs: ['input_ids', 'token_type_ids', 'attention_mask'] });
    const [vector] = await asks.encode(['hello']);
    const [plain] = await tiny().encode(['hello']);
    expect(cosine(vector, plain)).toBeCloseTo(1, 6);
  });

  it('reads no more tokens than the model can, and cuts in the middle of a text, never its closing token', async () => {
    const encoder = tiny({ positions: 64 });
    expect((await encoder.open()).tokens).toBe(64);
    const [long, longer] = await encoder.encode(['x '.repeat(500), `${'x '.repeat(62)}y ${'z '.repeat(20_000)}`]);
    const [whole] = await tiny({ positions: 64 }).encode([`${'x '.repeat(62)}`]);
    expect(cosine(long, whole)).toBeCloseTo(1, 6);
    expect(cosine(longer, whole)).toBeCloseTo(1, 6);
  });

  it('takes a known text from the cache, within its bytes, and encodes one text once for all who wait', async () => {
    const encoder = tiny({ dimensions: 8 }, {}, 600);
    await Promise.all([encoder.encode(['same']), encoder.encode(['same']), encoder.encode(['same'])]);
    expect([encoder.measures.encoded, encoder.cached('same')?.length]).toEqual([1, 8]);
    await encoder.encode(['same', 'one', 'two', 'three', 'four']);
    expect([encoder.measures.encoded, encoder.measures.fromCache]).toEqual([5, 1]);
    expect([encoder.cached('same'), encoder.cached('four')?.length]).toEqual([null, 8]);
    expect(encoder.measures.cacheBytes).toBeLessThanOrEqual(600);
  });

  it('answers a single text before the rest of a long list', async () => {
    const encoder = tiny();
    await encoder.open();
    const order: string[] = [];
    const list = Array.from({ length: 3_000 }, (_, i) => `text number ${i} of a training`);
    const training = encoder.encode(list).then(() => order.push('training'));
    await Promise.all([encoder.encode(['urgent']).then(() => order.push('urgent')), training]);
    expect(order).toEqual(['urgent', 'training']);
  });
});

describe('an encoder that cannot be used', () => {
  async function failureOf(encoder: WorkerEncoder): Promise<unknown> {
    return encoder.encode(['x']).then(
      () => null,
      (error: unknown) => error,
    );
  }

  it('says that its file is damaged, at every call alike', async () => {
    const folder = writeTinyEncoder(join(scratch, 'cut'));
    const model = join(folder, 'model.onnx');
    writeFileSync(model, readFileSync(model).subarray(0, 500));
    const cut = tiny({}, { modelFile: model });
    for (let i = 0; i < 2; i++)
      expect(await failureOf(cut)).toMatchObject({
        code: 'encoder_damaged',
        message: expect.stringContaining('model.onnx'),
      });
    writeFileSync(join(folder, 'tokenizer.json'), '{"model": null}');
    const other = tiny({}, { tokenizerFile: join(folder, 'tokenizer.json') });
    expect(await failureOf(other)).toMatchObject({
      code: 'encoder_damaged',
      message: expect.stringContaining('tokenizer'),
    });
  });

  it('says that its files are no longer those that were added', async () => {
    const changed = tiny({}, { hashes: { model: 'ab'.repeat(32), tokenizer: 'cd'.repeat(32) } });
    expect(await failureOf(changed)).toMatchObject({
      code: 'encoder_damaged',
      message: expect.stringContaining('hash'),
    });
  });

  it('says that it has other dimensions than are recorded', async () => {
    expect(await failureOf(tiny({ dimensions: 16 }, { dimensions: 384 }))).toMatchObject({
      code: 'encoder_damaged',
      message: 'The encoder gives vectors of 16 dimensions; 384 are recorded.',
    });
  });

  it('says that a model asks for something else than text', async () => {
    expect(await failureOf(tiny({ inputs: ['input_ids', 'pixel_values'] }))).toMatchObject({
      code: 'encoder_unsupported',
      message: expect.stringContaining('pixel_values'),
    });
  });

  it('rejects what waits when it is closed, and everything after', async () => {
    const encoder = tiny();
    const waiting = failureOf(encoder);
    await encoder.close();
    expect(await waiting).toMatchObject({ code: 'interrupted' });
    expect(await failureOf(encoder)).toMatchObject({ code: 'interrupted' });
  });
});
