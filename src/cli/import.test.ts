import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openStore } from '../storage/open-store.ts';
import { main } from './main.ts';

const program = fileURLToPath(new URL('./main.ts', import.meta.url));
const fixtures = fileURLToPath(new URL('../capture/__fixtures__/', import.meta.url));
const node = [process.execPath, '--import', 'tsx', program];

let folder: string;
let data: string;
const children: ChildProcess[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rightsize-cli-'));
  data = join(folder, 'data');
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

/** In this process: for what needs no signal and no other disk. */
async function run(...line: readonly string[]) {
  const out = { status: 0, stdout: '', stderr: '' };
  const collect = (name: 'stdout' | 'stderr') => (text: unknown) => {
    out[name] += String(text);
    return true;
  };
  const spies = (['stdout', 'stderr'] as const).map((name) =>
    vi.spyOn(process[name], 'write').mockImplementation(collect(name)),
  );
  try {
    out.status = await main(line);
    return out;
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}

/** In a process of its own: a statement lets go of its database when it is collected, which may be after the next command. */
function runApart(...line: readonly string[]) {
  const [command = '', ...rest] = [...node, ...line];
  const { status, stdout } = spawnSync(command, rest, { encoding: 'utf8', input: '' });
  return { status, stdout };
}

function log(count: number, from = 0): string {
  return Array.from({ length: count }, (_, index) => {
    const request = { model: 'm', messages: [{ role: 'user', content: `parcel ${from + index}` }] };
    const at = Date.UTC(2026, 0, 1) + 1000 * (from + index);
    return `${JSON.stringify({ id: `c${from + index}`, at, request, response: { choices: [] } })}\n`;
  }).join('');
}

async function countStored(): Promise<number> {
  const store = await openStore(data, { readOnly: true });
  try {
    return await store.calls.count();
  } finally {
    await store.close();
  }
}

describe('rightsize import', () => {
  it('prints one document with --json, and adds nothing the second time', async () => {
    const file = join(fixtures, 'call-log.jsonl');
    const first = await run('import', file, '--data', data, '--json');
    expect(first.status).toBe(0);
    expect(JSON.parse(first.stdout)).toMatchObject({ calls: 4, added: 4, badLines: 0 });
    const again = await run('import', file, '--data', data);
    expect(again.stdout).toContain('Imported 0 new calls, 4 stored already');
  });

  it('shows bad lines with their numbers, and fails with the way out when there is nothing else', async () => {
    writeFileSync(join(folder, 'log'), `${log(1)}nothing\n`);
    const kept = await run('import', join(folder, 'log'), '--data', data);
    expect([kept.status, kept.stderr]).toEqual([0, expect.stringMatching(/log:2: is not JSON/)]);
    writeFileSync(join(folder, 'empty'), '');
    const empty = await run('import', join(folder, 'empty'), '--data', data);
    expect([empty.status, empty.stdout]).toEqual([1, '']);
    expect(empty.stderr).toMatch(/error\[empty_log\].*\n.*call-log\.md/);
    expect((await run('import')).status).toBe(2);
  });

  it('keeps what it has read when it is interrupted, and the next import adds the rest', async () => {
    const file = join(folder, 'log');
    writeFileSync(file, log(20_000));
    const [command = '', ...rest] = [...node, 'import', file, '--data', data];
    const child = spawn(command, rest, { stdio: ['ignore', 'ignore', 'pipe'] });
    children.push(child);
    let stderr = '';
    child.stderr?.on('data', (text) => {
      stderr += String(text);
    });
    while ((await countStored().catch(() => 0)) < 512) await pause(20);
    child.kill('SIGINT');
    const [status] = await once(child, 'close');
    expect(status).toBe(130);
    expect(stderr).toContain('error[interrupted]');
    const stored = await countStored();
    expect(stderr).toContain(`${stored.toLocaleString('en')} calls before that are stored.`);
    expect(stored).toBeLessThan(20_000);

    writeFileSync(file, log(stored + 100));
    const { stdout } = await run('import', file, '--data', data, '--json');
    expect(JSON.parse(stdout)).toMatchObject({ calls: stored + 100, added: 100 });
  });
});

describe('rightsize backup and restore', () => {
  it('puts a backup in the place of what is there only when it is told to', () => {
    const backup = join(folder, 'backup');
    writeFileSync(join(folder, 'log'), log(10));
    runApart('import', join(fixtures, 'call-log.jsonl'), '--data', data);
    expect(runApart('backup', backup, '--data', data).stdout).toContain('4 calls');
    runApart('import', join(folder, 'log'), '--data', data);
    expect(runApart('restore', backup, '--data', data)).toMatchObject({ status: 2, stdout: '' });
    const restored = runApart('restore', backup, '--data', data, '--yes', '--json');
    expect(JSON.parse(restored.stdout)).toMatchObject({ restored: true, calls: 4 });
    expect(readdirSync(data).sort()).toEqual(['lock.db', 'rightsize.db']);
  });

  it('backs up beside the process that writes, and does not restore under its feet', async () => {
    const script = fileURLToPath(new URL('../storage/sqlite/endless-writer.contract.ts', import.meta.url));
    const child = spawn(process.execPath, ['--import', 'tsx', script, data], { stdio: ['ignore', 'pipe', 'inherit'] });
    children.push(child);
    await once(child.stdout as NodeJS.ReadableStream, 'data');
    const backup = join(folder, 'backup');
    expect((await run('backup', backup, '--data', data)).status).toBe(0);
    const refused = await run('restore', backup, '--data', data, '--yes');
    expect(refused.status).toBe(1);
    expect(refused.stderr).toContain(`process ${child.pid}`);
    expect((await run('restore', backup, '--data', join(folder, 'other'))).status).toBe(0);
  });
});

const canMount = spawnSync('unshare', ['-rm', 'true']).status === 0;

describe.skipIf(!canMount)('a disk of its own (where mount namespaces are allowed)', () => {
  /** Runs shell lines in a namespace of their own; `$RUN` is the program, `$DATA` a small disk. */
  function inNamespace(script: string): string {
    const environment = { ...process.env, RUN: node.join(' '), DATA: join(folder, 'disk'), FOLDER: folder };
    return execFileSync('unshare', ['-rm', 'sh', '-c', script], {
      encoding: 'utf8',
      env: environment,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  }

  it('that is full ends an import with a reason, keeps what fitted, and takes the rest when there is room', () => {
    writeFileSync(join(folder, 'log'), log(3500));
    const output = inNamespace(`
      mkdir $DATA && mount -t tmpfs -o size=600k tmpfs $DATA
      $RUN import $FOLDER/log --data $DATA 2>&1; echo "status $?"
      mount -o remount,size=50m $DATA
      $RUN import $FOLDER/log --data $DATA`);
    expect(output).toContain('error[disk_full]');
    expect(output).toContain('status 1');
    const kept = Number(/([\d,]+) calls before that are stored/.exec(output)?.[1]?.replace(',', ''));
    expect(kept).toBeGreaterThan(0);
    expect(output).toContain(`Imported ${(3500 - kept).toLocaleString('en')} new calls`);
  });

  it('that is read-only is told as such, and can still be read', () => {
    writeFileSync(join(folder, 'log'), log(20));
    const output = inNamespace(`
      mkdir $DATA && mount -t tmpfs -o size=10m tmpfs $DATA
      $RUN import $FOLDER/log --data $DATA
      mount -o remount,ro $DATA
      $RUN import $FOLDER/log --data $DATA 2>&1; echo "status $?"
      $RUN backup $FOLDER/backup --data $DATA`);
    expect(output).toContain('error[folder_not_writable]');
    expect(output).toContain('status 1');
    expect(output).toContain('(20 calls) into');
  });
});
