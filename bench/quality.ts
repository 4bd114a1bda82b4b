// The quality table: measures what has not been measured, and prints all of it as Markdown for docs/experiments.md.
// usage: npm run bench:quality -- [--only coverage,ocats] [--seeds 3] [--fresh] [--table]
//   --fresh  measures again what lies in bench/results already     --table  measures nothing
// Data: SHARED_DIR (default ../shared); peers: $PYTHON (bench/peers/README.md). What is not there is left out, and said.
import { spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { MISSING, readResult, resultPath } from './quality/result-file.ts';
import { type Section, sections } from './quality/sections.ts';
import { toMarkdown } from './quality/table.ts';

const { values: options } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    seeds: { type: 'string', default: '3' },
    fresh: { type: 'boolean', default: false },
    table: { type: 'boolean', default: false },
  },
});

const failed = options.table ? [] : chosenSections().filter((section) => !measure(section));
const rows = sections.map((section) => section.rows());
const table = { gold: rows.flatMap(({ gold }) => gold), real: rows.flatMap(({ real }) => real) };
writeFileSync(resultPath('quality'), `${JSON.stringify(table, null, 1)}\n`);
console.log(toMarkdown(table));
for (const { details } of sections) if (details !== undefined) console.log(details());
if (failed.length > 0) {
  console.error(`failed: ${failed.map(({ name }) => name).join(', ')}`);
  process.exitCode = 1;
}

function chosenSections(): readonly Section[] {
  if (options.only === '') return sections;
  return options.only.split(',').map((wanted) => {
    const section = sections.find(({ name }) => name === wanted);
    if (section === undefined)
      throw new Error(`--only ${wanted}: known are ${sections.map(({ name }) => name).join(', ')}`);
    return section;
  });
}

/** In a process of its own, so that times and memory are its own. False where it failed; what is missing is no failure. */
function measure({ name, script, parts, result, resumes }: Section): boolean {
  if (options.fresh) rmSync(resultPath(result), { force: true });
  else if (!resumes && readResult(result) !== null) return true;
  console.error(`${name} …`);
  const command = [...process.execArgv, join(import.meta.dirname, script), ...parts(Number(options.seeds))];
  const { status } = spawnSync(process.execPath, command, { stdio: 'inherit' });
  if (status === MISSING) console.error(`${name}: left out`);
  return status === 0 || status === MISSING;
}
