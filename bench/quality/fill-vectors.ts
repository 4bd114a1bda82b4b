// Fills bench/.cache/vectors through the product's own encoder: every text of the public sets, each encoded alone.
// usage: npx tsx bench/quality/fill-vectors.ts [banking77 trec …]     model: SHARED_DIR/models/minilm-l6-int8
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { installEncoder } from '../../src/encoder/install-encoder.ts';
import { openEncoder } from '../../src/encoder/installed-encoders.ts';
import { readPublicRows, sharedFolder } from '../public-rows.ts';
import { realAnswerTasks, setOf, tenTasks } from './label-tasks.ts';
import { cachedVectors, cacheFolder, writeVectors } from './vector-cache.ts';

const sets = process.argv.slice(2);
const wanted = sets.length > 0 ? sets : [...new Set([...tenTasks, ...realAnswerTasks].map(setOf))];
const { encoder: manifest } = await installEncoder({
  data: cacheFolder,
  source: join(sharedFolder, 'models', 'minilm-l6-int8'),
  name: null,
  pooling: 'mean',
  slowestMs: Number.POSITIVE_INFINITY,
  now: Date.now(),
});
const encoder = openEncoder(cacheFolder, manifest, 0);
for (const set of wanted) {
  if (cachedVectors(set) !== null) continue;
  const texts = textsOf(set);
  const startedAt = performance.now();
  const vectors: Float32Array[] = [];
  for (let at = 0; at < texts.length; at += 256) vectors.push(...(await encoder.encode(texts.slice(at, at + 256))));
  writeVectors(set, texts, vectors);
  console.error(`${set}: ${texts.length} texts in ${((performance.now() - startedAt) / 1000).toFixed(0)} s`);
}
await encoder.close();

function textsOf(set: string): readonly string[] {
  const files = readdirSync(join(sharedFolder, 'data', set)).filter((file) => /\.jsonl(\.gz)?$/.test(file));
  return [...new Set(files.flatMap((file) => readPublicRows(`${set}/${file}`) ?? []).map(({ text }) => text))];
}
