import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Call } from '../records/call.ts';
import { seededRandom } from '../records/random.ts';
import { openStore } from '../storage/open-store.ts';
import { keepCalls, sampleCalls } from './__fixtures__/sample-calls.ts';
import { main } from './main.ts';
import { commandFor } from './review.ts';

let data: string;
beforeEach(async () => {
  data = mkdtempSync(join(tmpdir(), 'rightsize-'));
  const store = await openStore(data);
  await keepCalls(store, sampleCalls(60));
  await store.close();
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(data, { recursive: true, force: true });
});

/** Runs a command on the folder; what it prints as JSON, or its error. */
async function run(...line: string[]) {
  const { stdout, ...ended } = await say(...line, '--json');
  return { ...ended, document: stdout === '' ? null : JSON.parse(stdout) };
}

/** The same in words. */
async function say(...line: string[]) {
  const stdout: string[] = [];
  const stderr: string[] = [];
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => stdout.push(String(text)) > 0);
  const sink = { write: (text: string) => stderr.push(text) };
  const status = await main([...line, '--data', data], { stderr: sink });
  vi.restoreAllMocks();
  return { status, stderr: stderr.join(''), stdout: stdout.join('') };
}

const name = 'sort-ticket-billing';

/** Gives one call an answer that is another label's. */
function mistaken(id: string): (call: Call) => Call {
  return (call) => {
    if (call.id !== id) return call;
    const said = JSON.stringify(call.response).includes('"travel"') ? 'health' : 'travel';
    return {
      ...call,
      response: { choices: [{ index: 0, message: { role: 'assistant', content: said }, finish_reason: 'stop' }] },
    };
  };
}

/** The calls of the fixture, so many in all. */
async function keepMore(count: number): Promise<void> {
  const store = await openStore(data);
  await keepCalls(store, sampleCalls(count));
  await store.close();
}

describe('rightsize tasks', () => {
  it('lists what it found', async () => {
    const { status, document } = await run('tasks');
    expect(status).toBe(0);
    expect(document).toMatchObject({ tasks: [{ name, tenant: 'shop', calls: 60 }], callsWithoutTask: 0 });
  });

  it('says what a student of each task could do, before any is trained', async () => {
    await keepMore(300);
    const { document } = await run('tasks', '--distillability');
    const [{ distillability }] = document.tasks;
    expect(distillability.agreement.share).toBeGreaterThan(0.8);
    expect(distillability.signs).toMatchObject({ rows: 300, answers: 3 });
    expect(distillability.reasons[0].words).toContain('calls');
    const trained = (await run('train', name, '--head', 'linear')).document;
    expect(trained.expected).toEqual(distillability);
    expect(trained.curve.forecasts.map(({ times }: { times: number }) => times)).toEqual([2, 4]);
  });

  it('shows a task with its newest calls', async () => {
    const { document } = await run('tasks', 'show', name, '--calls', '2');
    expect(document.newest.map((call: { id: string }) => call.id)).toEqual(['call59', 'call58']);
  });

  it('renames a task', async () => {
    await run('tasks', 'rename', name, 'tickets');
    expect((await run('tasks')).document.tasks[0].name).toBe('tickets');
  });

  it('removes nothing unless somebody says yes', async () => {
    expect((await run('tasks', 'forget', name)).document).toMatchObject({ removed: false });
    expect((await run('tasks', 'forget', name, '--yes')).document).toMatchObject({ removed: true, calls: 60 });
    expect((await run('tasks')).stderr).toContain('error[empty_log]');
  });

  it('lists what is known while another process holds the folder, and changes nothing then', async () => {
    await run('tasks');
    const held = await openStore(data);
    const { document } = await run('tasks');
    expect(document.tasks).toHaveLength(1);
    expect((await run('tasks', 'rename', name, 'tickets')).stderr).toContain('error[folder_in_use]');
    await held.close();
  });

  it('keeps a given name when the live loop stores the task again', async () => {
    await run('tasks', 'rename', name, 'tickets');
    const store = await openStore(data);
    await store.tasks.put((await store.tasks.list()).map((task) => ({ ...task, name })));
    await store.close();
    expect((await run('tasks')).document.tasks[0].name).toBe('tickets');
  });

  it('names the task that does not exist', async () => {
    const { status, stderr } = await run('tasks', 'show', 'nonsense');
    expect(status).toBe(1);
    expect(stderr).toContain('error[task_not_found]: There is no task `nonsense`.');
  });
});

describe('rightsize gold', () => {
  it('adds, lists and freezes verified answers', async () => {
    expect((await run('gold', 'add', name, 'call1', 'Travel')).document).toMatchObject({ added: 1 });
    expect((await run('gold', 'freeze', name)).document).toMatchObject({ version: 1, answers: 1 });
    const { document } = await run('gold', 'list', name);
    expect(document).toMatchObject({
      answers: [{ callId: 'call1', answer: 'Travel' }],
      frozen: [{ version: 1, answers: 1 }],
    });
  });

  it('imports a file, or nothing of it where one line is wrong', async () => {
    const file = join(data, 'gold.jsonl');
    writeFileSync(file, '{"call":"call1","answer":"travel"}\n{"call":"call2","answer":"health"}\n');
    expect((await run('gold', 'import', name, file)).document).toMatchObject({ added: 2 });
    writeFileSync(file, '{"call":"call3","answer":"travel"}\nnonsense\n');
    const { status, stderr } = await run('gold', 'import', name, file);
    expect([status, stderr]).toEqual([1, expect.stringContaining('gold.jsonl:2')]);
    writeFileSync(file, '{"call":"call3","answer":"travel"}\n{"call":"nobody","answer":"travel"}\n');
    expect((await run('gold', 'import', name, file)).stderr).toContain('error[call_not_found]');
    expect((await run('gold', 'list', name)).document.answers).toHaveLength(2);
  });

  it('has nothing to freeze without answers', async () => {
    expect((await run('gold', 'freeze', name)).stderr).toContain('error[too_few_examples]');
  });
});

describe('rightsize review', () => {
  it('puts a wrong answer of the teacher first, with a command line that verifies the right one', async () => {
    const store = await openStore(data);
    await keepCalls(store, sampleCalls(200).map(mistaken('call150')));
    await store.close();
    const { status, document } = await run('review', name, '--limit', '3');
    expect(status).toBe(0);
    expect(document.calls).toHaveLength(3);
    const [first] = document.calls;
    expect(first).toMatchObject({ call: 'call150', why: 'likely-error' });
    expect(first.suggested).not.toBe(first.teacher);
    expect((await run(...first.command.split(' ').slice(1))).document).toMatchObject({ added: 1 });
    expect((await run('review', name)).document.calls.map(({ call }: { call: string }) => call)).not.toContain(
      'call150',
    );
  });

  it('wants enough calls to compare, and a limit that is a number', async () => {
    await run('tasks');
    expect((await run('review', name, '--limit', 'all')).stderr).toContain('`all` is no whole number');
    expect((await run('review', 'nonsense')).stderr).toContain('error[task_not_found]');
  });

  it('writes command lines that a shell reads back unchanged', () => {
    expect(commandFor('tickets', 'call1', "it's late")).toBe("rightsize gold add tickets call1 'it'\\''s late'");
    expect(commandFor('tickets', 'call1', '-1')).toBe('rightsize gold add -- tickets call1 -1');
  });
});

describe('rightsize card', () => {
  it('shows what trained the student and what the terms of its teacher say', async () => {
    await keepMore(600);
    const trained = (await run('train', name, '--head', 'linear', '--epsilon', '0.1')).document;
    const { status, document } = await run('card', name);
    expect(status).toBe(0);
    expect(document).toMatchObject({ student: trained.student.id, lineage: trained.lineage, terms: trained.terms });
    expect(document.lineage).toMatchObject({ rows: trained.rows.train, frozenGoldRows: 0 });
    expect(document.terms).toEqual({ notices: [], unknownTeachers: ['big-model'] });
    expect((await run('card', name, '--student', trained.student.id.slice(0, 10))).document).toEqual(document);
  });

  it('says how many calls counted less because their answer is likely wrong, as `train` does', async () => {
    const store = await openStore(data);
    const isErring = seededRandom(4);
    const calls = sampleCalls(900).map((call) => (isErring() < 0.2 ? mistaken(call.id)(call) : call));
    await keepCalls(store, calls);
    await store.close();
    const trained = (await run('train', name, '--head', 'linear')).document;
    const { likelyErrors, weighedDown } = trained.training.rowWeights;
    expect(weighedDown).toBeGreaterThan(50);
    expect(trained.lineage.weighedDownRows).toBe(weighedDown);
    expect((await say('train', name, '--head', 'linear')).stdout).toContain(
      `${likelyErrors} calls have an answer that is likely wrong; ${weighedDown} of them count less, which answers held-out calls better. Look at them first: rightsize review ${name}`,
    );
    expect((await say('card', name, '--student', trained.student.id)).stdout).toContain(
      `${weighedDown} of them counted less, because their answer is likely wrong.`,
    );
  });

  it('says which student is not there', async () => {
    await run('tasks');
    expect((await run('card', name)).stderr).toContain('error[student_not_found]');
    expect((await run('card', name, '--student', 'abc')).stderr).toContain('0 students whose id begins with `abc`');
  });
});

describe('rightsize train, evaluate and predict', () => {
  it('say that a task has no student yet', async () => {
    await run('tasks');
    for (const line of [
      ['evaluate', name],
      ['predict', name, 'my refund'],
    ]) {
      expect((await run(...line)).stderr).toContain('error[student_not_found]');
    }
  });

  it('refuse a share that is none', async () => {
    for (const share of ['7', '1', '0']) {
      const { status, stderr } = await run('train', name, '--epsilon', share);
      expect([status, stderr]).toEqual([2, expect.stringContaining(`\`${share}\` is no share`)]);
    }
  });

  it('refuse a number of calls that is none', async () => {
    const { status, stderr } = await run('tasks', 'show', name, '--calls', 'abc');
    expect([status, stderr]).toEqual([2, expect.stringContaining('`abc` is no whole number')]);
  });
});
