import { mean } from './statistics.ts';
import { percent, type TableRow, type TableRows } from './table.ts';

/** What bench/certificates.ts writes, as far as it is read here: one line a pool of scores, figures by name. */
export interface CertificatesResult {
  readonly delta: number;
  readonly draws: number;
  readonly sections: Readonly<Record<string, { readonly lines: readonly Readonly<Record<string, unknown>>[] }>>;
}

/** Scores of students of gold and of real models are told apart by the pool's name. */
export function certificateRows(result: CertificatesResult | null): TableRows {
  const rows = (isReal: boolean): readonly TableRow[] => {
    const own = (section: string) =>
      (result?.sections[section]?.lines ?? []).filter((line) => /GPT/.test(String(line.pool)) === isReal);
    return [ruleRow(own('same-labels')), ...[500, 2000].map((n) => shareRow(own('same-labels'), n))];
  };
  return { gold: rows(false), real: rows(true) };
}

type Line = Readonly<Record<string, unknown>>;

/** Mean over pools, ε and numbers of labels. */
function ruleRow(lines: readonly Line[]): TableRow {
  const base = {
    measure:
      'threshold rules, same scores and same number of labelled rows: share answered, draws that broke the promise',
    bar: 'ours covers more at no more violations',
  };
  const rules = [...new Set(lines.map((line) => String(line.rule)))]
    .filter((rule) => !rule.startsWith('CARELESS'))
    .map((rule) => {
      const own = lines.filter((line) => line.rule === rule);
      const isPeers = /^(BARGAIN|SUPG)/.test(rule);
      return { rule, isPeers, answered: meanOf(own, 'answered'), broken: meanOf(own, 'broken') };
    });
  const say = (wanted: boolean): string =>
    rules
      .filter(({ isPeers }) => isPeers === wanted)
      .map(({ rule, answered, broken }) => `${rule} ${percent(answered)}, ${percent(broken)}`)
      .join('; ');
  if (rules.length === 0) return { ...base, known: 'BARGAIN, SUPG', ours: null, isMet: null };
  const ours = rules.filter(({ isPeers }) => !isPeers);
  const peers = rules.filter(({ isPeers }) => isPeers);
  const best = ours.reduce((left, right) => (right.answered > left.answered ? right : left));
  const isMet = peers.every((peer) => best.answered >= peer.answered && best.broken <= peer.broken);
  return { ...base, known: say(true), ours: say(false), isMet };
}

/** At ε = 2 % and n labelled calls: what is answered of what perfect knowledge of the threshold would allow. */
function shareRow(lines: readonly Line[], n: number): TableRow {
  const bar = n === 500 ? 0.88 : 0.95;
  const base = {
    measure: `certified coverage at n = ${n.toLocaleString('en')}, ε = 2 %, as a share of what perfect knowledge would allow`,
    known: n === 500 ? '83–88 %' : '94 %',
    bar: `≥ ${percent(bar, 0)}, violations ≤ δ`,
  };
  const rules = ['surest first', 'labels at random, as many as count', 'labels at random']
    .map((rule) => {
      const own = lines.filter((line) => line.rule === rule && line.labels === n && line.epsilon === 0.02);
      return { rule, own, shares: own.map((line) => Number(line['of the best possible'])) };
    })
    .filter(({ own }) => own.length > 0);
  if (rules.length === 0) return { ...base, ours: null, isMet: null };
  const ours = rules
    .map(({ rule, own, shares }) => {
      const most = Math.max(...own.map((line) => Number(line.broken)));
      return `${rule}: ${percent(mean(shares))} (${percent(Math.min(...shares))} to ${percent(Math.max(...shares))} over ${own.length} pools), broken in at most ${percent(most)} of the draws`;
    })
    .join('; ');
  const isMet = rules.some(({ own, shares }) => mean(shares) >= bar && own.every((line) => line.kept === true));
  return { ...base, ours, isMet };
}

function meanOf(lines: readonly Line[], figure: string): number {
  return mean(lines.map((line) => Number(line[figure])));
}
