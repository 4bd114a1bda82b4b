import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { keywordCalls, keywordRows } from '../../test/keyword-stream.ts';
import { termsOfLineage } from '../curate/lineage.ts';
import type { Engine } from '../gateway/engine.ts';
import type { Call } from '../records/call.ts';
import { completeSettings, type SettingsInput } from '../settings.ts';
import { openStore } from '../storage/open-store.ts';
import type { Store } from '../storage/store.ts';
import { openLiveEngine } from './open-live-engine.ts';

const rows = keywordRows({ count: 420, seed: 1 });
const imported = keywordCalls(rows.slice(0, 360));
const later = keywordCalls(rows).slice(360);
const teacher = imported[0]?.request.model ?? '';

let folder: string;
const closers: (() => Promise<unknown>)[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'live-engine-'));
});
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
  rmSync(folder, { recursive: true });
});

/** What a server does at a start, and its log as text. */
async function open(change: SettingsInput = {}) {
  const store = await openStore(folder);
  const lines: string[] = [];
  const log = pino({ level: 'info' }, { write: (line: string) => void lines.push(line) });
  const settings = completeSettings({ data: folder, stage: 'auto', promise: { epsilon: 0.1 }, ...change });
  const engine = await openLiveEngine({ store, settings, log });
  let isClosed = false;
  const close = async () => {
    if (isClosed) return;
    isClosed = true;
    await engine.close();
    await store.close();
  };
  closers.push(close);
  return { store, engine, lines, close };
}

async function importAll(calls: readonly Call[]): Promise<void> {
  const store = await openStore(folder);
  await store.calls.append(calls.map((call) => ({ call, route: null, match: null })));
  await store.close();
}

async function until(claim: () => boolean): Promise<void> {
  for (let waited = 0; !claim() && waited < 45_000; waited += 20)
    await new Promise((resolve) => setTimeout(resolve, 20));
  expect(claim()).toBe(true);
}

function isCertified(engine: Engine): boolean {
  return engine.status().some(({ certificate }) => certificate !== null);
}

function answeredBy(engine: Engine, calls: readonly Call[]): readonly string[] {
  return calls.map((call) => {
    const decision = engine.decide({ ...call, forceTeacher: false });
    return `${decision.route.answeredBy} ${decision.route.student ?? '-'}`;
  });
}

async function studentIn(store: Store): Promise<string> {
  return (await store.certificates.list({}))[0]?.student ?? '';
}

describe('the live loop over a store', () => {
  it('learns from imported calls at its start, serves after a restart, and leaves a damaged student to the teacher', async () => {
    await importAll(imported);
    const first = await open();
    await until(() => isCertified(first.engine) && first.engine.status()[0]?.calls === imported.length);
    const student = first.engine.status()[0]?.certificate?.student ?? '';
    const answers = answeredBy(first.engine, later);
    expect(answers.filter((answer) => answer === `student ${student}`).length).toBeGreaterThan(20);
    await first.close();

    // Everything it says of itself is stored: tasks, students, certificates, and which call belongs where.
    const second = await open();
    const [task] = second.engine.status();
    expect(task).toMatchObject({ stage: 'live', waitingFor: null, certificate: { student } });
    expect(answeredBy(second.engine, later).filter((answer) => answer === `student ${student}`).length).toBeGreaterThan(
      20,
    );
    expect(await studentIn(second.store)).toBe(student);
    expect(await second.store.tasks.get(task?.task.id ?? '')).not.toBeNull();
    expect(await second.store.calls.count({ task: task?.task.id ?? '' })).toBe(imported.length);
    // What was learned from once is not learned from again.
    expect(task?.calls).toBe(imported.length);
    await second.close();

    const store = await openStore(folder);
    const kept = await store.students.get(student);
    if (kept === null) throw new Error('the student is not stored');
    // Its card says whose answers made it.
    expect(kept.details).toMatchObject({
      lineage: { frozenGoldRows: 0, weighedDownRows: 0, teachers: [{ model: teacher }] },
    });
    expect(kept.details.terms).toEqual(termsOfLineage({ teachers: [{ model: teacher, upstream: null }] }));
    await store.students.remove(student);
    await store.students.put({ ...kept, bytes: kept.bytes.slice(0, kept.bytes.length / 2) });
    await store.close();
    const third = await open();
    expect(answeredBy(third.engine, later).every((answer) => answer.startsWith('teacher'))).toBe(true);
    expect(third.lines.join('')).toContain('a student cannot be read; its task goes to the teacher');
    expect(third.lines.join('')).toContain(student);
  });

  it('learns from calls that are imported between two starts', async () => {
    await importAll(imported.slice(0, 100));
    const first = await open();
    await until(() => first.engine.status()[0]?.calls === 100);
    await first.close();
    await importAll(imported.slice(100, 130));
    const second = await open();
    await until(() => second.engine.status()[0]?.calls === 130);
  });

  it('is closed at once while it still learns, and goes on at the next start', async () => {
    await importAll(imported.slice(0, 150));
    const first = await open();
    await first.close();
    const second = await open();
    await until(() => second.engine.status()[0]?.calls === 150);
  });

  it('opens an empty folder', async () => {
    const { engine, lines } = await open();
    expect(engine.status()).toEqual([]);
    expect(answeredBy(engine, later.slice(0, 1))).toEqual(['teacher -']);
    expect(lines.filter((line) => line.includes('"level":50'))).toEqual([]);
  });
});
