import { seededRandom, shuffled } from '../../src/records/random.ts';
import { answerOf, type PublicRow, readPublicRows } from '../public-rows.ts';

/** A task whose answer is one label, in a public set: whose answers play the teacher, and what is left out. */
export interface LabelTask {
  readonly name: string;
  readonly files: readonly string[];
  /** The real model whose answers are learned; gold plays the teacher where none is named. */
  readonly model?: string;
  readonly without?: string;
}

export interface TaskRow {
  readonly text: string;
  /** The teacher's answer. */
  readonly label: string;
  readonly gold: string;
}

/** The ten tasks of the quality table. */
export const tenTasks: readonly LabelTask[] = [
  { name: 'sms-spam', files: ['sms-spam/all.jsonl'] },
  { name: 'snips', files: ['snips/train.jsonl.gz', 'snips/val.jsonl', 'snips/test.jsonl'] },
  { name: 'trec', files: ['trec/train.jsonl', 'trec/test.jsonl'] },
  { name: 'agnews', files: ['agnews/test.jsonl.gz'] },
  { name: 'headlines', files: ['headlines/train.jsonl', 'headlines/test.jsonl'] },
  { name: 'fpb', files: ['fpb/train.jsonl', 'fpb/test.jsonl'] },
  { name: 'sst2', files: ['sst2/train.jsonl.gz', 'sst2/val.jsonl', 'sst2/test.jsonl'] },
  { name: 'banking77', files: ['banking77/train.jsonl.gz', 'banking77/test.jsonl'] },
  { name: 'clinc150', files: ['clinc150/train.jsonl.gz', 'clinc150/val.jsonl', 'clinc150/test.jsonl'], without: 'oos' },
  { name: 'isear', files: ['isear/stream.jsonl.gz'], model: 'gpt-3.5-turbo-1106' },
];

/** Small sets with real answers of real models; they have no training part. */
export const realAnswerTasks: readonly LabelTask[] = [
  ...['discourse', 'emotion', 'flute', 'ibc', 'implicit_hate', 'mrf', 'raop', 'semeval_stance', 'wiki_politeness'].map(
    (name): LabelTask => ({ name: `css-${name}`, files: [`css/${name}.jsonl`], model: 'gpt-3.5-turbo' }),
  ),
  { name: 'imdb-ocats', files: ['imdb-ocats/dev.jsonl.gz'], model: 'gpt-3.5-turbo' },
  { name: 'banking77-gpt4', files: ['banking77/train.jsonl.gz', 'banking77/test.jsonl'], model: 'gpt-4' },
];

/** All rows of a task, each text once (the first), so that no judged text was learned; null where the data is not there. */
export function readTask(task: LabelTask): readonly TaskRow[] | null {
  const files = task.files.map(readPublicRows);
  if (files.some((rows) => rows === null)) return null;
  const byText = new Map<string, TaskRow>();
  for (const row of files.flatMap((rows) => rows ?? [])) {
    const known = toTaskRow(row, task);
    if (known !== null && !byText.has(known.text)) byText.set(known.text, known);
  }
  return [...byText.values()];
}

function toTaskRow(row: PublicRow, { model, without }: LabelTask): TaskRow | null {
  const label = answerOf(row, model);
  return label === undefined || label === without ? null : { text: row.text, label, gold: row.gold };
}

export interface Split {
  readonly train: readonly TaskRow[];
  readonly certify: readonly TaskRow[];
  readonly judge: readonly TaskRow[];
}

/** 70 % to learn from, 15 % to certify, 15 % to judge. A peer that certifies in its own way learns from the first two. */
export function splitRows(rows: readonly TaskRow[], seed: number): Split {
  const mixed = shuffled(rows, seededRandom(seed));
  const learned = Math.round(mixed.length * 0.7);
  const certified = Math.round(mixed.length * 0.85);
  return { train: mixed.slice(0, learned), certify: mixed.slice(learned, certified), judge: mixed.slice(certified) };
}

/** The folder of a task's set, which names its vectors as well. */
export function setOf(task: LabelTask): string {
  return task.files[0]?.split('/')[0] ?? task.name;
}
