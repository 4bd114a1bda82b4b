import { ok } from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { type Check, type CheckContext, NotTestable } from '../check.ts';
import { until } from '../client.ts';
import { needAnthropicRoute } from '../need-anthropic-route.ts';
import { answerClients } from './client-upstream.ts';
import { type InstalledClients, installClients, pythonOf } from './install.mjs';

interface Client {
  readonly name: string;
  readonly script: string;
  readonly part: keyof InstalledClients;
  /** The package that the script imports, where it serves several. */
  readonly package?: string;
}

const clients: readonly Client[] = [
  { name: 'openai 4 for Node', script: 'openai-node.mjs', part: 'node', package: 'openai4' },
  { name: 'openai 5 for Node', script: 'openai-node.mjs', part: 'node', package: 'openai5' },
  { name: 'openai 6 for Node', script: 'openai-node.mjs', part: 'node', package: 'openai6' },
  { name: 'openai 1 for Python', script: 'openai_python.py', part: 'python1' },
  { name: 'openai 2 for Python', script: 'openai_python.py', part: 'python2' },
  { name: 'Anthropic for Node', script: 'anthropic-node.mjs', part: 'node' },
  { name: 'Anthropic for Python', script: 'anthropic_python.py', part: 'python2' },
  { name: 'Vercel AI SDK', script: 'vercel-ai.mjs', part: 'node' },
  { name: 'LangChain for JavaScript', script: 'langchain-node.mjs', part: 'node' },
  { name: 'LangChain for Python', script: 'langchain_python.py', part: 'python2' },
];

interface CaseResult {
  readonly name: string;
  /** Null where it passed. */
  readonly failure: string | null;
}

let installed: InstalledClients | null = null;

/** C36: each official client through a real script of its own, in a process of its own. */
export const clientChecks: readonly Check[] = clients.map((client) => ({
  number: 'C36',
  title: client.name,
  timeoutMs: 300_000,
  run: (context) => checkClient(client, context),
}));

async function checkClient(client: Client, context: CheckContext): Promise<void> {
  installed ??= installClients();
  const missing = installed[client.part];
  if (missing !== null) throw new NotTestable(missing);
  if (client.name.startsWith('Anthropic')) await needAnthropicRoute(context);
  context.upstream.reset();
  context.upstream.script = answerClients;
  const results = await runScript(client, context);
  const failures = results.filter(({ failure }) => failure !== null);
  ok(failures.length === 0, failures.map(({ name, failure }) => `${name}: ${failure}`).join(' | '));
  ok(results.length >= 10, `only ${results.length} cases were told`);
  // A client that hangs up takes the upstream's connection along.
  const aborted = context.upstream.requests.filter(({ text }) => text.includes('case: abort'));
  ok(aborted.length >= 2, `${aborted.length} calls to abort reached the upstream`);
  await until(
    () => aborted.every(({ connection }) => connection.closedAt !== null),
    'aborted calls end at the upstream',
    1_000,
  );
}

function runScript({ script, part, package: name }: Client, context: CheckContext): Promise<readonly CaseResult[]> {
  const program = part === 'node' ? process.execPath : pythonOf(part === 'python1' ? '1' : '2');
  const child = spawn(program, [join(import.meta.dirname, script)], {
    env: {
      PATH: process.env.PATH,
      PYTHONUTF8: '1',
      PYTHONDONTWRITEBYTECODE: '1',
      NO_PROXY: '127.0.0.1,localhost',
      LANGSMITH_TRACING: 'false',
      CLIENT_ORIGIN: context.origin,
      CLIENT_KEY: context.key,
      CLIENT_MODEL: context.model,
      CLIENT_HEADERS: JSON.stringify(context.clientHeaders),
      CLIENT_HAS_OWN_KEY: String(context.hasOwnKey),
      CLIENT_IS_OURS: String(context.isOurs),
      ...(name === undefined ? {} : { CLIENT_PACKAGE: name }),
    },
  });
  let told = '';
  let complaints = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    told += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaints += text;
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status) => {
      const results = told
        .split('\n')
        .filter((line) => line.startsWith('{'))
        .map((line) => JSON.parse(line) as CaseResult);
      if (status === 0) resolve(results);
      else reject(new Error(`${script} ended with ${status}: ${complaints.slice(-300)}`));
    });
  });
}
