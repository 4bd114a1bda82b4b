import { BettingCertificate } from '../../src/certify/betting-certificate.ts';
import { binomialUpperBound } from '../../src/certify/binomial-bounds.ts';
import { ConfidenceSequence } from '../../src/certify/confidence-sequence.ts';
import { deltaOfLook } from '../../src/certify/look-budget.ts';
import { type Random, seededRandom } from '../../src/records/random.ts';
import { draw, type Pool, type PoolRow } from './pool.ts';
import { isKept, type Line, mean, type Section } from './report.ts';
import { exactThreshold } from './thresholds.ts';

const LOOKS = 20;
const CALLS_BETWEEN = 100;

/** One student, looked at again and again while calls come in; broken where any certificate on the way was wrong. */
export function lookSection(pools: readonly Pool[], delta: number, draws: number): Section {
  const rules: Readonly<Record<string, (calls: readonly PoolRow[], epsilon: number) => readonly number[]>> = {
    'k-th look spends delta·6/(pi²k²)': (calls, epsilon) =>
      looks((look) => exactThreshold(calls.slice(0, look * CALLS_BETWEEN), epsilon, deltaOfLook(delta, look))),
    'betting, watched at every call': (calls, epsilon) => watch(calls, epsilon, delta),
    'CARELESS: every look at delta': (calls, epsilon) =>
      looks((look) => exactThreshold(calls.slice(0, look * CALLS_BETWEEN), epsilon, delta)),
  };
  const lines: Line[] = [];
  for (const pool of pools)
    for (const epsilon of [0.02, 0.05])
      for (const [rule, thresholdsOf] of Object.entries(rules)) {
        const random = seededRandom(11);
        const lives = Array.from({ length: draws }, () =>
          thresholdsOf(draw(pool.rows, LOOKS * CALLS_BETWEEN, random), epsilon),
        );
        const broken = lives.filter((thresholds) => thresholds.some((threshold) => pool.risk(threshold) > epsilon));
        lines.push({
          pool: pool.name,
          epsilon,
          rule,
          broken: broken.length / draws,
          kept: isKept(broken.length, draws, delta),
          'answered at the end': mean(lives.map((thresholds) => pool.coverage(Math.min(...thresholds)))),
        });
      }
  return { title: `${LOOKS} looks, one every ${CALLS_BETWEEN} calls`, lines };
}

function looks(thresholdAt: (look: number) => number): readonly number[] {
  return Array.from({ length: LOOKS }, (_, index) => thresholdAt(index + 1));
}

function watch(calls: readonly PoolRow[], epsilon: number, delta: number): readonly number[] {
  const certificate = new BettingCertificate({ epsilon, delta });
  for (const call of calls) certificate.add(call);
  const { state } = certificate;
  // It only ever loosens, so its last threshold is the riskiest of its life.
  return [state.certified ? state.threshold : Number.POSITIVE_INFINITY];
}

/** A bound of the share of errors read after every draw; broken where it was ever below the truth. */
export function anytimeSection(delta: number, draws: number): Section {
  const lines: Line[] = [];
  for (const share of [0.002, 0.01, 0.03, 0.1]) {
    const random = seededRandom(13);
    const lives = Array.from({ length: draws }, () => oneLife(share, delta, random));
    for (const rule of ['anytime', 'careless'] as const) {
      const broken = lives.filter((life) => life[rule] < share).length;
      lines.push({
        share,
        rule: rule === 'anytime' ? 'confidence sequence' : 'CARELESS: exact bound at delta every 50 draws',
        broken: broken / draws,
        kept: isKept(broken, draws, delta),
        'bound after 1,000': mean(lives.map((life) => (rule === 'anytime' ? life.anytimeAtEnd : life.exactAtEnd))),
      });
    }
  }
  return { title: 'Upper bound of a share, watched over 1,000 draws', lines };
}

function oneLife(share: number, delta: number, random: Random) {
  const sequence = new ConfidenceSequence(delta);
  let careless = 1;
  for (let n = 1; n <= 1000; n++) {
    sequence.add(random() < share);
    if (n % 50 === 0) careless = Math.min(careless, binomialUpperBound({ errors: sequence.errors, n, delta }));
  }
  const exactAtEnd = binomialUpperBound({ errors: sequence.errors, n: 1000, delta });
  return { anytime: sequence.upperBound, careless, anytimeAtEnd: sequence.upperBound, exactAtEnd };
}
