import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { sharedFolder } from '../public-rows.ts';

const folder = join(import.meta.dirname, '..', 'results');

/** Exit status of a measurement that found its data or its peer missing: the runner says so and goes on. */
export const MISSING = 3;

export function resultPath(name: string): string {
  return join(folder, `${name}.json`);
}

/** Writes `bench/results/quality-NAME.json`, with where and when it was measured. */
export function writeResult(name: string, result: object): void {
  mkdirSync(folder, { recursive: true });
  const where = {
    date: new Date().toISOString().slice(0, 10),
    machine: `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, Node ${process.versions.node}`,
  };
  writeFileSync(resultPath(`quality-${name}`), `${JSON.stringify({ ...where, ...result }, null, 1)}\n`);
}

/** What a measurement wrote, or null where it has not been made. */
export function readResult(name: string): unknown {
  const path = resultPath(name);
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : null;
}

/** Ends a measurement that has nothing to measure. */
export function missing(what: string): never {
  console.error(`${what} is not there (looked below ${sharedFolder}; set SHARED_DIR)`);
  process.exit(MISSING);
}
