import { BettingCertificate } from '../../src/certify/betting-certificate.ts';
import type { ScoredOutcome } from '../../src/certify/choose-threshold.ts';
import { type Random, seededRandom, shuffled } from '../../src/records/random.ts';
import { draw, learn, type Pool, type PoolRow, poolOf, readTexts } from './pool.ts';
import { isKept, type Line, mean, type Section } from './report.ts';
import { exactThreshold } from './thresholds.ts';

const SPOT_CHECKS = 0.1;
const LIVE_CALLS = 4000;
const CANDIDATES = 8;

type TrainedPool = Pool & { readonly training: readonly PoolRow[] };

/** Rows that trained the student, and labels that came because the student passed the call on. */
export function unfairSampleSection(pools: readonly TrainedPool[], delta: number, draws: number): Section {
  const epsilon = 0.05;
  const lines = pools.flatMap((pool) => {
    // Where the student answers already: below it every call is labelled.
    const live = thresholdAtCoverage(pool, pool.bestCoverage(0.85 * epsilon));
    const rules: Readonly<Record<string, (random: Random) => number>> = {
      '500 fresh random calls': (random) => exactThreshold(draw(pool.rows, 500, random), epsilon, delta),
      'CARELESS: 500 rows that trained it': (random) =>
        exactThreshold(draw(pool.training, 500, random), epsilon, delta),
      'spot checks alone': (random) =>
        exactThreshold(
          draw(pool.rows, LIVE_CALLS, random).filter(() => random() < SPOT_CHECKS),
          epsilon,
          delta,
        ),
      'spot checks and escalations, weighted by 1/p, betting': (random) => weighted(pool, live, random, epsilon, delta),
      'CARELESS: spot checks and escalations as one sample': (random) =>
        exactThreshold(
          draw(pool.rows, LIVE_CALLS, random).filter(({ score }) => score < live || random() < SPOT_CHECKS),
          epsilon,
          delta,
        ),
    };
    return Object.entries(rules).map(([rule, thresholdOf]): Line => {
      const random = seededRandom(23);
      const thresholds = Array.from({ length: draws }, () => thresholdOf(random));
      const broken = thresholds.filter((threshold) => pool.risk(threshold) > epsilon).length;
      return {
        pool: pool.name,
        epsilon,
        rule,
        broken: broken / draws,
        kept: isKept(broken, draws, delta),
        answered: mean(thresholds.map(pool.coverage)),
      };
    });
  });
  return { title: `Fair and unfair samples (${LIVE_CALLS} live calls, ${100 * SPOT_CHECKS} % spot checks)`, lines };
}

/** Several students on one sample: the one that it certifies furthest has also been chosen by it. */
export function chosenStudentSection(name: string, delta: number, draws: number, seed: number): Section {
  const texts = shuffled(readTexts(name), seededRandom(seed));
  const rest = texts.slice(3000);
  const pools = Array.from({ length: CANDIDATES }, (_, index) =>
    poolOf(name, rest.map(learn(texts.slice(index * 350, index * 350 + 500), seed))),
  );
  const lines = [0.05, 0.1].flatMap((epsilon) =>
    Object.entries({ 'each at a share of delta': delta / CANDIDATES, 'CARELESS: each at delta': delta }).map(
      ([rule, spent]): Line => {
        const random = seededRandom(29);
        const results = Array.from({ length: draws }, () => {
          const picks = draw([...rest.keys()], 500, random);
          return furthest(pools, picks, epsilon, spent);
        });
        const broken = results.filter(({ risk }) => risk > epsilon).length;
        return {
          pool: name,
          epsilon,
          rule,
          broken: broken / draws,
          kept: isKept(broken, draws, delta),
          answered: mean(results.map(({ coverage }) => coverage)),
        };
      },
    ),
  );
  return { title: `The best of ${CANDIDATES} students on the sample that certifies it`, lines };
}

function furthest(pools: readonly Pool[], picks: readonly number[], epsilon: number, delta: number) {
  let best = { sampled: -1, risk: 0, coverage: 0 };
  for (const pool of pools) {
    const sample = picks.map((pick) => pool.rows[pick] as ScoredOutcome);
    const threshold = exactThreshold(sample, epsilon, delta);
    const sampled = sample.filter(({ score }) => score >= threshold).length;
    if (sampled > best.sampled) best = { sampled, risk: pool.risk(threshold), coverage: pool.coverage(threshold) };
  }
  return best;
}

function weighted(pool: Pool, live: number, random: Random, epsilon: number, delta: number): number {
  const certificate = new BettingCertificate({ epsilon, delta, largestWeight: 1 / SPOT_CHECKS });
  for (const row of draw(pool.rows, LIVE_CALLS, random)) {
    if (row.score < live) certificate.add(row);
    else if (random() < SPOT_CHECKS) certificate.add({ ...row, weight: 1 / SPOT_CHECKS });
    else certificate.addUnsampled();
  }
  const { state } = certificate;
  return state.certified ? state.threshold : Number.POSITIVE_INFINITY;
}

function thresholdAtCoverage(pool: Pool, coverage: number): number {
  const scores = pool.rows.map(({ score }) => score).sort((left, right) => right - left);
  return scores[Math.max(0, Math.round(coverage * scores.length) - 1)] ?? Number.POSITIVE_INFINITY;
}
