// Kills a process that stores calls, at random moments, and looks at what is left.
// usage: npx tsx bench/kill-writer.ts [--kills 100]
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { seededRandom } from '../src/records/random.ts';
import { killWriters } from '../src/storage/sqlite/killed-writer.contract.ts';

const { values } = parseArgs({ options: { kills: { type: 'string', default: '100' } } });
const folder = mkdtempSync(join(tmpdir(), 'kill-writer-'));
try {
  console.log(await killWriters(folder, Number(values.kills), seededRandom(7)));
} finally {
  rmSync(folder, { recursive: true });
}
