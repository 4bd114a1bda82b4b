import { seededRandom, shuffled } from '../src/records/random.ts';
import { answerOf, readPublicRows } from './public-rows.ts';

export type LabelledRow = readonly [text: string, label: string];

export interface LabelledRows {
  readonly train: readonly LabelledRow[];
  readonly test: readonly LabelledRow[];
}

interface Source {
  readonly train: string;
  /** Where there is none, 2,000 shuffled rows of `train` are held back. */
  readonly test?: string;
  readonly model?: string;
  readonly without?: string;
}

/** Public sets, read from SHARED_DIR (default: `shared` beside the repository). */
export const sources: Readonly<Record<string, Source>> = {
  banking77: { train: 'banking77/train.jsonl.gz', test: 'banking77/test.jsonl' },
  clinc150: { train: 'clinc150/train.jsonl.gz', test: 'clinc150/test.jsonl', without: 'oos' },
  trec: { train: 'trec/train.jsonl', test: 'trec/test.jsonl' },
  sst2: { train: 'sst2/train.jsonl.gz', test: 'sst2/test.jsonl' },
  headlines: { train: 'headlines/train.jsonl', test: 'headlines/test.jsonl' },
  fpb: { train: 'fpb/train.jsonl', test: 'fpb/test.jsonl' },
  agnews: { train: 'agnews/test.jsonl.gz' },
  sms: { train: 'sms-spam/all.jsonl' },
  snips: { train: 'snips/train.jsonl.gz', test: 'snips/test.jsonl' },
  'isear (GPT-3.5)': { train: 'isear/stream.jsonl.gz', model: 'gpt-3.5-turbo-1106' },
};

const heldBack = 2000;

/** Shuffled training rows of a set and its test rows; null where the data is not there. */
export function readSet(name: string): LabelledRows | null {
  const source = sources[name];
  if (source === undefined) throw new Error(`no such set: ${name}; known are ${Object.keys(sources).join(', ')}`);
  const rows = readRows(source.train, source);
  if (rows === null) return null;
  const mixed = shuffled(rows, seededRandom(1));
  if (source.test === undefined) return { train: mixed.slice(heldBack), test: mixed.slice(0, heldBack) };
  return { train: mixed, test: readRows(source.test, source) ?? [] };
}

function readRows(file: string, { model, without }: Source): LabelledRow[] | null {
  const rows = readPublicRows(file);
  if (rows === null) return null;
  return rows.flatMap((row) => {
    const label = answerOf(row, model);
    return label === undefined || label === without ? [] : [[row.text, label] as const];
  });
}
