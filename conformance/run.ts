// Usage: npm run conformance [-- --base-url URL --key KEY --model MODEL --header 'NAME: VALUE' --upstream-port PORT
//                             --only C1,C2 --fast --json FILE]
// --upstream-key: the key is the upstream's, the gateway has none of its own. Prints one line a number of the checklist. Without --base-url it builds and starts this gateway; with it, the gateway
// there must send its calls to http://127.0.0.1:PORT/v1.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { allChecks, laterLines } from './checks.ts';
import { type LineResult, runSuite } from './suite.ts';
import { defaultModel, type Target } from './suite-context.ts';

const { values } = parseArgs({
  options: {
    'base-url': { type: 'string' },
    key: { type: 'string', default: '' },
    'upstream-key': { type: 'boolean', default: false },
    model: { type: 'string', default: defaultModel },
    'upstream-port': { type: 'string', default: '9797' },
    header: { type: 'string', multiple: true, default: [] },
    only: { type: 'string', default: '' },
    fast: { type: 'boolean', default: false },
    json: { type: 'string' },
    'no-build': { type: 'boolean', default: false },
  },
});

const target: Target =
  values['base-url'] === undefined
    ? null
    : {
        baseUrl: values['base-url'],
        key: values.key,
        hasOwnKey: !values['upstream-key'],
        model: values.model,
        upstreamPort: Number(values['upstream-port']),
        headers: Object.fromEntries(values.header.map((line) => line.split(/:\s*(.*)/s).slice(0, 2))),
      };

if (target === null && !values['no-build']) build();
const startedAt = performance.now();
const results = await runSuite({
  target,
  checks: allChecks.filter(({ slow }) => !(values.fast && slow)),
  later: laterLines,
  only: values.only.split(',').filter((number) => number !== ''),
  onLine: (line) => console.log(describe(line)),
  onProgress: (text) => process.stderr.isTTY && process.stderr.write(`\r${text.padEnd(40)}\r`),
});
console.log(summary(results, (performance.now() - startedAt) / 1000));
if (values.json !== undefined)
  writeFileSync(values.json, `${JSON.stringify({ target: values['base-url'] ?? 'rightsize', results }, null, 2)}\n`);
process.exit(results.some(({ verdict }) => verdict === 'fail') ? 1 : 0);

function build(): void {
  const { status } = spawnSync(process.execPath, ['scripts/build.mjs'], { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

function describe({ number, verdict, title, reason }: LineResult): string {
  return `${number.padEnd(4)} ${verdict.padEnd(5)} ${title}${reason === '' ? '' : ` — ${reason}`}`;
}

function summary(lines: readonly LineResult[], seconds: number): string {
  const count = (wanted: string) => lines.filter(({ verdict }) => verdict === wanted).length;
  return `\n${lines.length} lines: ${count('pass')} pass, ${count('fail')} fail, ${count('later')} later, ${count('skip')} not testable here, in ${Math.round(seconds)} s`;
}
