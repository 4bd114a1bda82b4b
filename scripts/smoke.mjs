// Usage: node scripts/smoke.mjs TARBALL
// Installs the packed package into an empty folder and uses it as a stranger would, on the Node that runs this script.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const tarball = resolve(process.argv[2]);
const folder = mkdtempSync(join(tmpdir(), 'rightsize-smoke-'));
try {
  writeFileSync(join(folder, 'package.json'), '{ "name": "smoke", "private": true, "type": "module" }\n');
  execFileSync('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--silent', tarball], {
    cwd: folder,
    stdio: 'inherit',
  });
  const expected = JSON.parse(readFileSync('package.json', 'utf8')).version;
  const version = rightsize('--version').trim();
  expect(version === expected, `--version printed ${version}, package.json says ${expected}`);
  writeFileSync(
    join(folder, 'use.mjs'),
    "const library = await import('rightsize'); if (Object.keys(library).length === 0) process.exit(1);\n",
  );
  execFileSync(process.execPath, ['use.mjs'], { cwd: folder, stdio: 'inherit' });
  const demo = JSON.parse(rightsize('demo', '--quick', '--json'));
  expect(demo.replay.calls > 0, 'the demo replayed no calls');
  expect(demo.requests.length === 3, `the demo sent ${demo.requests.length} requests, not 3`);
  console.log(`${process.version}: rightsize ${version}, demo of ${demo.replay.calls} calls`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function rightsize(...args) {
  const program = join(folder, 'node_modules', 'rightsize', 'dist', 'cli', 'main.js');
  return execFileSync(process.execPath, [program, ...args], { cwd: folder, encoding: 'utf8', maxBuffer: 1 << 28 });
}

function expect(condition, message) {
  if (!condition) throw new Error(message);
}
