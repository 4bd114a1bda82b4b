// Usage: npx tsx bench/gateway.ts [--json]
// CPU time that one call costs the gateway's process: a plain pipe of node:http and undici, the gateway passing through
// (plain and streamed), and a student's answer. Upstream and callers run in processes of their own.
import { type ChildProcess, fork } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Pool } from 'undici';
import type { Engine } from '../src/gateway/engine.ts';
import { createGateway } from '../src/gateway/gateway.ts';
import { completionEvents } from '../src/providers/completion-chunks.ts';
import { createOpenAiCompatibleProvider } from '../src/providers/openai-compatible/openai-compatible-provider.ts';
import type { Route } from '../src/records/route.ts';
import { completeSettings } from '../src/settings.ts';

interface Load {
  readonly origin: string;
  readonly calls: number;
  readonly stream: boolean;
}

interface LoadResult {
  readonly latenciesMs: readonly number[];
}

interface Row {
  readonly what: string;
  readonly cpuMicrosecondsPerCall: number;
  readonly medianMs: number;
  readonly p99Ms: number;
}

const connections = 16;
const calls = 4_000;
const prompt = 'Which of our intents does this message name? '.repeat(40);
const answer = {
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1,
  model: 'm-1',
  choices: [
    { index: 0, message: { role: 'assistant', content: 'card_arrival' }, logprobs: null, finish_reason: 'stop' },
  ],
  usage: { prompt_tokens: 420, completion_tokens: 4, total_tokens: 424 },
};

const role = process.argv[2];
if (role === 'upstream') await serveAnswers();
else if (role === 'load') process.on('message', (load: Load) => void sendLoad(load));
else await main(process.argv.includes('--json'));

async function main(asJson: boolean): Promise<void> {
  const upstream = await startUpstream();
  const load = fork(fileURLToPath(import.meta.url), ['load'], { execArgv: process.execArgv });
  const settings = completeSettings({ upstream: { baseUrl: `${upstream.origin}/v1` } });
  const provider = createOpenAiCompatibleProvider({
    ...settings.upstream,
    baseUrl: `${upstream.origin}/v1`,
    apiKey: null,
  });
  const gateway = (engine: Engine) => createServer(createGateway({ engine, provider, settings }).handle);
  const rows = [
    await measure('a plain pipe', plainPipe(upstream.origin), load, false),
    await measure('passed through', gateway(engineOf(null)), load, false),
    await measure('passed through, streamed', gateway(engineOf(null)), load, true),
    await measure("a student's answer", gateway(engineOf('card_arrival')), load, false),
    await measure("a student's answer, streamed", gateway(engineOf('card_arrival')), load, true),
  ];
  await provider.close();
  upstream.process.kill();
  load.kill();
  report(rows, asJson);
}

/** The least a proxy can do: no parsing, no headers of its own, nothing kept. */
function plainPipe(origin: string): Server {
  const pool = new Pool(origin, { connections });
  return createServer((request, response) => {
    const { method = 'POST', url: path = '/' } = request;
    const headers = { 'content-type': 'application/json', 'content-length': request.headers['content-length'] ?? '0' };
    pool.stream({ method, path, headers, body: request }, ({ statusCode, headers: answered }) => {
      response.writeHead(statusCode, { 'content-type': String(answered['content-type']) });
      return response;
    });
  }).on('close', () => void pool.close());
}

function engineOf(label: string | null): Engine {
  return {
    decide({ id }) {
      const route: Route = {
        callId: id,
        answeredBy: label === null ? 'teacher' : 'student',
        reason: label === null ? 'not-confident' : 'confident',
        task: 'task_1',
        version: 'version_1',
        student: 'student_1',
        studentLabel: 'card_arrival',
        score: 0.97,
        certificate: null,
      };
      const usage = { inputTokens: 420, outputTokens: 4, cachedInputTokens: null };
      return {
        route,
        match: null,
        taskName: 'intent',
        answer: label === null ? null : { kind: 'text', text: label },
        usage,
        responseModel: 'm-1',
      };
    },
    observe: () => {},
    setStage: () => {},
    status: () => [],
    close: async () => {},
  };
}

async function measure(what: string, server: Server, load: ChildProcess, stream: boolean): Promise<Row> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await ask(load, { origin, calls: 1_000, stream });
  const before = process.cpuUsage();
  const { latenciesMs } = await ask(load, { origin, calls, stream });
  const { user, system } = process.cpuUsage(before);
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  const sorted = [...latenciesMs].sort((a, b) => a - b);
  const quantile = (share: number) => sorted[Math.floor(share * (sorted.length - 1))] ?? Number.NaN;
  return { what, cpuMicrosecondsPerCall: (user + system) / calls, medianMs: quantile(0.5), p99Ms: quantile(0.99) };
}

function ask(load: ChildProcess, message: Load): Promise<LoadResult> {
  return new Promise((resolve) => {
    load.once('message', (result: LoadResult) => resolve(result));
    load.send(message);
  });
}

async function sendLoad({ origin, calls: wanted, stream }: Load): Promise<void> {
  const pool = new Pool(origin, { connections });
  const body = JSON.stringify({ model: 'm', messages: [{ role: 'user', content: prompt }], temperature: 0, stream });
  const headers = { 'content-type': 'application/json' };
  const latenciesMs: number[] = [];
  let left = wanted;
  const caller = async () => {
    while (left-- > 0) {
      const startedAt = performance.now();
      const response = await pool.request({ method: 'POST', path: '/v1/chat/completions', headers, body });
      await response.body.text();
      latenciesMs.push(performance.now() - startedAt);
    }
  };
  await Promise.all(Array.from({ length: connections }, caller));
  await pool.close();
  process.send?.({ latenciesMs } satisfies LoadResult);
}

async function startUpstream(): Promise<{ readonly origin: string; readonly process: ChildProcess }> {
  const child = fork(fileURLToPath(import.meta.url), ['upstream'], { execArgv: process.execArgv });
  const port = await new Promise<number>((resolve) => child.once('message', (taken) => resolve(Number(taken))));
  return { origin: `http://127.0.0.1:${port}`, process: child };
}

async function serveAnswers(): Promise<void> {
  const whole = Buffer.from(JSON.stringify(answer));
  const events = completionEvents(answer, false).map((event) => Buffer.from(event));
  const server = createServer(async (request, response) => {
    let text = '';
    for await (const piece of request) text += String(piece);
    if (!text.includes('"stream":true')) {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': whole.length }).end(whole);
      return;
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const event of events) response.write(event);
    response.end();
  });
  server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
}

function report(rows: readonly Row[], asJson: boolean): void {
  const machine = { cpu: cpus()[0]?.model ?? 'unknown', cores: cpus().length, node: process.version };
  const document = { date: new Date().toISOString(), machine, calls, connections, promptBytes: prompt.length, rows };
  mkdirSync('bench/results', { recursive: true });
  writeFileSync('bench/results/gateway.json', `${JSON.stringify(document, null, 2)}\n`);
  if (asJson) {
    console.log(JSON.stringify(document));
    return;
  }
  console.log('what                           CPU µs a call   median ms   p99 ms');
  for (const { what, cpuMicrosecondsPerCall, medianMs, p99Ms } of rows)
    console.log(
      `${what.padEnd(30)}${cpuMicrosecondsPerCall.toFixed(0).padStart(14)}${medianMs.toFixed(2).padStart(12)}${p99Ms.toFixed(2).padStart(9)}`,
    );
}
