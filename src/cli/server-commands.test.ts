import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import OpenAI from 'openai';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type ScriptedEngine, scriptedEngine } from '../../test/scripted-engine.ts';
import { completion, listen, sendJson, shut, startUpstream } from '../../test/scripted-upstream.ts';
import type { TaskStatus } from '../gateway/engine.ts';
import type { Call } from '../records/call.ts';
import { readServerFile, writeServerFile } from '../server/server-file.ts';
import { type RunningInstallation, startInstallation } from '../server/start-installation.ts';
import { completeSettings } from '../settings.ts';
import { openStore } from '../storage/open-store.ts';
import { main } from './main.ts';

let folder: string;
const closers: (() => Promise<unknown>)[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'commands-'));
});
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
  rmSync(folder, { recursive: true, force: true });
});

const spam: TaskStatus['task'] = {
  id: 'task_1',
  name: 'spam',
  tenant: 'telco',
  kind: 'task',
  shape: { kind: 'label', form: { kind: 'plain' }, labels: [], unseenShare: 0 },
  versions: [],
};

const live: TaskStatus = {
  task: spam,
  stage: 'live',
  auto: true,
  calls: 100,
  teacherCalls: 40,
  certificate: {
    id: 'certificate_1',
    task: 'task_1',
    version: 'version_1',
    student: 'student_1',
    at: 1,
    look: 1,
    n: 512,
    errors: 4,
    threshold: 0.93,
    upperBound: 0.0197,
    epsilon: 0.02,
    delta: 0.05,
    spentDelta: 0.0304,
    source: 'shadow',
  },
  spotChecks: { calls: 50, different: 1 },
  waitingFor: null,
  outlook: 'answers from its certificate',
};

async function run(...line: string[]) {
  const written = { stdout: '', stderr: '' };
  const [stdout, stderr] = [process.stdout, process.stderr].map((stream, index) => {
    const original = stream.write;
    stream.write = ((text: string) => {
      written[index === 0 ? 'stdout' : 'stderr'] += text;
      return true;
    }) as typeof stream.write;
    return () => {
      stream.write = original;
    };
  });
  try {
    const status = await main([...line, '--data', folder]);
    return { status, ...written };
  } finally {
    stdout?.();
    stderr?.();
  }
}

async function startServer(
  engine: ScriptedEngine = scriptedEngine(() => 'ham', { status: [live] }),
): Promise<RunningInstallation> {
  const installation = await startInstallation({
    settings: completeSettings({ data: folder, port: 0 }),
    version: '1.2.3',
    log: pino({ level: 'silent' }),
    openEngine: async () => engine,
  });
  closers.push(() => installation.stop());
  return installation;
}

async function storeSomething(): Promise<void> {
  const store = await openStore(folder);
  await store.tasks.put([spam]);
  const call: Call = {
    id: 'call_1',
    at: 1_790_000_000_000,
    tenant: 'telco',
    status: 200,
    latencyMs: 400,
    request: { model: 'm', messages: [{ role: 'user', content: 'win a prize' }] },
    response: completion('spam'),
    task: null,
    gold: null,
    tags: {},
  };
  await store.calls.append([{ call, route: null, match: { task: 'task_1', version: 'version_1' } }]);
  await store.close();
}

describe('rightsize status', () => {
  it('asks the running server', async () => {
    await startServer();
    const { stdout } = await run('status');
    expect(stdout).toMatch(/spam +telco +live \(auto\) +100 +60\.0% +≤ 2\.0% differ, n = 512 +1 of 50 differ/);
    const { server, tasks } = JSON.parse((await run('status', '--json')).stdout);
    expect([server.version, tasks[0].avoidedShare]).toEqual(['1.2.3', 0.6]);
  });

  it('tells what is stored where no server runs, or where a dead one left its address', async () => {
    await storeSomething();
    await writeServerFile(folder, { origin: 'http://127.0.0.1:9', pid: 1, startedAt: '' });
    const { stdout } = await run('status');
    expect(stdout).toContain('No server runs on this folder');
    expect(stdout).toMatch(/spam +telco +shadow +1 +none/);
  });

  it('says that nothing is kept yet', async () => {
    const { status, stderr } = await run('status');
    expect([status, stderr]).toEqual([1, expect.stringContaining('error[file_not_found]')]);
  });
});

describe('rightsize stage', () => {
  it('reaches the running server, by name of the task', async () => {
    const engine = scriptedEngine(() => null, { status: [live] });
    await startServer(engine);
    expect((await run('stage', 'spam', 'shadow')).stdout).toBe('spam: shadow.\n');
    expect(JSON.parse((await run('stage', '--all', 'off', '--json')).stdout)).toEqual({
      task: null,
      stage: 'off',
      running: true,
    });
    expect(engine.stages).toEqual(['task_1 shadow', '* off']);
  });

  it('is kept for the next start where no server runs', async () => {
    await storeSomething();
    expect((await run('stage', 'telco/spam', 'auto')).stdout).toBe('spam: auto, from the next start on.\n');
    const engine = scriptedEngine(() => null, { status: [live] });
    await startServer(engine);
    expect(engine.stages).toEqual(['task_1 auto']);
  });

  it('is wrong usage without a task, with an unknown stage, or with a task and --all', async () => {
    for (const line of [['live'], ['spam', 'loud'], ['spam', 'off', '--all']])
      expect((await run('stage', ...line)).status).toBe(2);
  });

  it('says that a task does not exist', async () => {
    await startServer();
    const { status, stderr } = await run('stage', 'ham', 'off');
    expect([status, stderr]).toEqual([1, expect.stringContaining('error[task_not_found]: There is no task `ham`.')]);
  });
});

describe('rightsize why', () => {
  it('tells who answered a call of the running server, and why', async () => {
    const { origin } = await startServer();
    const client = new OpenAI({ baseURL: `${origin}/v1`, apiKey: 'x', maxRetries: 0 });
    const messages = [{ role: 'user' as const, content: 'hello' }];
    const { response } = await client.chat.completions.create({ model: 'm', messages }).withResponse();
    const id = response.headers.get('x-rightsize-call') ?? '';
    const { stdout } = await run('why', id);
    expect(stdout).toContain('the student: the student was sure enough for its certificate (confident)');
    expect(stdout).toContain('says "ham", score 0.9877');
    expect(JSON.parse((await run('why', id, '--json')).stdout)).toMatchObject({
      call: { id },
      route: { answeredBy: 'student' },
    });
  });

  it('reads a stored call without a server, and says when there is none', async () => {
    await storeSomething();
    expect((await run('why', 'call_1')).stdout).toContain('imported from a log');
    const { status, stderr } = await run('why', 'call_2');
    expect([status, stderr]).toEqual([1, expect.stringContaining('error[call_not_found]')]);
  });
});

describe('rightsize doctor', () => {
  it('passes every check on this machine', async () => {
    const { status, stdout } = await run('doctor', '--json');
    const { ok, checks } = JSON.parse(stdout);
    const results = Object.fromEntries(
      checks.map((check: { name: string; result: string }) => [check.name, check.result]),
    );
    expect(results).toMatchObject({
      node: 'passed',
      sqlite: 'passed',
      webassembly: 'passed',
      folder: 'passed',
      upstream: 'skipped',
    });
    expect(status).toBe(ok ? 0 : 1);
  });

  it('fails for an address that others reach while nobody asks for a key', async () => {
    process.env.RIGHTSIZE_HOST = '0.0.0.0';
    process.env.RIGHTSIZE_PORT = '0';
    closers.push(async () => {
      delete process.env.RIGHTSIZE_HOST;
      delete process.env.RIGHTSIZE_PORT;
    });
    const open = await run('doctor', '--json');
    expect(open.status).toBe(1);
    expect(resultOf(open.stdout, 'doors')).toMatchObject({
      result: 'failed',
      detail: expect.stringContaining('keys.admin'),
    });
    process.env.RIGHTSIZE_KEYS_ADMIN = 'a'.repeat(32);
    closers.push(async () => delete process.env.RIGHTSIZE_KEYS_ADMIN);
    expect(resultOf((await run('doctor', '--json')).stdout, 'doors')?.result).toBe('failed');
    expect((await run('keys', 'add', 'first')).status).toBe(0);
    expect(resultOf((await run('doctor', '--json')).stdout, 'doors')?.result).toBe('passed');
  });

  it('fails for a folder that cannot be and a port that is taken', async () => {
    const other = createServer();
    closers.push(() => shut(other));
    process.env.RIGHTSIZE_PORT = new URL(await listen(other)).port;
    closers.push(async () => delete process.env.RIGHTSIZE_PORT);
    writeFileSync(join(folder, 'file'), '');
    const { status, stdout, stderr } = await run('doctor', '--data', join(folder, 'file', 'below'));
    expect(status).toBe(1);
    expect(stdout).toMatch(/FAILED +port/);
    expect(stderr).toContain('error[check_failed]');
  });
});

describe('rightsize start', () => {
  let answers: Awaited<ReturnType<typeof startUpstream>>;
  beforeAll(async () => {
    answers = await startUpstream((response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).write(' ');
      setTimeout(() => response.end(JSON.stringify(completion('late'))), 300);
    });
  });
  afterAll(() => answers.close());

  it('says where it listens, answers, and ends with status 0 on SIGTERM after what is running', async () => {
    const program = startProgram('start', '--port', '0', '--upstream', answers.baseUrl, '--data', folder);
    await program.said(/listens on/);
    const address = await readServerFile(folder);
    const client = new OpenAI({ baseURL: `${address?.origin}/v1`, apiKey: 'x', maxRetries: 0 });
    const running = client.chat.completions.create({ model: 'm', messages: [{ role: 'user', content: 'x' }] });
    while (answers.received.length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    program.child.kill('SIGTERM');
    expect((await running).choices[0]?.message.content).toBe('late');
    expect(await program.ended).toBe(0);
    expect(program.output()).toContain(`OPENAI_BASE_URL=${address?.origin}/v1`);
    const store = await openStore(folder);
    expect(await store.calls.count()).toBe(1);
    await store.close();
  });
});

describe('SIGHUP', () => {
  it('R25 takes up changed settings, and keeps the old ones where the new ones are wrong', async () => {
    const [one, two] = await Promise.all(
      ['one', 'two'].map((text) => startUpstream((response) => sendJson(response, 200, completion(text)))),
    );
    for (const upstream of [one, two]) closers.push(async () => upstream?.close());
    const file = join(folder, 'rightsize.config.json');
    const write = (settings: object) => writeFileSync(file, JSON.stringify(settings));
    write({ port: 0, data: 'kept', upstream: { baseUrl: one?.baseUrl } });
    const program = startProgramIn(folder, 'start');
    await program.said(/listens on/);
    const address = await readServerFile(join(folder, 'kept'));
    const ask = async () => {
      const client = new OpenAI({ baseURL: `${address?.origin}/v1`, apiKey: 'x', maxRetries: 0 });
      const answer = await client.chat.completions.create({ model: 'm', messages: [{ role: 'user', content: 'x' }] });
      return answer.choices[0]?.message.content;
    };
    expect(await ask()).toBe('one');
    write({ port: 0, data: 'kept', upstrem: {} });
    program.child.kill('SIGHUP');
    await program.said(/stay as they were.*upstrem.*Did you mean `upstream`/);
    expect(await ask()).toBe('one');
    write({ port: 0, data: 'kept', upstream: { baseUrl: two?.baseUrl } });
    program.child.kill('SIGHUP');
    await program.said(/taken up: upstream\.baseUrl/);
    expect(await ask()).toBe('two');
  });
});

describe('Ctrl-C on a server that is still answering', () => {
  it('lets the answer finish; a second one ends it at once', async () => {
    const upstream = await startUpstream((response) => void response.writeHead(200).write(' '));
    closers.push(() => upstream.close());
    const program = startProgram('start', '--port', '0', '--upstream', upstream.baseUrl, '--data', folder);
    await program.said(/listens on/);
    const address = await readServerFile(folder);
    const messages = [{ role: 'user', content: 'x' }];
    await fetch(`${address?.origin}/v1/chat/completions`, {
      method: 'POST',
      body: JSON.stringify({ model: 'm', messages }),
    });
    program.child.kill('SIGINT');
    await program.said(/running answers may finish/);
    expect(program.child.exitCode).toBeNull();
    program.child.kill('SIGINT');
    expect(await program.ended).toBe(130);
  });
});

function resultOf(stdout: string, name: string) {
  const { checks } = JSON.parse(stdout) as { checks: { name: string; result: string; detail: string }[] };
  return checks.find((check) => check.name === name);
}

/** The real program in a process of its own. */
function startProgram(...line: string[]) {
  return startProgramIn(process.cwd(), ...line);
}

/** The same where its settings file lies. */
function startProgramIn(cwd: string, ...line: string[]) {
  const script = fileURLToPath(new URL('./main.ts', import.meta.url));
  const loader = import.meta.resolve('tsx');
  const child: ChildProcess = spawn(process.execPath, ['--import', loader, script, ...line], {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  closers.push(async () => child.kill('SIGKILL'));
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (piece: Buffer) => {
      output += piece.toString();
    });
  return {
    child,
    ended,
    output: () => output,
    async said(words: RegExp) {
      while (!words.test(output)) {
        if (child.exitCode !== null) throw new Error(`ended with ${child.exitCode}: ${output}`);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
  };
}
