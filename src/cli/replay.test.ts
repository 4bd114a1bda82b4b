import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { keywordCalls, keywordRows } from '../../test/keyword-stream.ts';
import type { Call } from '../records/call.ts';
import { seededRandom, shuffled } from '../records/random.ts';
import { callsInTimeOrder } from './calls-in-time-order.ts';
import { main } from './main.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'replay-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const calls = keywordCalls(keywordRows({ count: 50, seed: 1 }));

function logOf(lines: readonly (Call | string)[], name = 'calls.jsonl'): string {
  const file = join(folder, name);
  const texts = lines.map((line) =>
    typeof line === 'string' ? line : JSON.stringify({ ...line, at: new Date(line.at).toISOString() }),
  );
  writeFileSync(file, texts.map((text) => `${text}\n`).join(''));
  return file;
}

async function run(...line: string[]) {
  const written = { stdout: '', stderr: '' };
  const restore = (['stdout', 'stderr'] as const).map((name) => {
    const original = process[name].write;
    process[name].write = ((text: string) => {
      written[name] += text;
      return true;
    }) as typeof original;
    return () => {
      process[name].write = original;
    };
  });
  try {
    return { status: await main(['replay', ...line]), ...written };
  } finally {
    for (const each of restore) each();
  }
}

describe('rightsize replay', () => {
  it('prints exactly one document with --json, and writes an assignment a call', async () => {
    const assignments = join(folder, 'assignments.jsonl');
    const { status, stdout } = await run(logOf(calls), '--json', '--assignments', assignments);
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ calls: 50, teacherCalls: 50, agreement: { share: 1 } });
    const lines = readFileSync(assignments, 'utf8').trim().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { id: string }).id)).toEqual(calls.map(({ id }) => id));
    expect(readdirSync(folder).sort()).toEqual(['assignments.jsonl', 'calls.jsonl']);
  });

  it('tells people what happened, and which lines it skipped', async () => {
    const { status, stdout, stderr } = await run(logOf([...calls, 'no call']));
    expect(status).toBe(0);
    expect(stdout).toContain('50 calls');
    expect(stderr).toContain('calls.jsonl:51: skipped');
  });

  it.each([
    ['--epsilon', '1.4'],
    ['--epsilon', '0'],
    ['--delta', 'half'],
    ['--spot-checks', '-0.1'],
    ['--seed', '1.5'],
  ])('calls %s %s wrong usage', async (flag, value) => {
    const { status, stdout, stderr } = await run(logOf(calls), flag, value);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toContain(`\`${flag}\` is ${value}`);
  });

  it('takes no spot checks for a wish', async () => {
    expect((await run(logOf(calls), '--spot-checks', '0')).status).toBe(0);
  });

  it('names a missing file, an empty one, and an encoder that it does not have', async () => {
    for (const [line, code] of [
      [[join(folder, 'nowhere.jsonl')], 'file_not_found'],
      [[logOf([], 'empty.jsonl')], 'empty_log'],
      [[logOf(calls), '--encoder', 'x'], 'encoder_not_available'],
    ] as const) {
      const { status, stdout, stderr } = await run(...line);
      expect([status, stdout]).toEqual([1, '']);
      expect(stderr).toContain(`error[${code}]`);
    }
  });

  it('says before it begins that the assignments cannot be written, and leaves no half of them', async () => {
    const nowhere = join(folder, 'not', 'there.jsonl');
    const { status, stderr } = await run(logOf(calls), '--assignments', nowhere);
    expect(status).toBe(1);
    expect(stderr).toContain(`error[folder_not_writable]: \`--assignments\` is ${nowhere}`);
    const assignments = join(folder, 'assignments.jsonl');
    writeFileSync(assignments, 'what was there before\n');
    expect((await run(logOf([], 'empty.jsonl'), '--assignments', assignments)).status).toBe(1);
    expect(readFileSync(assignments, 'utf8')).toBe('what was there before\n');
    expect(readdirSync(folder).filter((name) => name.endsWith('.part'))).toEqual([]);
  });

  it('ends with 130 on Ctrl-C, and leaves neither temporary folders nor half a file', async () => {
    const temporary = join(folder, 'tmp');
    const log = logOf(shuffled(keywordCalls(keywordRows({ count: 3000, seed: 1 })), seededRandom(1)));
    const assignments = join(folder, 'assignments.jsonl');
    mkdirSync(temporary);
    const child = spawn(
      process.execPath,
      ['--import', 'tsx', join(import.meta.dirname, 'main.ts'), 'replay', log, '--assignments', assignments],
      { env: { ...process.env, TMPDIR: temporary }, stdio: ['ignore', 'ignore', 'pipe'] },
    );
    let stderr = '';
    child.stderr.on('data', (text: Buffer) => {
      stderr += text.toString();
    });
    const ended = new Promise<number | null>((resolve) => child.on('close', (status) => resolve(status)));
    const isSorting = () => readdirSync(temporary).some((name) => name.startsWith('rightsize-sort-'));
    while (!isSorting() && child.exitCode === null) await new Promise((resolve) => setTimeout(resolve, 20));
    await new Promise((resolve) => setTimeout(resolve, 300));
    child.kill('SIGINT');
    expect([await ended, stderr]).toEqual([130, expect.stringContaining('error[interrupted]')]);
    expect(readdirSync(temporary).filter((name) => name.startsWith('rightsize-'))).toEqual([]);
    expect([existsSync(assignments), existsSync(`${assignments}.part`)]).toEqual([false, false]);
  });
});

describe('calls in time order', () => {
  async function idsOf(file: string): Promise<readonly string[]> {
    const log = await callsInTimeOrder([file]);
    const ids: string[] = [];
    for await (const { id } of log.calls()) ids.push(id);
    await log.close();
    return ids;
  }

  it('are the same from a shuffled file as from an ordered one', async () => {
    const mixed = shuffled(calls, seededRandom(4));
    vi.stubEnv('TMPDIR', folder);
    expect(await idsOf(logOf(mixed, 'mixed.jsonl'))).toEqual(calls.map(({ id }) => id));
    expect(await idsOf(logOf(calls))).toEqual(calls.map(({ id }) => id));
    vi.unstubAllEnvs();
    expect(readdirSync(folder).sort()).toEqual(['calls.jsonl', 'mixed.jsonl']);
  });

  it('count what is there and tell the bad lines, the first twenty word by word', async () => {
    const log = await callsInTimeOrder([logOf([...calls, ...Array.from({ length: 30 }, () => '{}')])]);
    expect([log.count, log.badLineCount, log.badLines.length]).toEqual([50, 30, 20]);
    await log.close();
  });

  it('give nothing when they are told to stop', async () => {
    const reading = callsInTimeOrder([logOf(calls)], { signal: AbortSignal.abort(new Error('enough')) });
    await expect(reading).rejects.toThrow('enough');
  });
});
