import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');

describe('the reference pages and the settings schema', () => {
  it('say what the code says', () => {
    const { status, stderr } = spawnSync(process.execPath, ['--import', 'tsx', 'scripts/reference.mjs', '--check'], {
      cwd: root,
      encoding: 'utf8',
    });
    expect(stderr).toBe('');
    expect(status).toBe(0);
  });
});
