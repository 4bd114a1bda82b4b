import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { seededRandom } from '../../records/random.ts';
import { killWriters } from './killed-writer.contract.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'killed-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

// bench/kill-writer.ts does it a hundred times.
it('R20: killed at any moment, twenty times over, the store opens, is sound, and has every call that was told to be kept, whole', async () => {
  const report = await killWriters(folder, 20, seededRandom(1));
  expect(report).toMatchObject({ kills: 20, lost: 0, torn: 0, unsound: 0 });
  expect(report.told).toBeGreaterThan(100);
}, 180_000);
