import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeWholeFiles } from './write-whole-files.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'whole-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('files that are there whole or not at all', () => {
  it('are written, and take the place of what was there', async () => {
    writeFileSync(join(folder, 'a'), 'old');
    await writeWholeFiles({ [join(folder, 'a')]: 'new', [join(folder, 'b')]: 'other' });
    expect(readdirSync(folder)).toEqual(['a', 'b']);
    expect(readFileSync(join(folder, 'a'), 'utf8')).toBe('new');
  });

  it('leave no trace when somebody interrupts, and what was there stays', async () => {
    writeFileSync(join(folder, 'a'), 'old');
    const reason = new Error('interrupted');
    await expect(writeWholeFiles({ [join(folder, 'a')]: 'new' }, AbortSignal.abort(reason))).rejects.toBe(reason);
    expect(readdirSync(folder)).toEqual(['a']);
    expect(readFileSync(join(folder, 'a'), 'utf8')).toBe('old');
  });

  it('are none where one of them cannot be written, and the error names it', async () => {
    const missing = join(folder, 'none', 'b');
    await expect(writeWholeFiles({ [join(folder, 'a')]: 'new', [missing]: 'other' })).rejects.toMatchObject({
      code: 'file_not_writable',
      message: expect.stringContaining(missing),
    });
    expect(readdirSync(folder)).toEqual([]);
  });
});
