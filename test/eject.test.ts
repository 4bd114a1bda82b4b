import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { bundleRuntime } from '../scripts/bundle-runtime.mjs';
import { exportModule } from '../src/export/export-module.ts';
import { saidIn } from '../src/records/answer.ts';
import { seededRandom } from '../src/records/random.ts';
import type { Task } from '../src/records/task.ts';
import { openMemoryStore } from '../src/storage/memory/open-memory-store.ts';
import { keywordCall, keywordCalls, keywordRows, pick } from './keyword-stream.ts';
import {
  askInChromium,
  askInNode,
  askInWorker,
  findChromium,
  inChromium,
  type Questions,
  type Said,
} from './module-hosts.ts';
import { oddText } from './odd-texts.ts';
import { follow, type RunningEngine, restart, startEngine } from './run-engine.ts';

const chromium = findChromium();
const learned = startEngine();
await follow(learned, keywordCalls(keywordRows({ count: 420, seed: 1 })));
const { code, types, card } = await exportModule({
  store: await keep(learned),
  task: learned.engine.finder.tasks()[0] as Task,
  runtime: await bundleRuntime(),
  uncertifiedThreshold: null,
  now: 0,
  rightsize: '0.0.0',
});
const calls = laterCalls(1_000);
const fromGateway = await decisionsOf(learned);
const questions: Questions = { code, questions: calls.map(({ request }) => request) };

/** What an installation would have stored. */
async function keep({ engine, stored, students }: RunningEngine) {
  const store = openMemoryStore();
  await store.tasks.put(engine.finder.tasks());
  await store.calls.append(stored.map(({ call, route }) => ({ call, route, match: engine.finder.match(call) })));
  const certificate = engine.status()[0]?.certificate;
  if (certificate == null) throw new Error('no student was certified');
  const { student: id, task, version } = certificate;
  await store.students.put({
    id,
    task,
    version,
    createdAt: 0,
    details: {},
    bytes: students.get(id) ?? new Uint8Array(),
  });
  await store.certificates.append(certificate);
  return store;
}

/** Plain inputs, odd ones, and requests that the student must not answer. */
function laterCalls(count: number) {
  const random = seededRandom(5);
  const rows = keywordRows({ count, seed: 6, vague: 0.2 });
  return rows.map((row, index) => {
    const text = random() < 0.3 ? oddText(random) : `${row.text}${random() < 0.2 ? oddText(random) : ''}`;
    const change = random() < 0.1 ? pick([{ request: { n: 2 } }, { request: { temperature: 0 } }], random) : {};
    return keywordCall({ ...row, text }, 10_000 + index, change);
  });
}

/** What the live loop decides, without spot checks: then nothing but the student and its certificate does. */
async function decisionsOf(running: RunningEngine): Promise<readonly string[]> {
  const settings = { epsilon: 0.1, delta: 0.05, spotChecks: { share: 0, perDay: 0 }, seed: 1 };
  const { engine } = await restart(running, { settings });
  return calls.map((call) => {
    const { answer: given, route } = engine.decide({ ...call, forceTeacher: false });
    const answer = given && saidIn(given);
    const { studentLabel: label, score, reason } = route;
    if (answer !== null) return JSON.stringify({ kind: 'answer', answer, label, score });
    const wasAsked = reason === 'not-confident';
    return JSON.stringify({
      kind: 'abstention',
      reason,
      label: wasAsked ? label : null,
      score: wasAsked ? score : null,
    });
  });
}

function expectGatewayAnswers({ replies }: Said): void {
  const different = replies.flatMap((reply, at) => (reply === fromGateway[at] ? [] : [[reply, fromGateway[at]]]));
  expect(different).toEqual([]);
  expect(replies.length).toBe(calls.length);
}

describe('an ejected student', () => {
  it('is asked about inputs of every kind that the gateway answers or passes on', () => {
    const kinds = new Set(fromGateway.map((reply) => /"reason":"[^"]*"|"kind":"answer"/.exec(reply)?.[0]));
    expect(kinds.size).toBeGreaterThanOrEqual(4);
  });

  it('says what the gateway decides, byte for byte, in Node', async () => {
    const said = await askInNode(questions);
    expectGatewayAnswers(said);
    expect(said.kernels).toBe('webassembly');
  });

  it('says the same in a worker thread', async () => {
    expectGatewayAnswers(await askInWorker(questions));
  });

  describe.skipIf(chromium === null)(`in a browser${chromium === null ? ' (no Chromium on this machine)' : ''}`, () => {
    it('says the same in Chromium', async () => {
      const said = await askInChromium(questions);
      expectGatewayAnswers(said);
      expect(said.kernels).toBe('webassembly');
    });

    it('says the same where a policy forbids WebAssembly, and says so', async () => {
      const said = await askInChromium(questions, "script-src 'self'");
      expectGatewayAnswers(said);
      expect(said.kernels).toBe('plain');
    });
  });

  it('computes with nothing that engines round in their own ways', () => {
    // SHA-256 takes its constants from cube roots, and only their first bits.
    const own = /Math\.(exp|log|pow|sin|cos|tan|atan|tanh|sinh|cosh|hypot|expm1|log1p|log2|log10)\(/g;
    expect(code.match(own)).toBeNull();
  });

  it('carries its card and needs nothing of Node, no network and no eval', () => {
    expect(card.certificate?.epsilon).toBe(0.1);
    const beyond = /^\s*import\s|\bimport\(|\brequire\(|\bprocess\.|\bBuffer\b|\bfetch\(|\beval\(|\bnew Function/gm;
    expect(code.match(beyond)).toBeNull();
    expect(types).toContain('export declare function answer(');
  });
});

describe('the guide', () => {
  const guide = readFileSync(join(import.meta.dirname, '..', 'docs', 'guides', 'eject.md'), 'utf8');
  const example = (marker: string): string =>
    new RegExp(`<!-- ${marker} -->\\n\`\`\`\\w+\\n(?<code>[\\s\\S]*?)\\n\`\`\``).exec(guide)?.groups?.code ?? '';

  it('has an edge worker that answers what it is sure of and asks the upstream for the rest', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'edge-'));
    const upstream = createServer((request, response) => {
      request.resume().on('end', () => response.end(JSON.stringify({ asked: request.url })));
    });
    await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
    const environment = { UPSTREAM: `http://127.0.0.1:${(upstream.address() as AddressInfo).port}/v1` };
    try {
      writeFileSync(join(folder, 'student.mjs'), code);
      writeFileSync(join(folder, 'worker.mjs'), example('edge-worker'));
      const { default: worker } = await import(pathToFileURL(join(folder, 'worker.mjs')).href);
      const ask = async (request: object) => {
        const sent = new Request('http://edge/', { method: 'POST', body: JSON.stringify(request) });
        return (await worker.fetch(sent, environment)).json();
      };
      const answered = calls.findIndex((_, at) => fromGateway[at]?.includes('"kind":"answer"'));
      const request = calls[answered]?.request ?? {};
      expect(JSON.stringify(await ask(request))).toContain(JSON.parse(fromGateway[answered] ?? '').answer);
      expect(await ask({ ...request, n: 2 })).toEqual({ asked: '/v1/chat/completions' });
    } finally {
      upstream.close();
      rmSync(folder, { recursive: true });
    }
  });

  it.skipIf(chromium === null)('has a page that shows the label of what is typed', async () => {
    const shown = await inChromium({ '/': example('browser'), '/student.mjs': code }, undefined, async (page) => {
      await page.fill('#text', 'invoice payment refund');
      return page.locator('#label').textContent();
    });
    expect(shown).toMatch(/billing|unsure: not-confident/);
  });
});
