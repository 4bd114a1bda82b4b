import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { keywordCall, keywordRows } from '../../test/keyword-stream.ts';
import { pause } from '../../test/scripted-upstream.ts';
import { main } from '../cli/main.ts';
import type { Call } from '../records/call.ts';
import { completeSettings } from '../settings.ts';
import { openStore } from '../storage/open-store.ts';
import type { ErasureReport } from './erase-calls.ts';
import { type RunningInstallation, startInstallation } from './start-installation.ts';
import type { StatusDocument } from './status-document.ts';

const phrase = 'zanzibar heliotrope quartz';
const rows = keywordRows({ count: 380, seed: 1 });
/** Every tenth call is Jane's, and carries her words. */
const calls: readonly Call[] = rows.map(({ text, label }, index) => {
  if (index % 10 !== 3) return keywordCall({ text, label }, index);
  return keywordCall({ text: `${text} ${phrase}`, label }, index, { request: { user: 'jane@x.example' } });
});
const janes = calls.filter((call) => JSON.stringify(call).includes(phrase));
/** One that belongs to no task, and a prompt that only she uses. */
const strays = [
  keywordCall({ text: 'hello there', label: phrase }, 900, { system: 'Be kind.', request: { user: 'jane@x.example' } }),
];

let folder: string;
const closers: (() => Promise<unknown>)[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'erase-'));
});
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
  rmSync(folder, { recursive: true });
});

async function importAll(all: readonly Call[]): Promise<void> {
  const store = await openStore(folder);
  await store.calls.append(all.map((call) => ({ call, route: null, match: null })));
  await store.close();
}

async function start(): Promise<RunningInstallation> {
  const installation = await startInstallation({
    settings: completeSettings({ data: folder, port: 0, stage: 'auto', promise: { epsilon: 0.1 } }),
    version: '1.2.3',
    log: pino({ level: 'silent' }),
  });
  closers.push(() => installation.stop());
  return installation;
}

async function certified(installation: RunningInstallation, seen: number): Promise<void> {
  const isReady = () => {
    const [status] = installation.engine.status();
    return status !== undefined && status.certificate !== null && status.calls >= seen;
  };
  await expect.poll(isReady, { timeout: 50_000, interval: 50 }).toBe(true);
}

async function post(installation: RunningInstallation, body: object): Promise<ErasureReport> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${installation.origin}/admin/v1/erase`, {
    method: 'POST',
    headers,
    body: JSON.stringify(body),
  });
  expect(response.status).toBe(200);
  return (await response.json()) as ErasureReport;
}

async function statusOf({ origin }: RunningInstallation): Promise<StatusDocument> {
  return (await (await fetch(`${origin}/admin/v1/status`)).json()) as StatusDocument;
}

/** The files of the folder that hold her words. */
function filesWith(words: string): readonly string[] {
  return readdirSync(folder).filter((file) => readFileSync(join(folder, file)).includes(words));
}

async function rightsize(...line: string[]): Promise<{ readonly status: number; readonly output: string }> {
  let output = '';
  const original = process.stdout.write;
  process.stdout.write = ((text: string) => {
    output += text;
    return true;
  }) as typeof process.stdout.write;
  try {
    return { status: await main([...line, '--data', folder]), output };
  } finally {
    process.stdout.write = original;
  }
}

describe('S11: erasing the calls of a user', () => {
  it('leaves no word of them in any file, marks the students they trained, and a retraining clears the mark', async () => {
    await importAll([...calls, ...strays]);
    const installation = await start();
    await certified(installation, calls.length);
    const student = (await statusOf(installation)).tasks[0]?.certificate?.student ?? '';
    await pause(200);
    expect(filesWith(phrase)).not.toEqual([]);

    const planned = await post(installation, { user: 'jane@x.example', dryRun: true });
    expect(planned).toMatchObject({ calls: janes.length + 1, erased: false, tasks: [{ calls: janes.length }] });
    const other = await post(installation, { user: 'jane@x.example', tenant: 'another', dryRun: true });
    expect(other.calls).toBe(0);
    const report = await post(installation, { user: 'jane@x.example' });
    expect(report).toMatchObject({ calls: janes.length + 1, erased: true });
    expect(filesWith(phrase)).toEqual([]);
    const marked = report.students.find((each) => each.student === student);
    expect(marked?.rows).toBeGreaterThan(5);
    expect((await statusOf(installation)).tasks[0]).toMatchObject({
      erasedRows: marked?.rows,
      certificate: { student },
    });
    expect((await post(installation, { user: 'jane@x.example' })).calls).toBe(0);

    // The others' calls are all there, and the task is what it was, before and after a restart.
    await installation.stop();
    expect(filesWith(phrase)).toEqual([]);
    const card = JSON.parse(
      (await rightsize('card', installation.engine.status()[0]?.task.id ?? '', '--student', student, '--json')).output,
    );
    expect(card.erasedRows).toBe(marked?.rows);
    const stored = await rightsize('status', '--json');
    expect(JSON.parse(stored.output).tasks[0]).toMatchObject({ erasedRows: marked?.rows });
    const again = await start();
    expect(again.engine.status()[0]).toMatchObject({ certificate: { student } });
    await pause(200);
    await again.stop();
    expect(filesWith(phrase)).toEqual([]);

    const trained = await rightsize('train', again.engine.status()[0]?.task.id ?? '', '--epsilon', '0.2', '--json');
    expect(trained.status).toBe(0);
    const store = await openStore(folder);
    expect(await store.calls.count()).toBe(calls.length - janes.length);
    const [newest] = await store.students.list();
    expect(newest?.id).not.toBe(student);
    expect(newest?.erasedRows).toBeUndefined();
    await store.close();
  }, 120_000);

  it('works where no server runs, on what a server left, and asks for one call too', async () => {
    await importAll([...calls.slice(0, 200), ...strays]);
    const installation = await start();
    await expect
      .poll(() => installation.engine.status()[0]?.calls ?? 0, { timeout: 50_000 })
      .toBeGreaterThanOrEqual(200);
    await installation.stop();
    expect(filesWith(phrase)).not.toEqual([]);
    const planned = await rightsize('erase', '--user', 'jane@x.example', '--dry-run', '--json');
    expect(JSON.parse(planned.output)).toMatchObject({ calls: 21, erased: false });
    expect((await rightsize('erase', '--user', 'jane@x.example', '--yes')).output).toContain('Erased 21 calls');
    expect(filesWith(phrase)).toEqual([]);
    const [id = ''] = calls.map((call) => call.id);
    expect((await rightsize('erase', '--call', id, '--yes')).output).toContain('Erased 1 calls');
    expect((await rightsize('erase', '--call', id, '--yes')).status).toBe(1);
    expect((await rightsize('erase')).status).toBe(2);
    const again = await start();
    expect(again.engine.status()[0]?.task.shape.kind).toBe('label');
  }, 120_000);

  it('works on what was imported and looked through, and forgets a task whose calls are all gone', async () => {
    const own = calls.map((call) => (call.request.user === undefined ? call : keepJanesPrompt(call)));
    await importAll(own);
    const found = JSON.parse((await rightsize('tasks', '--json')).output) as { readonly tasks: readonly unknown[] };
    expect(found.tasks.length).toBe(2);
    expect(filesWith(phrase)).not.toEqual([]);
    expect((await rightsize('erase', '--user', 'jane@x.example', '--yes')).status).toBe(0);
    expect(filesWith(phrase)).toEqual([]);
    const left = JSON.parse((await rightsize('tasks', '--json')).output) as { readonly tasks: readonly unknown[] };
    expect(left.tasks.length).toBe(1);
  }, 120_000);
});

/** She asks for another thing, in words of her own. */
function keepJanesPrompt(call: Call): Call {
  const [, user] = call.request.messages;
  const system = { role: 'system', content: `Say in one word what ${phrase} means for this: be quick, and be exact.` };
  return { ...call, request: { ...call.request, messages: [system, ...(user === undefined ? [] : [user])] } };
}
