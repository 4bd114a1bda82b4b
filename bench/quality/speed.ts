// Answers a second on one core: the n-gram student beside a scikit-learn pipeline and fastText, same rows, same run.
// usage: npx tsx bench/quality/speed.ts [--sets banking77,sms,agnews] [--rounds 3]   peers: $PYTHON (default python3)
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readStudent } from '../../src/learn/student.ts';
import { type LabelledRow, type LabelledRows, readSet } from '../learning-rows.ts';
import { learn } from './learner.ts';
import { missing, writeResult } from './result-file.ts';

/** CPU microseconds an answer, one figure a round. */
interface Answering {
  readonly who: string;
  readonly accuracy: number;
  /** Asked one at a time, as calls come. */
  readonly microseconds: readonly number[];
  /** Asked all at once; null where there is no such way. */
  readonly microsecondsTogether: readonly number[] | null;
}

export interface SpeedResult {
  readonly rounds: number;
  readonly sets: readonly {
    readonly set: string;
    readonly trainingRows: number;
    readonly answering: readonly Answering[];
  }[];
}

const { values: options } = parseArgs({
  options: { sets: { type: 'string', default: 'banking77,sms,agnews' }, rounds: { type: 'string', default: '3' } },
});
const rounds = Number(options.rounds);
const python = process.env.PYTHON ?? 'python3';

function ours({ train, test }: LabelledRows): Answering {
  const learned = learn(
    train.map(([text, label]) => ({ text, label })),
    null,
    1,
  );
  const student = readStudent(learned.trained.student.toBytes());
  const ask = ([text]: LabelledRow): string => student.predict([text]).label;
  for (const row of test) ask(row);
  const microseconds = Array.from({ length: rounds }, () => {
    const before = process.cpuUsage();
    for (const row of test) ask(row);
    const { user, system } = process.cpuUsage(before);
    return (user + system) / test.length;
  });
  const right = test.filter((row) => ask(row) === row[1]).length;
  return {
    who: `rightsize n-grams, ${learned.trained.report.head}`,
    accuracy: right / test.length,
    microseconds,
    microsecondsTogether: null,
  };
}

function peer(kind: string, job: string): Answering | null {
  const script = join(import.meta.dirname, '..', 'peers', 'answer.py');
  const { status, stdout, stderr } = spawnSync(python, [script, kind, job], { encoding: 'utf8' });
  if (status === 0) return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Answering;
  console.error(`${kind}: left out, ${stderr?.trim().split('\n').at(-1) ?? `${python} did not start`}`);
  return null;
}

const folder = mkdtempSync(join(tmpdir(), 'rightsize-speed-'));
try {
  const sets = options.sets.split(',').map((set) => {
    const rows = readSet(set) ?? missing(`the data of ${set}`);
    const job = join(folder, 'job.json');
    writeFileSync(job, JSON.stringify({ ...rows, rounds }));
    const answering = [ours(rows), peer('scikit-learn', job), peer('fasttext', job)].filter((row) => row !== null);
    for (const row of answering) console.error(set, JSON.stringify(row));
    return { set, trainingRows: rows.train.length, answering };
  });
  writeResult('speed', { rounds, sets } satisfies SpeedResult);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
