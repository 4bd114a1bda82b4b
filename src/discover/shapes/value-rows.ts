import type { Answer } from '../../records/answer.ts';
import type { Json } from '../../records/call.ts';
import type { AnswerSample, AnswerTally } from '../answer-tally.ts';

/** What one place of the answers held. */
export interface ValueRow {
  /** Undefined where it was left out. */
  readonly value: Json | undefined;
  /** In how many answers; 0 in rows that only show where a value comes from. */
  readonly count: number;
  /** What stood in the slots of the prompt; null where that is not kept. */
  readonly input: string | null;
}

/** The answers of a tally that `read` can read, as rows: all different ones with their counts, then some with their inputs. */
export function rowsOf(tally: AnswerTally, read: (answer: Answer) => Json | null): readonly ValueRow[] {
  const counted = [...tally.texts].flatMap(([text, count]) => {
    const value = read({ kind: 'text', text });
    return value === null ? [] : [{ value, count, input: null }];
  });
  return [...counted, ...sampleRows(tally.samples, read)];
}

export function sampleRows(
  samples: readonly AnswerSample[],
  read: (answer: Answer) => Json | null,
): readonly ValueRow[] {
  return samples.flatMap(({ answer, slots }) => {
    const value = read(answer);
    return value === null ? [] : [{ value, count: 0, input: slots.join('\n') }];
  });
}

export function countOf(rows: readonly ValueRow[]): number {
  return rows.reduce((sum, row) => sum + row.count, 0);
}

/** Whether a value says something. */
export function saysSomething(value: Json | undefined): value is Json {
  return value !== undefined && value !== null && value !== '';
}

const placeholder =
  /^(n\s?\/\s?a|none|null|nil|unknown|unspecified|not (specified|mentioned|given|available|provided|stated|applicable|found)|[-—–]+|keine?(r|s|n)? ?\p{L}*|nicht angegeben|unbekannt|inconnu|aucune?)\.?$/iu;

/** Whether a text is one of the words that stand where nothing can be said. */
export function isPlaceholder(text: string): boolean {
  return text.length <= 24 && placeholder.test(text.trim());
}
