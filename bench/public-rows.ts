import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

/** One row of a public set: gold is what its authors say, `llm` what real models answered, where somebody kept it. */
export interface PublicRow {
  readonly id: string;
  readonly text: string;
  readonly gold: string;
  readonly llm?: Readonly<Record<string, string>>;
  /** One of the 231 examples that OCaTS starts from (banking77 only). */
  readonly ocats_shot?: boolean;
}

/** Public sets lie in `data` of SHARED_DIR (default: `shared` beside the repository). */
export const sharedFolder = process.env.SHARED_DIR ?? join(import.meta.dirname, '..', '..', 'shared');

/** Rows of a JSON Lines file, gzipped or not, below the public sets; null where it is not there. */
export function readPublicRows(file: string): readonly PublicRow[] | null {
  const path = join(sharedFolder, 'data', file);
  if (!existsSync(path)) return null;
  const bytes = readFileSync(path);
  const text = (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
  return text
    .split('\n')
    .filter((line) => line.length > 0)
    .map((line) => JSON.parse(line) as PublicRow);
}

/** What a teacher answered: a model's answer, or gold where no model is named; undefined for none, or one outside the labels. */
export function answerOf(row: PublicRow, model: string | undefined): string | undefined {
  const answer = model === undefined ? row.gold : row.llm?.[model];
  return answer === 'OUT_OF_VOCABULARY' ? undefined : answer;
}
