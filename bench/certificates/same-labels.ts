import { callsThatCount } from '../../src/certify/calls-that-count.ts';
import { chooseThreshold, type ScoredOutcome } from '../../src/certify/choose-threshold.ts';
import { callsForSurestFirst, chooseSurestFirst } from '../../src/certify/surest-first.ts';
import { type Random, seededRandom } from '../../src/records/random.ts';
import { bargain, type RuleQuestion, type RuleResult } from './bargain.ts';
import { draw, type Pool } from './pool.ts';
import { isKept, type Line, mean, type Section } from './report.ts';
import { supg } from './supg.ts';

interface Records {
  readonly rows: readonly ScoredOutcome[];
  /** The surest first. */
  readonly sorted: readonly ScoredOutcome[];
  /** Scores of other calls, without labels. */
  readonly planningScores: readonly number[];
}

/** Plans without labels, and then draws as often as it is asked. */
type Rule = (records: Records, question: RuleQuestion) => (random: Random) => RuleResult;

/** Each rule may look at the scores of all records, and at so many labels. */
const rules: Readonly<Record<string, Rule>> = {
  'labels at random':
    ({ rows }, { labels, ...promise }) =>
    (random) =>
      resultOf({ ...chooseThreshold(draw(rows, labels, random), promise), labelled: labels }),
  'labels at random, as many as count': ({ rows }, { labels, ...promise }) => {
    const count = callsThatCount({ n: labels, ...promise });
    return (random) => resultOf({ ...chooseThreshold(draw(rows, count, random), promise), labelled: count });
  },
  'surest first': ({ rows, planningScores }, question) => {
    const calls = callsForSurestFirst(planningScores, question);
    return (random) => resultOf(surestFirst(draw(rows, calls, random), question));
  },
  'CARELESS: surest first, the number of calls chosen afterwards':
    ({ rows }, question) =>
    (random) => {
      const sample = draw(rows, 4 * question.labels, random);
      const thresholds = [1, 1.3, 1.7, 2.2, 3, 4].map(
        (times) => resultOf(surestFirst(sample.slice(0, times * question.labels), question)).threshold,
      );
      return { threshold: Math.min(...thresholds), labelled: question.labels };
    },
  BARGAIN: peer(bargain, { thresholds: 20, givesUp: true }),
  'BARGAIN, to the last label': peer(bargain, { thresholds: 20, givesUp: false }),
  'BARGAIN, to the last label, 50 thresholds': peer(bargain, { thresholds: 50, givesUp: false }),
  SUPG: peer(supg, { weighsBy: 'score', every: 100 }),
  'SUPG, weighted by doubt': peer(supg, { weighsBy: 'doubt', every: 100 }),
};

/** Rules of other programs beside ours: the same scores, the same number of labelled rows, the same promise. */
export function sameLabelsSection(pools: readonly Pool[], delta: number, draws: number): Section {
  const lines: Line[] = [];
  for (const pool of pools) {
    const records = {
      rows: pool.rows,
      sorted: [...pool.rows].sort((a, b) => b.score - a.score),
      planningScores: draw(pool.rows, 1000, seededRandom(5)).map(({ score }) => score),
    };
    for (const epsilon of [0.02, 0.05])
      for (const labels of [500, 2000])
        for (const [rule, prepare] of Object.entries(rules)) {
          const random = seededRandom(labels + 17);
          const apply = prepare(records, { epsilon, delta, labels });
          const results = Array.from({ length: draws }, () => apply(random));
          const broken = results.filter(({ threshold }) => pool.risk(threshold) > epsilon).length;
          const answered = mean(results.map(({ threshold }) => pool.coverage(threshold)));
          lines.push({
            pool: pool.name,
            epsilon,
            labels,
            rule,
            answered,
            'of the best possible': answered / pool.bestCoverage(epsilon),
            broken: broken / draws,
            kept: isKept(broken, draws, delta),
            'labels used': Math.round(mean(results.map(({ labelled }) => labelled))),
          });
        }
  }
  return { title: 'Thresholds from the same number of labelled rows, epsilon on all calls', lines };
}

function surestFirst(sample: readonly ScoredOutcome[], question: RuleQuestion) {
  return chooseSurestFirst(
    sample.map(({ score }) => score),
    (call) => sample[call]?.different ?? true,
    question,
  );
}

function resultOf(choice: {
  readonly certified: boolean;
  readonly threshold?: number;
  readonly labelled: number;
}): RuleResult {
  return { threshold: choice.threshold ?? Number.POSITIVE_INFINITY, labelled: choice.labelled };
}

function peer<Settings>(
  rule: (sorted: readonly ScoredOutcome[], question: RuleQuestion, settings: Settings, random: Random) => RuleResult,
  settings: Settings,
): Rule {
  return ({ sorted }, question) =>
    (random) =>
      rule(sorted, question, settings, random);
}
