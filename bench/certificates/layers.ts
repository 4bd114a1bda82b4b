import { deltaOfLook } from '../../src/certify/look-budget.ts';
import { type Random, seededRandom, shuffled } from '../../src/records/random.ts';
import { draw, learn, type PoolRow, poolOf, readTexts } from './pool.ts';
import { isKept, type Line, mean, type Section } from './report.ts';
import { exactThreshold } from './thresholds.ts';

const FIRST_CALLS = 1000;
const SECOND_CALLS = 3000;

/** A call with what both layers say to it. */
interface TwoLayerRow {
  readonly first: PoolRow;
  readonly second: PoolRow;
}

/** Where each layer answers; the second only sees what lies below `region`. */
interface Layers {
  readonly first: number;
  readonly region: number;
  readonly second: number;
}

interface Outcome {
  readonly risk: number;
  readonly byFirst: number;
  readonly bySecond: number;
}

const FALLEN = Number.POSITIVE_INFINITY;

/** A second student that answers where the first would not, certified on escalations, of which every one is labelled. */
export function layerSection(names: readonly string[], delta: number, draws: number, seed: number): Section {
  const lines: Line[] = [];
  for (const name of names)
    for (const epsilon of [0.02, 0.05]) {
      const rows = twoLayerRows(name, epsilon, seed);
      const random = seededRandom(19);
      const results = Array.from({ length: draws }, () => oneDraw(rows, epsilon, delta, random));
      for (const rule of Object.keys(results[0] ?? {})) {
        const outcomes = results.map((result) => result[rule] as Outcome);
        const broken = outcomes.filter(({ risk }) => risk > epsilon).length;
        lines.push({
          pool: name,
          epsilon,
          rule,
          broken: broken / draws,
          kept: isKept(broken, draws, delta),
          'mean risk': mean(outcomes.map(({ risk }) => risk)),
          'first answers': mean(outcomes.map(({ byFirst }) => byFirst)),
          'second answers': mean(outcomes.map(({ bySecond }) => bySecond)),
        });
      }
    }
  return {
    title: `Two layers: ${FIRST_CALLS} calls certify the first, escalations of ${SECOND_CALLS} the second`,
    lines,
  };
}

function oneDraw(
  rows: readonly TwoLayerRow[],
  epsilon: number,
  delta: number,
  random: Random,
): Readonly<Record<string, Outcome>> {
  const one = draw(rows, FIRST_CALLS, random);
  const two = draw(rows, SECOND_CALLS, random);
  const reserved = certify(one, two, [epsilon * 0.75, epsilon * 0.25], delta);
  const changed = changedTeacher(rows, reserved.region, random);
  const passedDown = { first: FALLEN, region: FALLEN, second: reserved.second };
  return {
    'epsilon reserved 3/4 and 1/4, first frozen': truth(rows, reserved),
    'CARELESS: both at the full epsilon': truth(rows, certify(one, two, [epsilon, epsilon], delta)),
    'the first falls, its calls go down, nothing else has changed': truth(rows, passedDown),
    'teacher changes half of what the first is sure of; it falls, its calls go to the teacher': truth(changed, {
      ...reserved,
      first: FALLEN,
    }),
    'CARELESS: the same, its calls go down to the second': truth(changed, passedDown),
  };
}

function certify(
  one: readonly TwoLayerRow[],
  two: readonly TwoLayerRow[],
  [forFirst, forSecond]: readonly [number, number],
  delta: number,
): Layers {
  const sample = one.map((row) => row.first);
  const first = exactThreshold(sample, forFirst, deltaOfLook(delta, 1));
  // Calls that the first layer answers stay in the sample, as calls on which the second abstains.
  const escalations = two.map((row) =>
    row.first.score >= first ? { score: Number.NEGATIVE_INFINITY, different: false } : row.second,
  );
  return { first, region: first, second: exactThreshold(escalations, forSecond, deltaOfLook(delta, 2)) };
}

/** From now on the teacher says something new to half of the labels, where the first layer used to be sure: why it falls. */
function changedTeacher(rows: readonly TwoLayerRow[], region: number, random: Random): readonly TwoLayerRow[] {
  const labels = [...new Set(rows.map(({ first }) => first.label))];
  const renamed = new Set(labels.filter(() => random() < 0.5));
  return rows.map((row) => {
    if (row.first.score < region || !renamed.has(row.first.label)) return row;
    return { first: { ...row.first, different: true }, second: { ...row.second, different: true } };
  });
}

/** The first learns from random rows, the second from what the first would escalate: labels that come for free. */
function twoLayerRows(name: string, epsilon: number, seed: number): readonly TwoLayerRow[] {
  const texts = shuffled(readTexts(name), seededRandom(seed));
  const sayFirst = learn(texts.slice(0, 1500), seed);
  const [forSecond, rest] = [texts.slice(1500, texts.length / 2), texts.slice(texts.length / 2)];
  const seen = poolOf(name, forSecond.map(sayFirst));
  const share = seen.bestCoverage(epsilon * 0.75);
  const sayAnswered = [...seen.rows].sort((left, right) => right.score - left.score)[
    Math.floor(share * seen.rows.length)
  ];
  const escalated = seen.rows.filter(({ score }) => score < (sayAnswered?.score ?? 1));
  const saySecond = learn(escalated, seed + 1);
  return rest.map((text) => ({ first: sayFirst(text), second: saySecond(text) }));
}

function truth(rows: readonly TwoLayerRow[], { first, region, second }: Layers) {
  let byFirst = 0;
  let bySecond = 0;
  let different = 0;
  for (const row of rows) {
    if (row.first.score >= first) {
      byFirst++;
      if (row.first.different) different++;
    } else if (row.first.score < region && row.second.score >= second) {
      bySecond++;
      if (row.second.different) different++;
    }
  }
  return { risk: different / rows.length, byFirst: byFirst / rows.length, bySecond: bySecond / rows.length };
}
