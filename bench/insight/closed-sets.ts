import { answerOf, readPublicRows } from '../public-rows.ts';

export interface ClosedRow {
  readonly text: string;
  /** The teacher's answer. */
  readonly label: string;
  readonly gold: string;
}

interface Source {
  readonly files: readonly string[];
  /** Whose answers are the labels; gold where none is named. */
  readonly model?: string;
  readonly without?: string;
  /** Nobody looked at it when settings were chosen. */
  readonly isUntouched?: boolean;
}

const css = (name: string): Source => ({ files: [`css/${name}.jsonl`], model: 'gpt-3.5-turbo' });
const stance = (name: string): Source => ({
  files: ['train', 'val', 'test'].map((part) => `tweeteval-stance/${name}.${part}.jsonl`),
  isUntouched: true,
});

/** Public sets with one label a row, all their parts together. Those with a model in brackets carry its real answers. */
export const closedSets: Readonly<Record<string, Source>> = {
  sms: { files: ['sms-spam/all.jsonl'] },
  snips: { files: ['snips/train.jsonl.gz', 'snips/test.jsonl'] },
  trec: { files: ['trec/train.jsonl', 'trec/test.jsonl'] },
  headlines: { files: ['headlines/train.jsonl', 'headlines/test.jsonl'] },
  fpb: { files: ['fpb/train.jsonl', 'fpb/test.jsonl'] },
  sst2: { files: ['sst2/train.jsonl.gz', 'sst2/test.jsonl'] },
  agnews: { files: ['agnews/test.jsonl.gz'] },
  banking77: { files: ['banking77/train.jsonl.gz', 'banking77/test.jsonl'] },
  clinc150: { files: ['clinc150/train.jsonl.gz', 'clinc150/test.jsonl'], without: 'oos' },
  'tweet-emotion': { files: ['tweeteval-emotion/train.jsonl', 'tweeteval-emotion/test.jsonl'] },
  'tweet-offensive': { files: ['tweeteval-offensive/val.jsonl', 'tweeteval-offensive/test.jsonl'] },
  'isear (GPT-3.5)': { files: ['isear/stream.jsonl.gz'], model: 'gpt-3.5-turbo-1106' },
  'banking77 (GPT-4)': { files: ['banking77/test.jsonl'], model: 'gpt-4' },
  'emotion (GPT-3.5)': css('emotion'),
  'misinformation (GPT-3.5)': css('mrf'),
  'politeness (GPT-3.5)': css('wiki_politeness'),
  'banking77 (GPT-3.5)': { files: ['banking77/test.jsonl'], model: 'gpt-3.5', isUntouched: true },
  imdb: { files: ['imdb-ocats/dev.jsonl.gz'], isUntouched: true },
  'stance on feminism': stance('feminist'),
  'stance on Clinton': stance('hillary'),
  'stance on atheism': stance('atheism'),
  'stance (GPT-3.5)': { ...css('semeval_stance'), isUntouched: true },
  'discourse (GPT-3.5)': { ...css('discourse'), isUntouched: true },
  'ideology (GPT-3.5)': { ...css('ibc'), isUntouched: true },
  'figures of speech (GPT-3.5)': { ...css('flute'), isUntouched: true },
  'implicit hate (GPT-3.5)': { ...css('implicit_hate'), isUntouched: true },
  'requests (GPT-3.5)': { ...css('raop'), isUntouched: true },
};

/** Null where the data is not there. */
export function readClosedSet(name: string): readonly ClosedRow[] | null {
  const source = closedSets[name];
  if (source === undefined) throw new Error(`no such set: ${name}; known are ${Object.keys(closedSets).join(', ')}`);
  const parts = source.files.map(readPublicRows);
  if (parts.some((rows) => rows === null)) return null;
  return parts.flatMap((rows) =>
    (rows ?? []).flatMap((row) => {
      const label = answerOf(row, source.model);
      return label === undefined || label === source.without ? [] : [{ text: row.text, label, gold: row.gold }];
    }),
  );
}
