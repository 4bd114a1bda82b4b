// TRACER on the ten tasks: the rows and vectors that coverage.ts learns from, judged on the same rows.
// usage: npx tsx bench/quality/tracer.ts [--seeds 3] [--zoo light|full]    peers: $PYTHON with tracer-llm (bench/peers/README.md)
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { missing, resultPath } from './result-file.ts';
import { cacheFolder } from './vector-cache.ts';

/** One fit and what it handled of the rows that judge; `outOfTime` seconds where it took longer. */
export interface TracerRun {
  readonly task: string;
  readonly target: number;
  readonly zoo: 'light' | 'full';
  readonly seed: number;
  readonly judged?: number;
  readonly handled?: number;
  readonly agreeing?: number;
  readonly cpuSeconds?: number;
  readonly outOfTime?: number;
}

const { values: options } = parseArgs({
  options: { seeds: { type: 'string', default: '3' }, zoo: { type: 'string', default: 'light' } },
});
const python = process.env.PYTHON ?? 'python3';
if (spawnSync(python, ['-c', 'import tracer']).status !== 0) missing(`tracer-llm in ${python}`);
const rows = join(cacheFolder, 'peer-rows');
const seeds = Array.from({ length: Number(options.seeds) }, (_, index) => String(index + 1));
for (const seed of seeds)
  run(process.execPath, [...process.execArgv, join(import.meta.dirname, 'write-peer-rows.ts'), rows, '--seed', seed]);
const script = join(import.meta.dirname, '..', 'peers', 'fit-tracer.py');
run(python, [script, rows, resultPath('quality-tracer'), '--seeds', seeds.join(','), '--zoo', options.zoo]);

function run(command: string, parts: readonly string[]): void {
  const { status } = spawnSync(command, parts, { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}
