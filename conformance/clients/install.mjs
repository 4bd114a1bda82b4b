// Installs what the client matrix needs, where it is missing: npm packages and two Python environments, all beneath
// conformance/clients/node_modules. Usage: node conformance/clients/install.mjs
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = import.meta.dirname;
const packages = join(folder, 'node_modules');

/** Python of an environment: `1` has openai 1, `2` openai 2, anthropic and LangChain. */
export function pythonOf(environment) {
  return join(packages, `.python-${environment}`, 'bin', 'python');
}

/** What is there afterwards; each part that is not says why. */
export function installClients() {
  const node = upToDate('package-lock.json')
    ? null
    : attempt('npm', ['ci', '--no-audit', '--no-fund', '--ignore-scripts']);
  if (node === null) remember('package-lock.json');
  return { node, python1: node ?? installPython('1'), python2: node ?? installPython('2') };
}

function installPython(environment) {
  const requirements = `requirements-${environment}.txt`;
  if (upToDate(requirements) && existsSync(pythonOf(environment))) return null;
  const failure =
    attempt('python3', ['-m', 'venv', join(packages, `.python-${environment}`)]) ??
    attempt(pythonOf(environment), [
      '-m',
      'pip',
      'install',
      '--quiet',
      '--disable-pip-version-check',
      '-r',
      requirements,
    ]);
  if (failure === null) remember(requirements);
  return failure;
}

/** Null, or why it failed. */
function attempt(command, line) {
  const { status, error, stderr } = spawnSync(command, line, { cwd: folder, encoding: 'utf8', timeout: 180_000 });
  if (status === 0) return null;
  const said = error?.message ?? stderr.trim().split('\n').at(-1) ?? '';
  return `${command} ${line.slice(0, 3).join(' ')} failed: ${said}`.slice(0, 300);
}

function markOf(file) {
  return join(packages, `.installed-${file}`);
}

function upToDate(file) {
  const mark = markOf(file);
  return existsSync(mark) && readFileSync(mark, 'utf8') === readFileSync(join(folder, file), 'utf8');
}

function remember(file) {
  writeFileSync(markOf(file), readFileSync(join(folder, file), 'utf8'));
}

if (process.argv[1] === import.meta.filename) {
  const failures = Object.entries(installClients()).filter(([, failure]) => failure !== null);
  for (const [part, failure] of failures) console.log(`${part}: ${failure}`);
  console.log(failures.length === 0 ? 'every client is installed' : 'the tests of these clients are skipped');
}
