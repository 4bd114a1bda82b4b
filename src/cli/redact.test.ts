import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { main } from './main.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'redact-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

async function run(text: string, ...flags: string[]) {
  const file = join(folder, 'letter.txt');
  writeFileSync(file, text);
  const written = { stdout: '', stderr: '' };
  const { stdout, stderr } = process;
  const originals = [stdout.write, stderr.write] as const;
  const writer = (stream: 'stdout' | 'stderr') => (piece: string) => {
    written[stream] += piece;
    return true;
  };
  stdout.write = writer('stdout') as typeof stdout.write;
  stderr.write = writer('stderr') as typeof stderr.write;
  try {
    const status = await main(['redact', file, ...flags]);
    return { status, ...written };
  } finally {
    [stdout.write, stderr.write] = originals;
  }
}

describe('redact', () => {
  it('shows a text as it would be kept, and what was replaced beside it', async () => {
    const { status, stdout, stderr } = await run('Pay DE89 3704 0044 0532 0130 00, or ask jane@x.example.\n');
    expect([status, stdout]).toEqual([0, 'Pay [IBAN_1], or ask [EMAIL_1].\n']);
    expect(stderr).toMatch(/iban +1[\s\S]*email +1/);
  });

  it('says in JSON what stands where', async () => {
    const { stdout } = await run('I am jane@x.example', '--recognisers', 'email,iban', '--json');
    expect(JSON.parse(stdout)).toEqual({
      recognisers: ['email', 'iban'],
      counts: { email: 1 },
      found: [{ recogniser: 'email', start: 5, end: 19, text: 'jane@x.example' }],
      text: 'I am [EMAIL_1]',
    });
  });

  it('says so where nothing would be replaced, where there is no file, and where a name is wrong', async () => {
    expect((await run('hello')).stderr).toContain('Nothing would be replaced.');
    expect(await run('hello', '--recognisers', 'emial')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('`email`'),
    });
  });
});
