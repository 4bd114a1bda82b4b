// Writes the rows and vectors that a peer in another language learns from and is judged on.
// usage: npx tsx bench/quality/write-peer-rows.ts [FOLDER] [--seed 1]      into FOLDER/SEED
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readTask, setOf, splitRows, type TaskRow, tenTasks } from './label-tasks.ts';
import { cachedVectors, cacheFolder, type Vectors } from './vector-cache.ts';

const { values, positionals } = parseArgs({
  options: { seed: { type: 'string', default: '1' } },
  allowPositionals: true,
});
const folder = join(positionals[0] ?? join(cacheFolder, 'peer-rows'), values.seed);
mkdirSync(folder, { recursive: true });
for (const task of tenTasks) {
  const rows = readTask(task);
  const vectors = cachedVectors(setOf(task));
  if (rows === null || vectors === null) {
    console.error(`${task.name}: left out, ${rows === null ? 'its data is' : 'its vectors are'} not there`);
    continue;
  }
  const { train, certify, judge } = splitRows(rows, Number(values.seed));
  writeRows(join(folder, `${task.name}.in`), [...train, ...certify], vectors);
  writeRows(join(folder, `${task.name}.judge`), judge, vectors);
  console.error(`${task.name}: ${train.length + certify.length} rows in, ${judge.length} judged`);
}

/** `PATH.jsonl`, and in the same order little-endian floats in `PATH.f32`. */
function writeRows(path: string, rows: readonly TaskRow[], vectors: Vectors): void {
  writeFileSync(
    `${path}.jsonl`,
    rows.map(({ text, label }) => `${JSON.stringify({ input: text, teacher: label })}\n`).join(''),
  );
  const parts = rows.map(({ text }) => {
    const vector = vectors.get(text);
    if (vector === undefined) throw new Error(`no vector of ${JSON.stringify(text)}: fill the cache again`);
    return Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength);
  });
  writeFileSync(`${path}.f32`, Buffer.concat(parts));
}
