import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { RightsizeError } from '../errors.ts';
import { type CommandEntry, commands } from './commands.ts';
import { main } from './main.ts';
import type { Sink } from './output.ts';
import { dataOption, jsonOption, runCommand } from './run-command.ts';

function sink(): Sink & { text: string } {
  return {
    text: '',
    write(text: string) {
      this.text += text;
    },
  };
}

async function run(entries: Record<string, CommandEntry>, ...line: string[]) {
  const stdout = sink();
  const stderr = sink();
  const status = await main(line, { stdout, stderr, commands: entries });
  return { status, stdout: stdout.text, stderr: stderr.text };
}

function entry(action: Parameters<typeof runCommand<[Record<string, unknown>]>>[0]): CommandEntry {
  return {
    summary: 'does a thing',
    load: async () =>
      new Command('work')
        .addOption(dataOption())
        .addOption(jsonOption())
        .action(runCommand<[Record<string, unknown>]>(action)),
  };
}

describe('rightsize on the command line', () => {
  it('lists every command with its line of help, and loads none of them', async () => {
    const { status, stdout } = await run(
      { work: { summary: 'does a thing', load: () => Promise.reject(new Error('loaded')) } },
      '--help',
    );
    expect(status).toBe(0);
    expect(stdout).toMatch(/work +does a thing/);
  });

  it('shows the help of a command without running it', async () => {
    const { status, stdout } = await run({ work: entry(() => Promise.reject(new Error('ran'))) }, 'work', '--help');
    expect(status).toBe(0);
    expect(stdout).toContain('--data <dir>');
  });

  it('prints the version of the package', async () => {
    const { status, stdout } = await run({}, '--version');
    expect([status, stdout]).toEqual([0, expect.stringMatching(/^\d+\.\d+\.\d+\n$/)]);
  });

  it('suggests the nearest command and ends with status 2', async () => {
    const { status, stderr } = await run({ work: entry(() => {}) }, 'wrok');
    expect(status).toBe(2);
    expect(stderr).toContain('Did you mean work?');
  });

  it('ends with status 2 on an unknown option', async () => {
    const { status, stderr } = await run({ work: entry(() => {}) }, 'work', '--dtaa', 'x');
    expect(status).toBe(2);
    expect(stderr).toContain("unknown option '--dtaa'");
  });

  it('says code, reason and way out of a failure, on standard error, with status 1', async () => {
    const failing = entry(() => Promise.reject(new RightsizeError('task_not_found', 'There is no task `x`.')));
    const { status, stdout, stderr } = await run({ work: failing }, 'work');
    expect(status).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toBe('error[task_not_found]: There is no task `x`.\nList the tasks with `rightsize tasks`.\n');
  });

  it('names a full disk and a read-only folder as what they are', async () => {
    const full = entry(() => Promise.reject(Object.assign(new Error('write failed'), { code: 'ENOSPC' })));
    expect((await run({ work: full }, 'work')).stderr).toContain('error[disk_full]: write failed');
    const locked = entry(() => Promise.reject(Object.assign(new Error('mkdir failed'), { code: 'EROFS' })));
    expect((await run({ work: locked }, 'work')).stderr).toContain('error[folder_not_writable]: mkdir failed');
  });

  it('hands --data to the settings, above every other source', async () => {
    let data = '';
    const reading = entry(async (_options, context) => {
      data = (await context.settings()).data;
    });
    await run({ work: reading }, 'work', '--data', 'elsewhere');
    expect(data).toBe('elsewhere');
  });

  it('aborts the signal on an interrupt, waits for the clean-up and ends with status 130', async () => {
    let cleaned = false;
    const waiting = entry(
      (_options, { signal }) =>
        new Promise<void>((resolve) => {
          signal.addEventListener('abort', () => {
            setTimeout(() => {
              cleaned = true;
              resolve();
            }, 5);
          });
          process.emit('SIGINT', 'SIGINT');
        }),
    );
    const { status, stderr } = await run({ work: waiting }, 'work');
    expect([status, cleaned]).toEqual([130, true]);
    expect(stderr).toContain('error[interrupted]');
  });

  it('describes every command it has in one line', () => {
    for (const { summary } of Object.values(commands)) expect(summary).toMatch(/^[a-z].{10,90}[^.]$/);
  });
});
