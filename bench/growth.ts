// Growth from nothing on six streams: how many calls a task avoids, and how often its certificates lie.
// usage: npx tsx bench/growth.ts [--seeds 3] [--first-seed 1] [--streams sms,headlines] [--epsilon 0.02] [--encoder] [--json]
//   --encoder  with the sentence vectors in bench/.cache/vectors (bench/quality/fill-vectors.ts)
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { CallVectors } from '../src/gateway/call-vectors.ts';
import { type Serving, TaskTrack, type TrackEvent } from '../src/gateway/task-track.ts';
import { seededRandom, shuffled } from '../src/records/random.ts';
import { trainNow } from '../src/train/train-now.ts';
import type { Trainer } from '../src/train/trainer.ts';
import { TrainingRows } from '../src/train/training-rows.ts';
import { liveRoute } from '../test/live-route.ts';
import { answeredWith, plainLabels } from '../test/plain-labels.ts';
import { answerOf, type PublicRow, readPublicRows, sharedFolder } from './public-rows.ts';
import { cachedEncoder } from './quality/cached-encoder.ts';
import { cachedVectors } from './quality/vector-cache.ts';

interface Row {
  readonly text: string;
  /** The teacher's answer. */
  readonly label: string;
  readonly gold: string;
}

const { values: options } = parseArgs({
  options: {
    seeds: { type: 'string', default: '3' },
    'first-seed': { type: 'string', default: '1' },
    streams: { type: 'string', default: '' },
    epsilon: { type: 'string', default: '0.02' },
    delta: { type: 'string', default: '0.05' },
    calls: { type: 'string', default: '8000' },
    out: { type: 'string', default: 'growth' },
    encoder: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    verbose: { type: 'boolean', default: false },
  },
});

const DAY_MS = 86_400_000;
/** Few enough that a window never waits for days to pass: these streams are shuffled, they have no days. */
const CALLS_A_DAY = 20;

/** What each stream is called, where its rows lie, and whose answers they carry. */
const streams: Readonly<
  Record<string, { readonly files: readonly string[]; readonly label: (row: PublicRow) => string | undefined }>
> = {
  sms: { files: ['sms-spam/all.jsonl'], label: (row) => row.gold },
  headlines: { files: ['headlines/train.jsonl', 'headlines/test.jsonl'], label: (row) => row.gold },
  agnews: { files: ['agnews/test.jsonl.gz'], label: (row) => row.gold },
  isear: { files: ['isear/stream.jsonl.gz'], label: (row) => answerOf(row, 'gpt-3.5-turbo-1106') },
  banking77: { files: ['banking77/train.jsonl.gz', 'banking77/test.jsonl'], label: (row) => row.gold },
  snips: { files: ['snips/train.jsonl.gz'], label: (row) => row.gold },
  'banking77-gpt4': { files: ['banking77/test.jsonl'], label: (row) => answerOf(row, 'gpt-4') },
};

function readRows(file: string): readonly PublicRow[] {
  const rows = readPublicRows(file);
  if (rows === null)
    throw new Error(`data/${file} is not in ${sharedFolder}: this benchmark reads public sets (SHARED_DIR)`);
  return rows;
}

function vectorsOf(files: readonly string[]): CallVectors {
  const set = files[0]?.split('/')[0] ?? '';
  const cached = cachedVectors(set);
  if (cached === null) throw new Error(`no vectors of ${set}: npx tsx bench/quality/fill-vectors.ts ${set}`);
  return new CallVectors({ encoder: cachedEncoder(cached), patienceMs: Number.POSITIVE_INFINITY });
}

const inProcess: Trainer = {
  train: async (job) => trainNow(job),
  close: async () => {},
};

interface CertificateCheck {
  readonly look: number;
  readonly n: number;
  readonly atCall: number;
  /** Answered and different, as a share of the whole pool. */
  readonly trueRisk: number;
  readonly coverage: number;
}

interface StreamResult {
  readonly stream: string;
  readonly seed: number;
  readonly calls: number;
  readonly avoided: number;
  readonly avoidedSecondHalf: number;
  readonly disagreement: number;
  /** Against gold: of what the application was given, and of the teacher. */
  readonly accuracy: { readonly given: number; readonly teacher: number };
  readonly certificates: readonly CertificateCheck[];
  readonly seconds: number;
}

async function runStream(
  stream: string,
  pool: readonly Row[],
  seed: number,
  vectors: CallVectors | null,
): Promise<StreamResult> {
  const startedAt = performance.now();
  const random = seededRandom(seed);
  const calls = shuffled(pool, random).slice(0, Number(options.calls));
  const epsilon = Number(options.epsilon);
  const certificates: CertificateCheck[] = [];
  const events: TrackEvent[] = [];
  let position = 0;
  const check = (serving: Serving): void => {
    certificates.push({
      look: serving.certificate.look,
      n: serving.certificate.n,
      atCall: position,
      ...poolRisk(serving, pool, vectors),
    });
  };
  const track = new TaskTrack({
    task: stream,
    version: 'v1',
    slots: 1,
    settings: { epsilon, delta: Number(options.delta), spotChecks: { share: 0.05, perDay: 200 }, seed },
    rows: new TrainingRows(),
    shape: () => plainLabels,
    callsOfTask: () => position,
    trainer: inProcess,
    vectors,
    onCandidate: () => {},
    random,
    onCertificate: check,
    onEvent: (event) => events.push(event),
  });
  let answered = 0;
  let answeredSecondHalf = 0;
  let different = 0;
  const right = { given: 0, teacher: 0 };
  for (const [index, call] of calls.entries()) {
    position = index;
    const at = (index / CALLS_A_DAY) * DAY_MS;
    const slots = [call.text];
    const proposal = track.propose(slots, at, vectors?.known(slots) ?? null);
    const served = track.serving;
    const byStudent = liveRoute(proposal).answeredBy === 'student';
    if (byStudent) {
      answered++;
      if (index >= calls.length / 2) answeredSecondHalf++;
      if (proposal.prediction?.label !== call.label) different++;
    }
    if ((byStudent ? proposal.prediction?.label : call.label) === call.gold) right.given++;
    if (call.label === call.gold) right.teacher++;
    track.observe({
      callId: String(index),
      at,
      slots,
      answered: byStudent ? undefined : answeredWith(call.label),
      proposal,
      served,
    });
    await track.settled();
  }
  if (options.verbose)
    for (const event of events)
      console.error(stream, seed, Math.round((event.at / DAY_MS) * CALLS_A_DAY), event.what, event.detail);
  return {
    stream,
    seed,
    calls: calls.length,
    avoided: answered / calls.length,
    avoidedSecondHalf: answeredSecondHalf / (calls.length / 2),
    disagreement: different / calls.length,
    accuracy: { given: right.given / calls.length, teacher: right.teacher / calls.length },
    certificates,
    seconds: (performance.now() - startedAt) / 1000,
  };
}

function poolRisk(
  { student, certificate }: Serving,
  pool: readonly Row[],
  vectors: CallVectors | null,
): { readonly trueRisk: number; readonly coverage: number } {
  let answered = 0;
  let different = 0;
  for (const row of pool) {
    const prediction = student.predict([row.text], vectors?.known([row.text])?.vector ?? null);
    if (prediction.score < certificate.threshold) continue;
    answered++;
    if (prediction.label !== row.label) different++;
  }
  return { trueRisk: different / pool.length, coverage: answered / pool.length };
}

const chosen = options.streams
  ? options.streams.split(',')
  : Object.keys(streams).filter((name) => name !== 'banking77-gpt4');
const results: StreamResult[] = [];
for (const name of chosen) {
  const stream = streams[name];
  if (stream === undefined) throw new Error(`--streams ${name}: known are ${Object.keys(streams).join(', ')}`);
  const pool = stream.files.flatMap(readRows).flatMap((row) => {
    const label = stream.label(row);
    return label === undefined ? [] : [{ text: row.text, label, gold: row.gold }];
  });
  const vectors = options.encoder ? vectorsOf(stream.files) : null;
  for (let seed = Number(options['first-seed']); seed < Number(options['first-seed']) + Number(options.seeds); seed++) {
    results.push(await runStream(name, pool, seed, vectors));
  }
  if (!options.json)
    printRow(
      name,
      results.filter((result) => result.stream === name),
    );
}

const all = results.flatMap((result) => result.certificates);
const summary = {
  at: new Date().toISOString(),
  node: process.version,
  epsilon: Number(options.epsilon),
  delta: Number(options.delta),
  meanAvoided: mean(
    chosen.map((name) => mean(results.filter((result) => result.stream === name).map((result) => result.avoided))),
  ),
  certificates: all.length,
  broken: all.filter((certificate) => certificate.trueRisk > Number(options.epsilon)).length,
  runs: results.length,
  runsWithBroken: results.filter((result) =>
    result.certificates.some((certificate) => certificate.trueRisk > Number(options.epsilon)),
  ).length,
  results,
};
mkdirSync(join(import.meta.dirname, 'results'), { recursive: true });
writeFileSync(join(import.meta.dirname, 'results', `${options.out}.json`), `${JSON.stringify(summary, null, 1)}\n`);
if (options.json) console.log(JSON.stringify(summary));
else
  console.log(
    `mean avoided ${percent(summary.meanAvoided)}; ${summary.broken} of ${summary.certificates} certificates with a true risk above ε, in ${summary.runsWithBroken} of ${summary.runs} runs`,
  );

function printRow(name: string, rows: readonly StreamResult[]): void {
  const shares = rows.length > 10 ? `${rows.length} seeds` : rows.map((row) => percent(row.avoided)).join(' ');
  const certificates = rows.flatMap((row) => row.certificates);
  console.log(
    `${name.padEnd(15)} ${percent(mean(rows.map((row) => row.avoided)))} / ${percent(mean(rows.map((row) => row.avoidedSecondHalf)))}  [${shares}]  disagreement ${percent(Math.max(...rows.map((row) => row.disagreement)))} at most,` +
      ` ${certificates.length} certificates, ${certificates.filter((certificate) => certificate.trueRisk > Number(options.epsilon)).length} broken, ${mean(rows.map((row) => row.seconds)).toFixed(1)} s a run`,
  );
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}
