import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { keywordCall } from '../../test/keyword-stream.ts';
import { writeTinyEncoder } from '../../test/tiny-encoder.ts';
import { openStudent } from '../gateway/open-student.ts';
import type { Call } from '../records/call.ts';
import { type Random, seededRandom } from '../records/random.ts';
import { main } from './main.ts';

const labels = ['billing', 'travel', 'health'];
const syllables = [
  'ba',
  'ko',
  'ri',
  'mu',
  'ten',
  'sal',
  'vo',
  'pri',
  'dan',
  'lu',
  'gez',
  'nim',
  'fo',
  'wex',
  'qua',
  'hyl',
];

/** Words that nobody meets twice: what they mean, the encoder alone can tell. */
const meanings = new Map<string, string>();
const random = seededRandom(5);
for (let i = 0; i < 3_000; i++) {
  const word = Array.from({ length: 4 }, () => pick(syllables, random)).join('');
  meanings.set(word, labels[i % labels.length] ?? '');
}

function pick<Item>(items: readonly Item[], from: Random): Item {
  return items[Math.floor(from() * items.length)] as Item;
}

function callsOfWords(count: number): readonly Call[] {
  const byLabel = new Map(
    labels.map((label) => [label, [...meanings.keys()].filter((w) => meanings.get(w) === label)]),
  );
  return Array.from({ length: count }, (_, i) => {
    const label = pick(labels, random);
    const text = Array.from({ length: 3 }, () => pick(byLabel.get(label) ?? [], random)).join(' ');
    return keywordCall({ text, label }, i);
  });
}

/** Three directions, and a little noise. */
function vectorOf(label: string): readonly number[] {
  return [...labels.map((each) => Number(each === label) + 0.2 * random()), random() * 0.2];
}

let folder: string;
let data: string;
let log: string;
let calls: readonly Call[];
let encoderId: string;
let task: string;

/** Runs a command on the folder; its document, and its words. */
async function run(...line: string[]) {
  const stdout: string[] = [];
  const stderr: string[] = [];
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => stdout.push(String(text)) > 0);
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => stderr.push(String(text)) > 0);
  const status = await main([...line, '--data', data, '--json'], { stderr: { write: (text) => stderr.push(text) } });
  vi.restoreAllMocks();
  return { status, stderr: stderr.join(''), document: stdout.length === 0 ? null : JSON.parse(stdout.join('')) };
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rightsize-'));
  data = join(folder, 'data');
  log = join(folder, 'log.jsonl');
  calls = callsOfWords(900);
  writeFileSync(log, calls.map((call) => JSON.stringify({ ...call, at: new Date(call.at).toISOString() })).join('\n'));
  const words = Object.fromEntries([...meanings].map(([word, label]) => [word, vectorOf(label)]));
  writeTinyEncoder(join(folder, 'tiny'), { dimensions: 4, words });
  const imported = await run('import', log);
  task = imported.document.tasks[0].name;
  encoderId = (await run('encoder', 'add', join(folder, 'tiny'), '--slowest-ms', '10000')).document.encoder.id;
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the life of an encoder', () => {
  it('lets a student answer what no word tells, and only with it', async () => {
    const plain = (await run('train', task, '--head', 'linear', '--no-encoder')).document;
    const seeing = (await run('train', task, '--head', 'linear', '--epsilon', '0.1')).document;
    expect(plain.evaluation.student.agreement.share).toBeLessThan(0.7);
    expect(seeing.evaluation.student.agreement.share).toBeGreaterThan(0.95);
    expect(seeing.certificate).not.toBeNull();
    const { document } = await run('evaluate', task);
    expect(document.evaluation.student.agreement.share).toBeGreaterThan(0.95);
    const [word = '', label] = [...meanings][7] ?? [];
    expect((await run('predict', task, `${word} ${word}`)).document.predictions[0].label).toBe(label);
  });

  it('lets a student answer outside the gateway, at once only where it needs no vector', async () => {
    const student = await openStudent({ data, task });
    const { request } = calls.at(-1) as Call;
    expect(student.answer(request)).toMatchObject({ kind: 'abstention', reason: 'encoder-missing' });
    expect(await student.ask(request)).toMatchObject({ kind: 'answer' });
    await student.close();
  });

  it('shows in a replay, from a folder as well as installed, what it would bring', async () => {
    const without = (await run('replay', log, '--no-encoder', '--epsilon', '0.1')).document;
    const installed = (await run('replay', log, '--epsilon', '0.1')).document;
    const fromFolder = (await run('replay', log, '--encoder', join(folder, 'tiny'), '--epsilon', '0.1')).document;
    expect(without.avoidedShare).toBeLessThan(0.1);
    expect(installed.avoidedShare).toBeGreaterThan(0.2);
    expect({ ...fromFolder, seconds: 0 }).toEqual({ ...installed, seconds: 0 });
  });

  it('says who needs it before it goes, and what is missing when it is gone', async () => {
    expect((await run('encoder', 'remove', 'tiny')).document.students).toHaveLength(1);
    await run('encoder', 'remove', encoderId.slice(0, 12), '--yes');
    for (const line of [
      ['evaluate', task],
      ['predict', task, 'anything'],
    ]) {
      const { status, stderr } = await run(...line);
      expect([status, stderr]).toEqual([1, expect.stringContaining('error[encoder_not_available]')]);
    }
    const student = await openStudent({ data, task });
    expect(await student.ask((calls.at(-1) as Call).request)).toMatchObject({ reason: 'encoder-missing' });
    await student.close();
  });
});
