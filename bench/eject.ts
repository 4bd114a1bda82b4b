// Ejected students: size, cold start, and whether 10,000 replies in Node, a worker thread and Chromium are the gateway's, byte for byte.
// usage: npx tsx bench/eject.ts [--json] [--inputs 10000] [--sets sms,banking77,clinc150:mlp]
// Data: SHARED_DIR (default ../shared). Chromium: CHROMIUM_PATH, or on the PATH.
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { bundleRuntime } from '../scripts/bundle-runtime.mjs';
import { findStoredTasks, readExamples } from '../src/cli/stored-tasks.ts';
import { exportModule } from '../src/export/export-module.ts';
import { readAnsweringParts } from '../src/gateway/answering-parts.ts';
import { createReplier, replyTo } from '../src/gateway/replier.ts';
import { trainStudent } from '../src/learn/train-student.ts';
import type { ChatRequest } from '../src/records/call.ts';
import { seededRandom } from '../src/records/random.ts';
import type { Task } from '../src/records/task.ts';
import { openMemoryStore } from '../src/storage/memory/open-memory-store.ts';
import type { Store } from '../src/storage/store.ts';
import { keywordCalls, pick } from '../test/keyword-stream.ts';
import {
  askInChromium,
  askInNode,
  askInWorker,
  findChromium,
  type Questions,
  type Said,
} from '../test/module-hosts.ts';
import { oddText } from '../test/odd-texts.ts';
import { type LabelledRows, readSet } from './learning-rows.ts';

interface HostFigures {
  readonly host: string;
  readonly kernels: string;
  readonly replies: number;
  readonly different: number;
  /** Importing the module until its first reply: the median of several, and the best, which a busy machine delays least. */
  readonly coldStartMs: { readonly median: number; readonly best: number };
}

interface ModuleFigures {
  readonly student: string;
  readonly studentBytes: number;
  readonly moduleBytes: number;
  readonly answered: number;
  readonly hosts: readonly HostFigures[];
}

const starts = 7;
const system = 'Which kind of message is this? Answer with its name alone.';
const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    inputs: { type: 'string', default: '10000' },
    sets: { type: 'string', default: 'sms,banking77,clinc150:mlp' },
  },
});

const runtime = await bundleRuntime();
const modules: ModuleFigures[] = [];
for (const name of options.sets.split(',')) modules.push(await measure(name, Number(options.inputs)));
const result = {
  date: new Date().toISOString().slice(0, 10),
  machine: `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, Node ${process.versions.node}`,
  runtimeBytes: runtime.length,
  modules,
};
mkdirSync(join(import.meta.dirname, 'results'), { recursive: true });
writeFileSync(join(import.meta.dirname, 'results', 'eject.json'), `${JSON.stringify(result, null, 2)}\n`);
if (options.json) process.stdout.write(`${JSON.stringify(result)}\n`);
else print(modules);

async function measure(name: string, inputs: number): Promise<ModuleFigures> {
  const [set = '', head = 'linear'] = name.split(':');
  const rows = readSet(set);
  if (rows === null) throw new Error(`the data of ${set} is not there: set SHARED_DIR`);
  process.stderr.write(`${name} …\n`);
  const { store, task } = await storedTask(rows, head === 'mlp' ? 'mlp' : 'linear');
  const { code, card } = await exportModule({
    store,
    task,
    runtime,
    uncertifiedThreshold: null,
    now: Date.now(),
    rightsize: '0',
  });
  const questions = requests(rows, inputs);
  const replier = createReplier(await readAnsweringParts(store, task));
  const expected = questions.map((request) => JSON.stringify(replyTo(replier, request)));
  const asked = { code, questions };
  const hosts = [
    await askHost('node', askInNode, asked, expected),
    await askHost('worker', askInWorker, asked, expected),
  ];
  if (findChromium() !== null) {
    hosts.push(await askHost('chromium', askInChromium, asked, expected));
    const strict = (question: Questions) => askInChromium(question, "script-src 'self'");
    hosts.push(await askHost('chromium without WebAssembly', strict, asked, expected));
  }
  return {
    student: name,
    studentBytes: card.student.bytes,
    moduleBytes: Buffer.byteLength(code),
    answered: expected.filter((reply) => reply.includes('"kind":"answer"')).length,
    hosts,
  };
}

async function askHost(
  host: string,
  ask: (questions: Questions) => Promise<Said>,
  { code, questions }: Questions,
  expected: readonly string[],
): Promise<HostFigures> {
  const { replies, kernels } = await ask({ code, questions });
  const colds: number[] = [];
  for (let start = 0; start < starts; start++)
    colds.push((await ask({ code, questions: questions.slice(0, 1) })).coldStartMs);
  colds.sort((a, b) => a - b);
  return {
    host,
    kernels,
    replies: replies.length,
    different: expected.filter((reply, at) => reply !== replies[at]).length,
    coldStartMs: { median: colds[Math.floor(starts / 2)] as number, best: colds[0] as number },
  };
}

/** The set's gold plays the teacher; the certificate is made up, since nothing here depends on its truth. */
async function storedTask(rows: LabelledRows, head: 'linear' | 'mlp'): Promise<{ store: Store; task: Task }> {
  const store = openMemoryStore();
  const sample = rows.train.slice(0, 3_000).map(([text, label]) => ({ text, label }));
  const calls = keywordCalls(sample, () => ({ system }));
  await store.calls.append(calls.map((call) => ({ call, route: null, match: null })));
  const [task] = await findStoredTasks(store);
  if (task === undefined || (await readExamples(store, task)).length === 0) throw new Error('no task was found');
  const training = rows.train.map(([text, label]) => ({ slots: [text], label: label.toLowerCase() }));
  const { student } = trainStudent(training, { seed: 1, head, folds: 2 });
  const of = { task: task.id, version: task.versions[0]?.id ?? '', student: student.id };
  await store.students.put({ ...of, id: student.id, createdAt: 0, details: {}, bytes: student.toBytes() });
  await store.certificates.append({
    ...{ ...of, id: 'made-up', at: 0, look: 1, n: 300, errors: 0, threshold: 0.8, upperBound: 0.01 },
    ...{ epsilon: 0.02, delta: 0.05, spentDelta: 0.03, source: 'shadow' },
  });
  return { store, task };
}

/** Unseen texts as they are, with odd pieces, and odd texts alone; now and then a request that no student may answer. */
function requests(rows: LabelledRows, count: number): ChatRequest[] {
  const random = seededRandom(7);
  const texts = Array.from({ length: count }, (_, index) => {
    const text = rows.test[index % rows.test.length]?.[0] ?? '';
    if (index < rows.test.length && random() < 0.7) return text;
    return random() < 0.3 ? oddText(random) : `${text} ${pick(rows.test, random)[0]} ${oddText(random)}`;
  });
  const changes = [{ request: { n: 2 } }, { model: 'another' }, { system: 'Another prompt.' }];
  return keywordCalls(
    texts.map((text) => ({ text, label: '' })),
    () => ({ system, ...(random() < 0.02 ? pick(changes, random) : {}) }),
  ).map(({ request }) => request);
}

function print(figures: readonly ModuleFigures[]): void {
  for (const { student, studentBytes, moduleBytes, answered, hosts } of figures) {
    console.log(`${student}: student ${studentBytes} bytes, module ${moduleBytes} bytes, ${answered} answered`);
    for (const { host, kernels, replies, different, coldStartMs } of hosts)
      console.log(
        `  ${host} (${kernels}): ${different} of ${replies} different, cold start ${coldStartMs.median.toFixed(0)} ms (best ${coldStartMs.best.toFixed(0)})`,
      );
  }
}
