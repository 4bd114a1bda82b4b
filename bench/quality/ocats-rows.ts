import type { OcatsResult } from './ocats.ts';
import { percent, percentSpread, type TableRow } from './table.ts';

/** Both bars of the stream that GPT-4 answered: without a certificate, and with one. */
export function ocatsRows(result: OcatsResult | null): readonly TableRow[] {
  const free = {
    measure: '3,080 GPT-4 calls of BANKING77, learning on the way, no certificate (OCaTS’s protocol, five shuffles)',
    known: '82.7 % accuracy at about 34 % of the calls (OCaTS)',
    bar: 'not below the teacher by a paired 95 % interval, at ≤ 25 % of the calls; dream 20 %',
  };
  if (result === null) return [{ ...free, ours: null, isMet: null }];
  const { againstTeacher: against } = result;
  const interval = `${signed(against.mean)} (${signed(against.low)} to ${signed(against.high)}) points against the teacher’s ${percent(result.teacherAccuracy)}`;
  const ours = `${percentSpread(result.accuracy)} accuracy at ${percentSpread(result.callShare)} of the calls; ${interval}; agreement of the answered ${percentSpread(result.agreement)}`;
  return [{ ...free, ours, isMet: against.high >= 0 && result.callShare.mean <= 0.25 }];
}

function signed(share: number): string {
  const points = (share * 100).toFixed(2);
  return share < 0 ? points.replace('-', '−') : `+${points}`;
}
