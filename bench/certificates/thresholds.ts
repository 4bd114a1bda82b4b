import { errorsAllowed } from '../../src/certify/binomial-bounds.ts';
import { binomialAtMost } from '../../src/certify/binomial-tail.ts';
import { chooseThreshold, loosestLevel, type ScoredOutcome, scoreLevels } from '../../src/certify/choose-threshold.ts';
import { planThresholds, testInSequence } from '../../src/certify/selective-risk.ts';
import { seededRandom } from '../../src/records/random.ts';
import { draw, type Pool } from './pool.ts';
import { isKept, type Line, mean, type Section } from './report.ts';

/** Answers nothing. */
const NOTHING = Number.POSITIVE_INFINITY;

/** Thresholds from one sample: by the exact rule, by Hoeffding–Bentkus, and naively by the sample's own share. */
export function thresholdSection(pools: readonly Pool[], delta: number, draws: number): Section {
  const lines: Line[] = [];
  for (const pool of pools)
    for (const n of [100, 200, 500, 2000]) {
      const random = seededRandom(n);
      const samples = Array.from({ length: draws }, () => draw(pool.rows, n, random));
      for (const epsilon of [0.01, 0.02, 0.05, 0.1]) {
        const hoeffdingBentkus = errorsAllowedByHoeffdingBentkus(n, epsilon, delta);
        const exact = samples.map((sample) => exactThreshold(sample, epsilon, delta));
        const other = samples.map((sample) => loosest(sample, hoeffdingBentkus));
        const naive = samples.map((sample) => loosest(sample, Math.floor(n * epsilon)));
        const broken = count(exact, (threshold) => pool.risk(threshold) > epsilon);
        lines.push({
          pool: pool.name,
          n,
          epsilon,
          'best possible': pool.bestCoverage(epsilon),
          'exact: answered': mean(exact.map(pool.coverage)),
          broken: broken / draws,
          kept: isKept(broken, draws, delta),
          'H–B: answered': mean(other.map(pool.coverage)),
          'H–B: broken': count(other, (threshold) => pool.risk(threshold) > epsilon) / draws,
          'naive: broken': count(naive, (threshold) => pool.risk(threshold) > epsilon) / draws,
        });
      }
    }
  return { title: 'Threshold from one sample, epsilon on all calls', lines };
}

/** Errors among the answered: planned fixed-sequence testing beside the strictest start and the naive threshold. */
export function selectiveSection(pools: readonly Pool[], delta: number, draws: number): Section {
  const lines: Line[] = [];
  for (const pool of pools)
    for (const n of [500, 2000])
      for (const epsilon of [0.02, 0.05]) {
        const random = seededRandom(n + 7);
        const planningScores = draw(pool.rows, 500, random).map(({ score }) => score);
        const plan = planThresholds(planningScores, { n, epsilon, delta });
        const results = Array.from({ length: draws }, () => {
          const sample = draw(pool.rows, n, random);
          const choice = testInSequence(sample, plan, { epsilon, delta });
          return {
            planned: choice.certified ? choice.threshold : NOTHING,
            naive: naiveSelective(sample, epsilon),
          };
        });
        const isBroken = (threshold: number) => pool.risk(threshold) > epsilon * pool.coverage(threshold);
        const broken = count(results, ({ planned }) => isBroken(planned));
        lines.push({
          pool: pool.name,
          n,
          epsilon,
          answered: mean(results.map(({ planned }) => pool.coverage(planned))),
          broken: broken / draws,
          kept: isKept(broken, draws, delta),
          'naive: broken': count(results, ({ naive }) => isBroken(naive)) / draws,
        });
      }
  return { title: 'Threshold from one sample, epsilon among the answered calls', lines };
}

export function exactThreshold(sample: readonly ScoredOutcome[], epsilon: number, delta: number): number {
  const choice = chooseThreshold(sample, { epsilon, delta });
  return choice.certified ? choice.threshold : NOTHING;
}

/** The loosest threshold with at most so many errors. */
function loosest(sample: readonly ScoredOutcome[], allowed: number): number {
  return loosestLevel(sample, allowed)?.threshold ?? NOTHING;
}

function naiveSelective(sample: readonly ScoredOutcome[], epsilon: number): number {
  return scoreLevels(sample).findLast(({ errors, answered }) => errors <= epsilon * answered)?.threshold ?? NOTHING;
}

/** Bates et al. 2021: p = min(exp(−n·kl(R, ε)), e·P(Bin(n, ε) ≤ ⌈nR⌉)). */
function errorsAllowedByHoeffdingBentkus(n: number, epsilon: number, delta: number): number {
  let allowed = errorsAllowed({ n, epsilon, delta });
  while (allowed >= 0) {
    const share = allowed / n;
    const divergence =
      (allowed === 0 ? 0 : share * Math.log(share / epsilon)) + (1 - share) * Math.log((1 - share) / (1 - epsilon));
    if (Math.min(Math.exp(-n * divergence), Math.E * binomialAtMost(allowed, n, epsilon)) <= delta) break;
    allowed--;
  }
  return allowed;
}

function count<Item>(items: readonly Item[], holds: (item: Item) => boolean): number {
  return items.filter(holds).length;
}
