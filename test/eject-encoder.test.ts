import { describe, expect, it } from 'vitest';
import { bundleRuntime } from '../scripts/bundle-runtime.mjs';
import { findStoredTasks, readExamples } from '../src/cli/stored-tasks.ts';
import { exportModule } from '../src/export/export-module.ts';
import { readAnsweringParts } from '../src/gateway/answering-parts.ts';
import { createReplier } from '../src/gateway/replier.ts';
import { trainStudent } from '../src/learn/train-student.ts';
import { seededRandom } from '../src/records/random.ts';
import { openMemoryStore } from '../src/storage/memory/open-memory-store.ts';
import { keywordCalls, keywordRows } from './keyword-stream.ts';
import { askInChromium, askInNode, askInWorker, findChromium, type Said } from './module-hosts.ts';

const dimensions = 16;
const encoder = { id: 'invented', dimensions };
const random = seededRandom(4);
const noise = () => random() - 0.5;

/** A vector of unit length that leans to where its label lies. */
function vectorOf(label: string): Float32Array {
  const place = ['billing', 'travel', 'health'].indexOf(label);
  const values = Array.from({ length: dimensions }, (_, at) => noise() + (at === place ? 1 : 0));
  const length = Math.hypot(...values);
  return Float32Array.from(values, (value) => value / length);
}

const store = openMemoryStore();
// Most texts say nothing: what they mean is in their vectors alone.
const calls = keywordCalls(keywordRows({ count: 300, seed: 1, vague: 0.6 }));
await store.calls.append(calls.map((call) => ({ call, route: null, match: null })));
const [task] = await findStoredTasks(store);
if (task === undefined) throw new Error('no task was found');
const rows = (await readExamples(store, task)).flatMap(({ slots, label }) =>
  label === null ? [] : [{ slots, label, vector: vectorOf(label) }],
);
const { student } = trainStudent(rows, { seed: 1, head: 'linear', encoder });
const of = { task: task.id, version: task.versions[0]?.id ?? '', student: student.id };
await store.students.put({ ...of, id: student.id, createdAt: 0, details: {}, bytes: student.toBytes() });
await store.certificates.append({
  ...{ ...of, id: 'certificate', at: 0, look: 1, n: 300, errors: 0, threshold: 0.8, upperBound: 0.01 },
  ...{ epsilon: 0.02, delta: 0.05, spentDelta: 0.03, source: 'shadow' },
});
const { code, card } = await exportModule({
  store,
  task,
  runtime: await bundleRuntime(),
  uncertifiedThreshold: null,
  now: 0,
  rightsize: '0.0.0',
});
const replier = createReplier(await readAnsweringParts(store, task));
const inputs = keywordRows({ count: 300, seed: 2, vague: 0.6 }).map(({ text, label }, index) => ({
  slots: [text],
  vector: index % 10 === 0 ? null : vectorOf(label),
}));
const questions = inputs.map(({ slots, vector }) => ({ slots, vector: vector && [...vector] }));
const expected = inputs.map(({ slots, vector }) => JSON.stringify(replier.reply(slots, vector)));
const expectSame = ({ replies }: Said): void => expect(replies).toEqual(expected);

describe('an ejected student that needs an encoder', () => {
  it('says which, and abstains without its vector', () => {
    expect(card.student.encoder).toEqual(encoder);
    expect(expected.filter((reply) => reply.includes('"encoder-missing"'))).toHaveLength(30);
    expect(expected.filter((reply) => reply.includes('"kind":"answer"')).length).toBeGreaterThan(50);
  });

  it('says in Node and in a worker thread what it says here, byte for byte', async () => {
    expectSame(await askInNode({ code, questions }));
    expectSame(await askInWorker({ code, questions }));
  });

  it.skipIf(findChromium() === null)('says the same in Chromium, with and without WebAssembly', async () => {
    expectSame(await askInChromium({ code, questions }));
    expectSame(await askInChromium({ code, questions }, "script-src 'self'"));
  });
});
