import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { bundleRuntime } from '../../scripts/bundle-runtime.mjs';
import type { StudentModule } from '../export/module-runtime.ts';
import { trainStudent } from '../learn/train-student.ts';
import { openStore } from '../storage/open-store.ts';
import { keepCalls, sampleCalls } from './__fixtures__/sample-calls.ts';
import { createExportCommand } from './export.ts';
import { main } from './main.ts';
import { findStoredTasks, readExamples } from './stored-tasks.ts';

const name = 'sort-ticket-billing';
let data: string;
let folder: string;
let runtime: string;

beforeAll(async () => {
  runtime = await bundleRuntime();
  data = mkdtempSync(join(tmpdir(), 'data-'));
  const store = await openStore(data);
  await keepCalls(store, sampleCalls(300));
  await findStoredTasks(store);
  await store.close();
});
afterAll(() => rmSync(data, { recursive: true }));
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'out-'));
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

/** Gives the task a student; with a threshold, a certificate too. */
async function train(threshold: number | null): Promise<void> {
  const store = await openStore(data);
  const [task] = await findStoredTasks(store);
  if (task === undefined) throw new Error('no task was found');
  const rows = (await readExamples(store, task)).flatMap(({ slots, label }) =>
    label === null ? [] : [{ slots, label }],
  );
  const { student } = trainStudent(rows, { seed: threshold === null ? 1 : 2, head: 'linear' });
  const version = task.versions[0]?.id ?? '';
  await store.students.put({
    id: student.id,
    task: task.id,
    version,
    createdAt: 0,
    details: { rows: rows.length },
    bytes: student.toBytes(),
  });
  if (threshold !== null)
    await store.certificates.append({
      id: 'certificate',
      task: task.id,
      version,
      student: student.id,
      at: 0,
      look: 1,
      n: 100,
      errors: 0,
      threshold,
      upperBound: 0.02,
      epsilon: 0.02,
      delta: 0.05,
      spentDelta: 0.03,
      source: 'shadow',
    });
  await store.close();
}

async function run(...line: string[]) {
  const stdout: string[] = [];
  const stderr: string[] = [];
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => stdout.push(String(text)) > 0);
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => stderr.push(String(text)) > 0);
  const commands = { export: { summary: 'export', load: async () => createExportCommand(async () => runtime) } };
  const status = await main(['export', ...line, '--data', data], {
    stderr: { write: (text: string) => stderr.push(text) },
    commands,
  });
  vi.restoreAllMocks();
  return { status, stdout: stdout.join(''), stderr: stderr.join('') };
}

async function open(file: string): Promise<StudentModule> {
  return import(/* @vite-ignore */ pathToFileURL(file).href);
}

const text = 'please again invoice today refund my 9999';

describe('rightsize export', () => {
  it('asks for a form it knows, and for a task that has a student', async () => {
    expect(await run(name)).toMatchObject({ status: 2, stderr: expect.stringContaining('--as') });
    expect(await run(name, '--as', 'onnx')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('module, dataset'),
    });
    expect((await run('none', '--as', 'module')).stderr).toContain('error[task_not_found]');
    expect((await run(name, '--as', 'module')).stderr).toContain('error[student_not_found]');
  });

  it('writes no student without a certificate unless somebody says yes, and then one that abstains', async () => {
    await train(null);
    const file = join(folder, 'student.mjs');
    const refused = await run(name, '--as', 'module', '--out', file);
    expect([refused.status, readdirSync(folder)]).toEqual([1, []]);
    expect(refused.stderr).toContain('error[not_certified]');
    expect((await run(name, '--as', 'module', '--out', file, '--yes')).status).toBe(0);
    const module = await open(file);
    expect(module.answer(text)).toMatchObject({ kind: 'abstention', reason: 'no-certificate', label: 'billing' });
    expect(module.card).toMatchObject({
      certificate: null,
      threshold: null,
      limits: [expect.stringContaining('no certificate'), expect.anything(), expect.anything(), expect.anything()],
    });
  });

  it('lets an uncertified student answer from a score that a person chose, with a warning', async () => {
    const file = join(folder, 'student.js');
    expect((await run(name, '--as', 'module', '--out', file, '--uncertified')).status).toBe(2);
    expect((await run(name, '--as', 'module', '--out', file, '--threshold', '0.4')).status).toBe(2);
    const done = await run(name, '--as', 'module', '--out', file, '--uncertified', '--threshold', '0.4');
    expect([done.status, readdirSync(folder)]).toEqual([0, ['student.d.ts', 'student.js']]);
    expect(done.stderr).toContain('no certificate');
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
    const module = await open(file);
    expect(module.answer(text)).toMatchObject({ kind: 'answer', answer: 'billing' });
    expect(module.card).toMatchObject({ certificate: null, threshold: 0.4 });
  });

  it('writes a certified student and its types, with a card, and says so', async () => {
    await train(0.5);
    const file = join(folder, 'student.mjs');
    const { status, stdout } = await run(name, '--as', 'module', '--out', file, '--json');
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      form: 'module',
      file,
      types: join(folder, 'student.d.mts'),
      card: {
        certificate: { id: 'certificate', epsilon: 0.02, n: 100 },
        threshold: 0.5,
        student: { training: { rows: 300 } },
      },
    });
    const module = await open(file);
    expect(module.answer([text])).toMatchObject({ kind: 'answer', answer: 'billing' });
    expect(module.textToEncode(text)).toBe(text);
  });

  it('says what is wrong with an input, instead of guessing', async () => {
    const file = join(folder, 'wrong.mjs');
    await run(name, '--as', 'module', '--out', file);
    const module = await open(file);
    for (const input of [['a', 'b'], [], 7, null])
      expect(() => module.answer(input as never)).toThrow('the input must be a text, or an array with one text');
    for (const request of [null, 'text', {}, { messages: [] }, { messages: [{ content: 'x' }] }])
      expect(() => module.answerRequest(request)).toThrow('the request must be a chat completion body');
  });

  it('replaces no file unasked', async () => {
    const file = join(folder, 'student.mjs');
    writeFileSync(join(folder, 'student.d.mts'), 'mine');
    const refused = await run(name, '--as', 'module', '--out', file);
    expect(refused.stderr).toContain('error[file_exists]');
    expect(readdirSync(folder)).toEqual(['student.d.mts']);
    expect((await run(name, '--as', 'module', '--out', file, '--force')).status).toBe(0);
    expect(readFileSync(join(folder, 'student.d.mts'), 'utf8')).toContain('export declare function answer');
  });

  it('names a place where it may not write', async () => {
    const { status, stderr } = await run(name, '--as', 'module', '--out', join(folder, 'none', 'student.mjs'));
    expect(status).toBe(1);
    expect(stderr).toContain('error[file_not_writable]');
  });

  it('writes the examples as a data set, and says that their content leaves the store', async () => {
    const file = join(folder, 'rows.jsonl');
    const { status, stdout, stderr } = await run(name, '--as', 'dataset', '--out', file, '--json');
    expect(status).toBe(0);
    expect(stderr).toContain('The content of 300 calls leaves the store');
    const rows = readFileSync(file, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(JSON.parse(stdout)).toMatchObject({ form: 'dataset', rows: rows.length });
    expect(rows[0]).toMatchObject({ id: 'call0', input: [expect.any(String)], split: 'train' });
    expect(rows.every(({ label, answer }) => label === answer)).toBe(true);
  });
});
