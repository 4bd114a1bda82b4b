import { describe, expect, it } from 'vitest';
import { bundleRuntime } from '../scripts/bundle-runtime.mjs';
import { findStoredTasks, readExamples } from '../src/cli/stored-tasks.ts';
import { exportModule } from '../src/export/export-module.ts';
import { readAnsweringParts } from '../src/gateway/answering-parts.ts';
import { createReplier, replyTo } from '../src/gateway/replier.ts';
import { inventedRows } from '../src/learn/fields/invented-answers.contract.ts';
import { seededRandom } from '../src/records/random.ts';
import { openMemoryStore } from '../src/storage/memory/open-memory-store.ts';
import { trainNow } from '../src/train/train-now.ts';
import { keywordCalls } from './keyword-stream.ts';
import { askInChromium, askInNode, askInWorker, findChromium, type Said } from './module-hosts.ts';
import { oddText } from './odd-texts.ts';

const system = 'Read the message and answer with JSON alone.';

/** A stored task whose answers are JSON of that invented kind, its student, and a certificate for it. */
async function storedTask(kind: string) {
  const store = openMemoryStore();
  const rows = inventedRows(kind, 400, 1).map(({ slots, label }) => ({ text: slots[0] ?? '', label }));
  const calls = keywordCalls(rows, () => ({ system }));
  await store.calls.append(calls.map((call) => ({ call, route: null, match: null })));
  const [task] = await findStoredTasks(store);
  if (task === undefined) throw new Error('no task was found');
  const examples = await readExamples(store, task);
  const { student } = trainNow({
    kind: 'fields',
    rows: examples.flatMap(({ slots, label }) => (label === null ? [] : [{ slots, label }])),
    seed: 1,
    head: 'linear',
  });
  const of = { task: task.id, version: task.versions[0]?.id ?? '', student: student.id };
  await store.students.put({ ...of, id: student.id, createdAt: 0, details: {}, bytes: student.toBytes() });
  await store.certificates.append({
    ...{ ...of, id: 'certificate', at: 0, look: 1, n: 300, errors: 0, threshold: 0.6, upperBound: 0.01 },
    ...{ epsilon: 0.02, delta: 0.05, spentDelta: 0.03, source: 'shadow' },
  });
  return { store, task };
}

describe.each(['booking', 'entities'])('an ejected student of several fields (%s)', async (kind) => {
  const { store, task } = await storedTask(kind);
  const { code } = await exportModule({
    store,
    task,
    runtime: await bundleRuntime(),
    uncertifiedThreshold: null,
    now: 0,
    rightsize: '0.0.0',
  });
  const random = seededRandom(3);
  const questions = inventedRows(kind, 400, 2).map(({ slots }) => {
    const text = random() < 0.3 ? oddText(random) : `${slots[0]}${random() < 0.2 ? oddText(random) : ''}`;
    return keywordCalls([{ text, label: '' }], () => ({ system }))[0]?.request;
  });
  const replier = createReplier(await readAnsweringParts(store, task));
  const expected = questions.map((request) => request && JSON.stringify(replyTo(replier, request)));
  const expectSame = ({ replies }: Said): void => expect(replies).toEqual(expected);

  it('answers some and abstains from others', () => {
    expect(expected.filter((reply) => reply?.includes('"kind":"answer"')).length).toBeGreaterThan(100);
    expect(expected.filter((reply) => reply?.includes('"not-confident"')).length).toBeGreaterThan(10);
  });

  it('says in Node and in a worker thread what it says here, byte for byte', async () => {
    expectSame(await askInNode({ code, questions }));
    expectSame(await askInWorker({ code, questions }));
  });

  it.skipIf(findChromium() === null)('says the same in Chromium', async () => {
    expectSame(await askInChromium({ code, questions }));
  });
});
