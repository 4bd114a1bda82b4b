import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keywordCalls, keywordRows } from '../test/keyword-stream.ts';
import { chunks, completion } from './bodies.ts';
import type { CheckContext, OurGateway, WishedSettings } from './check.ts';
import { ask, pause } from './client.ts';
import type { UpstreamScript } from './scripted-upstream.ts';
import { program, startOurs } from './start-ours.ts';

/** Tickets whose department follows from a word in them; the first 360 are what the student learns. */
const tickets = keywordRows({ count: 460, seed: 1 });
const learned = 360;
const certifyMs = 120_000;

/** Settings under which the student answers whatever it is sure of. */
const studentSettings: WishedSettings = {
  stage: 'auto',
  promise: { epsilon: 0.1 },
  spotChecks: { share: 0, perDay: 0 },
  log: 'warn',
};

interface Learned {
  readonly data: string;
  /** Texts it has not seen and answers; each can be used once by a gateway: a repeated call goes to the teacher. */
  readonly sure: readonly string[];
}

let prepared: Promise<Learned> | null = null;

export interface StudentGateway {
  readonly ours: OurGateway;
  /** A request that the student answers, another one each time. */
  next(fields?: Readonly<Record<string, unknown>>): Record<string, unknown>;
}

/** A gateway with a student that it trained and certified itself, on a copy of one folder or on `data`. */
export async function startWithStudent(
  context: CheckContext,
  { data, isShared = false }: { readonly data?: string; readonly isShared?: boolean } = {},
): Promise<StudentGateway> {
  const { sure } = await learnOnce();
  const ours = await context.startOurs({ data: data ?? (await copyLearned()), settings: studentSettings, isShared });
  void ours.ended.then(() => rmSync(ours.data, { recursive: true, force: true }));
  const texts = [...sure];
  return {
    ours,
    next(fields = {}) {
      const text = texts.shift();
      if (text === undefined) throw new Error('no ticket is left that the student is sure of');
      return { ...ticketRequest(text), ...fields };
    },
  };
}

/** The folder with the student, for one gateway alone. */
export async function copyLearned(): Promise<string> {
  const { data: original } = await learnOnce();
  const data = mkdtempSync(join(tmpdir(), 'rightsize-student-'));
  cpSync(original, data, { recursive: true });
  return data;
}

function learnOnce(): Promise<Learned> {
  prepared ??= prepare();
  return prepared;
}

/** Answers as the teacher of the tickets does; its answers have the id of `completion`. */
export const answerTickets: UpstreamScript = (reply, { json }) => {
  const { messages, stream } = json() as { readonly messages: readonly object[]; readonly stream?: boolean };
  const asked = JSON.stringify(messages.at(-1));
  const label = tickets.find(({ text }) => asked.includes(text))?.label ?? 'travel';
  if (stream === true) reply.events(chunks(label));
  else reply.json(200, completion(label));
};

/** A chat request like those that were learned from. */
export function ticketRequest(text: string): Record<string, unknown> {
  return { ...keywordCalls([{ text, label: 'travel' }])[0]?.request };
}

/** Imports a log, lets the server find the task, train and certify, and stops it. Gives the data folder. */
async function prepare(): Promise<Learned> {
  const folder = mkdtempSync(join(tmpdir(), 'rightsize-learned-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const data = join(folder, 'data');
  const log = join(folder, 'calls.jsonl');
  const calls = keywordCalls(tickets.slice(0, learned));
  const lines = calls.map(({ id, at, request, response }) =>
    JSON.stringify({ id, at: new Date(at).toISOString(), request, response }),
  );
  writeFileSync(log, lines.join('\n'));
  const imported = spawnSync(process.execPath, [program, 'import', log, '--data', data], { encoding: 'utf8' });
  if (imported.status !== 0) throw new Error(`the log was not imported: ${imported.stderr}`);
  const ours = await startOurs({ data, settings: studentSettings });
  try {
    await certified(ours);
  } finally {
    await ours.stop();
  }
  return { data, sure: await sureOf(data, folder) };
}

/** Asked on a copy: what is asked here would be a repeated call later. */
async function sureOf(original: string, folder: string): Promise<readonly string[]> {
  const data = join(folder, 'probe');
  cpSync(original, data, { recursive: true });
  const ours = await startOurs({ data, settings: studentSettings });
  ours.upstream.script = answerTickets;
  const sure: string[] = [];
  try {
    for (const { text } of tickets.slice(learned)) {
      const { headers } = await ask(ours, { body: ticketRequest(text) });
      if (headers['x-rightsize-answered-by'] === 'student') sure.push(text);
    }
  } finally {
    await ours.stop();
  }
  if (sure.length < 50) throw new Error(`the student is sure of ${sure.length} of 100 tickets only`);
  return sure;
}

async function certified(ours: OurGateway): Promise<void> {
  const deadline = performance.now() + certifyMs;
  for (;;) {
    const { json } = await ask(ours, { method: 'GET', path: '/admin/v1/status', headers: { authorization: '' } });
    const [task] = json.tasks;
    if (task?.certificate && task.calls >= learned) return;
    if (performance.now() > deadline)
      throw new Error(`no student was certified: ${JSON.stringify(json.tasks).slice(0, 300)}`);
    await pause(100);
  }
}
