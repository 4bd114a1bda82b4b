import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { writeTinyEncoder } from '../../test/tiny-encoder.ts';
import { openStore } from '../storage/open-store.ts';
import { main } from './main.ts';

let data: string;
beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'rightsize-'));
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(data, { recursive: true, force: true });
});

/** Runs `rightsize encoder …`; what it prints as JSON, and its words. */
async function run(...line: string[]) {
  const stdout: string[] = [];
  const stderr: string[] = [];
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => stdout.push(String(text)) > 0);
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => stderr.push(String(text)) > 0);
  const sink = { write: (text: string) => stderr.push(text) };
  const status = await main(['encoder', ...line, '--data', data, '--json'], { stderr: sink });
  vi.restoreAllMocks();
  return { status, stderr: stderr.join(''), document: stdout.length === 0 ? null : JSON.parse(stdout.join('')) };
}

describe('rightsize encoder', () => {
  it('adds, lists and removes', async () => {
    const folder = writeTinyEncoder(join(data, 'files'));
    const { document } = await run('add', folder, '--name', 'tiny', '--slowest-ms', '10000');
    expect(document).toMatchObject({ isNew: true, encoder: { name: 'tiny', dimensions: 8 } });
    expect((await run('list')).document).toMatchObject({ encoders: [{ name: 'tiny' }], used: document.encoder.id });
    expect((await run('remove', 'tiny')).document).toMatchObject({ removed: false, students: [] });
    expect((await run('remove', 'tiny', '--yes')).document).toMatchObject({ removed: true });
    expect((await run('list')).document).toEqual({ encoders: [], used: null });
  });

  it('says which students need an encoder before it removes it', async () => {
    const folder = writeTinyEncoder(join(data, 'files'));
    const { document } = await run('add', folder, '--slowest-ms', '10000');
    const store = await openStore(data);
    const student = { task: 'task1', version: 'v', createdAt: 1, bytes: new Uint8Array([1]) };
    await store.students.put({ ...student, id: 'needs-it', details: { encoder: document.encoder.id } });
    await store.students.put({ ...student, id: 'needs-none', details: { encoder: null }, bytes: new Uint8Array([2]) });
    await store.close();
    const removal = await run('remove', 'files');
    expect(removal.document).toMatchObject({ removed: false, students: [{ id: 'needs-it', task: 'task1' }] });
    expect(removal.stderr).toContain('Student needs-it of task1 needs it.');
  });

  it('says what is wrong with a name, a source or a time', async () => {
    expect(await run('remove', 'nobody')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('encoder_not_available'),
    });
    expect(await run('add', join(data, 'nowhere'))).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('file_not_found'),
    });
    expect((await run('add', 'x', '--default')).status).toBe(2);
    expect((await run('add', 'x', '--slowest-ms', 'fast')).status).toBe(2);
  });
});
