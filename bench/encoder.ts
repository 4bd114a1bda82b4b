// What a sentence encoder costs: time a text by its length, what company does to time and vectors, memory, the event loop.
// usage: npx tsx bench/encoder.ts [FOLDER] [--texts 200] [--json]
// FOLDER holds model.onnx and tokenizer.json; $SHARED_DIR/models/minilm-l6-int8 by default (SHARED_DIR is ../shared).
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { openEncoderSession } from '../src/encoder/encoder-session.ts';
import { findEncoderFiles } from '../src/encoder/find-encoder-files.ts';
import { openEncoderFolder } from '../src/encoder/open-encoder-folder.ts';
import type { WorkerEncoder } from '../src/encoder/worker-encoder.ts';
import { seededRandom } from '../src/records/random.ts';

const { values: options, positionals } = parseArgs({
  options: { texts: { type: 'string', default: '200' }, json: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const folder = positionals[0] ?? join(process.env.SHARED_DIR ?? '../shared', 'models', 'minilm-l6-int8');
const texts = Number(options.texts);
const cacheBytes = 64e6;

interface Row {
  readonly what: string;
  readonly value: number;
  readonly unit: string;
}
const rows: Row[] = [];
function record(what: string, value: number, unit: string): void {
  rows.push({ what, value: Math.round(value * 1000) / 1000, unit });
}

const words = 'one of the words that people use when they write to a shop about what they ordered last week'.split(' ');

/** Distinct texts of so many words, a token each. */
function textsOf(length: number, count: number, seed: number): readonly string[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () =>
    Array.from({ length }, () => words[Math.floor(random() * words.length)]).join(' '),
  );
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

const before = process.memoryUsage().rss;
const encoder = await openEncoderFolder(folder, cacheBytes);
const openedAt = performance.now();
const facts = await encoder.open();
record('open and verify, worker started', performance.now() - openedAt, 'ms');
await encoder.encode(textsOf(30, 20, 3));
record('memory of model, tokenizer and worker', (process.memoryUsage().rss - before) / 1e6, 'MB');
for (const length of [10, 28, 60, 120, 254]) await timeOneByOne(encoder, length);
await timeLoad(encoder);
await timeCached(encoder);
await encoder.close();
for (const batches of [false, true]) await timeSession(batches);
report();

/** One text after the other, the way to the worker and back included. CPU time tells more on a machine that others use. */
async function timeOneByOne(to: WorkerEncoder, length: number): Promise<void> {
  const times: number[] = [];
  const cpu = process.cpuUsage();
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  for (const text of textsOf(length, texts, length)) {
    const startedAt = performance.now();
    await to.encode([text]);
    times.push(performance.now() - startedAt);
  }
  delay.disable();
  const { user, system } = process.cpuUsage(cpu);
  record(`${length + 2} tokens, median`, median(times), 'ms');
  record(`${length + 2} tokens, fastest tenth`, [...times].sort((a, b) => a - b)[Math.floor(texts / 10)] ?? 0, 'ms');
  record(`${length + 2} tokens, CPU of the whole process`, (user + system) / 1000 / texts, 'ms');
  if (length === 254) record('event loop held up meanwhile, 99th percentile', delay.percentile(99) / 1e6, 'ms');
}

/** Everything at once: what the queue makes of it. */
async function timeLoad(to: WorkerEncoder): Promise<void> {
  const all = textsOf(28, texts * 4, 1_001);
  const startedAt = performance.now();
  await Promise.all(all.map((text) => to.encode([text])));
  record('30 tokens, all at once', (performance.now() - startedAt) / all.length, 'ms a text');
}

async function timeCached(to: WorkerEncoder): Promise<void> {
  const all = textsOf(28, texts, 1_001);
  await to.encode(all);
  const startedAt = performance.now();
  for (const text of all) await to.encode([text]);
  record('from the cache', ((performance.now() - startedAt) * 1000) / all.length, 'µs a text');
}

/** On this thread, batches of texts of many lengths; and how near the vectors are to those of texts alone. */
async function timeSession(batches: boolean): Promise<void> {
  const files = await findEncoderFiles(folder);
  const session = await openEncoderSession({
    modelFile: files.model,
    tokenizerFile: files.tokenizer,
    hashes: null,
    dimensions: null,
    pooling: 'mean',
    tokens: null,
    batches,
  });
  const all = Array.from({ length: texts }, (_, i) => textsOf(8 + (i % 40), 1, i)[0] ?? '');
  await session.encode(all.slice(0, 10));
  const cpu = process.cpuUsage();
  const vectors = await session.encode(all);
  const { user, system } = process.cpuUsage(cpu);
  record(
    `10 to 50 tokens, ${batches ? 'batches of 32' : 'one at a time'}, CPU`,
    (user + system) / 1000 / texts,
    'ms a text',
  );
  if (!batches) return;
  const cosines: number[] = [];
  for (const [i, text] of all.entries()) {
    const alone = await session.encode([text]);
    cosines.push(alone.reduce((sum, value, d) => sum + value * (vectors[i * facts.dimensions + d] ?? 0), 0));
  }
  record('least cosine of a text in company with itself alone', Math.min(...cosines), '');
}

function report(): void {
  const document = { folder, node: process.version, cpu: cpus()[0]?.model, cores: cpus().length, texts, rows };
  if (options.json) console.log(JSON.stringify(document, null, 2));
  else
    for (const { what, value, unit } of rows) console.log(`${what.padEnd(62)} ${String(value).padStart(10)} ${unit}`);
  writeFileSync('bench/results/encoder.json', `${JSON.stringify({ ...document, folder: undefined }, null, 2)}\n`);
}
