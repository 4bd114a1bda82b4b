import type { Spread } from './statistics.ts';
import { percent, percentSpread, type TableRow } from './table.ts';

/** What bench/label-quality.ts writes, as far as it is read here. */
export interface LabelsResult {
  readonly whole?: {
    readonly figures: readonly {
      readonly encoder: boolean;
      readonly banking77: Spread;
      readonly clinc150: Spread;
      readonly clinc150StrangersArea: Spread;
    }[];
  };
  readonly few?: { readonly banking77Ten: Spread };
}

/** Accuracy from whole sets and from ten rows a label, and how strangers are ranked. */
export function labelRows(result: LabelsResult | null): readonly TableRow[] {
  const whole = result?.whole?.figures?.find(({ encoder }) => encoder);
  const known = { banking: '93.1 (frozen encoder); 93.7 (BERT)', clinc: '94.8 (frozen encoder); 96.9 (BERT)' };
  return [
    spreadRow('BANKING77, full training set', { known: known.banking, bar: 0.938, spread: whole?.banking77 }),
    spreadRow('CLINC150 in scope, full training set', { known: known.clinc, bar: 0.96, spread: whole?.clinc150 }),
    spreadRow('BANKING77, 10 a label', { known: '85.2; 89.8', bar: 0.87, spread: result?.few?.banking77Ten }),
    spreadRow('CLINC150 strangers, AUROC (as %)', { known: '96.4', bar: 0.975, spread: whole?.clinc150StrangersArea }),
  ];
}

/** What bench/tagger.ts writes, as far as it is read here; `spread` is least to most, 0 too where one seed ran. */
export type SpansResult = Readonly<
  Record<string, { readonly mean: { readonly f1: number }; readonly spread: { readonly f1: number } }>
>;

/** F1 of spans. */
export function spanRows(result: SpansResult | null): readonly TableRow[] {
  const row = (set: string, measure: string, known: string, bar: number | null): TableRow => {
    const base = { measure, known, bar: bar === null ? 'at least the tagger’s' : `≥ ${percent(bar, 0)}` };
    const figures = result?.[set];
    if (figures === undefined) return { ...base, ours: null, isMet: null };
    const ours = `${percent(figures.mean.f1)} ± ${percent(figures.spread.f1)}`;
    return { ...base, ours, isMet: bar === null ? null : figures.mean.f1 >= bar };
  };
  const others = Object.keys(result ?? {}).filter((set) => !set.startsWith('restaurant8k'));
  return [
    row('restaurant8k', 'RESTAURANTS-8K F1, full', '96', 0.96),
    row('restaurant8k-64th', 'RESTAURANTS-8K F1, one 64th of the data', 'about 55', 0.65),
    ...others.map((set) => row(set, `${set} F1`, 'see the set’s README', null)),
  ];
}

interface Wanted {
  readonly known: string;
  readonly bar: number;
  readonly spread: Spread | undefined;
}

function spreadRow(measure: string, { known, bar, spread }: Wanted): TableRow {
  const base = { measure, known, bar: `≥ ${percent(bar)}` };
  if (spread === undefined) return { ...base, ours: null, isMet: null };
  return { ...base, ours: percentSpread(spread), isMet: spread.mean >= bar };
}
