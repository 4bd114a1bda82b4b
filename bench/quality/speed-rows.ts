import type { SpeedResult } from './speed.ts';
import { mean } from './statistics.ts';
import { percent, type TableRow } from './table.ts';

/** Ratios within one run; microseconds of a shared machine say little. */
export function speedRows(result: SpeedResult | null): readonly TableRow[] {
  const base = {
    measure: 'answers a second on one core, asked one at a time',
    known: 'a scikit-learn pipeline, fastText, same rows, same run',
    bar: 'ahead of scikit-learn, within 2 × of fastText',
  };
  if (result === null) return [{ ...base, ours: null, isMet: null }];
  const compared = result.sets.map(({ set, answering }) => {
    const [ours, scikitLearn, fastText] = ['rightsize', 'scikit-learn', 'fastText'].map((name) =>
      answering.find(({ who }) => who.startsWith(name)),
    );
    return { set, ours, scikitLearn: ratio(scikitLearn, ours), fastText: ratio(fastText, ours) };
  });
  const ours = compared.map(
    (line) =>
      `${line.set} ${perSecond(line.ours)} a second at ${percent(line.ours?.accuracy ?? 0)}: ` +
      `${says(line.scikitLearn)} of scikit-learn, ${says(line.fastText)} of fastText`,
  );
  const known = compared.filter((line) => line.scikitLearn !== null && line.fastText !== null);
  const isMet = known.every((line) => (line.scikitLearn ?? 0) > 1 && (line.fastText ?? 0) >= 0.5);
  return [{ ...base, ours: ours.join('; '), isMet: known.length === compared.length ? isMet : null }];
}

type Timed = { readonly microseconds: readonly number[] } | undefined;

/** How many times as many answers a second ours gives; null where one was not measured. */
function ratio(peer: Timed, ours: Timed): number | null {
  return peer === undefined || ours === undefined ? null : mean(peer.microseconds) / mean(ours.microseconds);
}

function perSecond(timed: Timed): string {
  return timed === undefined ? '?' : Math.round(1e6 / mean(timed.microseconds)).toLocaleString('en');
}

function says(times: number | null): string {
  return times === null ? '?' : `${times.toFixed(times < 10 ? 1 : 0)} ×`;
}
