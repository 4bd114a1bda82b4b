import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { allChecks } from './checks.ts';
import { runCheck } from './suite.ts';
import { type SuiteContext, startContext } from './suite-context.ts';

const root = join(import.meta.dirname, '..');
let context: SuiteContext;
beforeAll(async () => {
  if (isStale()) spawnSync(process.execPath, ['scripts/build.mjs'], { cwd: root, stdio: 'inherit' });
  context = await startContext(null);
}, 120_000);
afterAll(() => context?.close());

describe('the checklist of what a gateway must survive', () => {
  for (const check of allChecks.filter(({ slow }) => !slow))
    it(`${check.number}: ${check.title}`, async ({ skip }) => {
      const { verdict, reason } = await runCheck(check, context);
      if (verdict === 'skip') skip(reason);
      if (verdict === 'fail') throw new Error(`${check.number}: ${reason}`);
    });
});

/** Whether the program that is started is older than its source. */
function isStale(): boolean {
  const program = join(root, 'dist', 'cli', 'main.js');
  if (!existsSync(program)) return true;
  const builtAt = statSync(program).mtimeMs;
  return readdirSync(join(root, 'src'), { recursive: true, withFileTypes: true }).some(
    (entry) =>
      entry.isFile() &&
      !entry.name.includes('.test.') &&
      statSync(join(entry.parentPath, entry.name)).mtimeMs > builtAt,
  );
}
