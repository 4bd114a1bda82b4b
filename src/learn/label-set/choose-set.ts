import { portableExp, portableLog } from '../portable-math.ts';

/** A set of labels that an answer may be. */
export interface CandidateSet {
  /** Positions of its labels. */
  readonly members: readonly number[];
  /** Logarithm of how much likelier the set was than its labels, each for itself, make it. */
  readonly bonus: number;
}

export interface ChosenSet {
  readonly members: readonly number[];
  /** Of this set among the candidates. */
  readonly probability: number;
  /** Probability less that of the runner-up; 1 without one. */
  readonly margin: number;
}

const farBelow = 1e-6;

/**
 * The likeliest set: its labels' odds multiplied, times its bonus. The candidates are the sets that answers had, and the
 * labels that are likelier than not, taken together, whether an answer had that set or not.
 */
export function chooseSet(probabilities: ArrayLike<number>, candidates: readonly CandidateSet[]): ChosenSet {
  const odds = Array.from(probabilities, (probability) => {
    const inside = Math.min(1 - farBelow, Math.max(farBelow, probability));
    return portableLog(inside / (1 - inside));
  });
  const weights = candidates.map(({ members, bonus }) =>
    members.reduce((sum, label) => sum + (odds[label] as number), bonus),
  );
  const likely = odds.flatMap((odd, label) => (odd > 0 ? [label] : []));
  const all = candidates.some(({ members }) => isSame(members, likely))
    ? candidates
    : [...candidates, { members: likely, bonus: newSetBonus }];
  if (all.length > candidates.length)
    weights.push(likely.reduce((sum, label) => sum + (odds[label] as number), newSetBonus));
  return pick(all, weights);
}

/** A set that no answer had is less likely than its labels make it. */
const newSetBonus = -3;

function pick(candidates: readonly CandidateSet[], weights: readonly number[]): ChosenSet {
  let best = 0;
  let second = -1;
  for (let at = 1; at < weights.length; at++) {
    if ((weights[at] as number) > (weights[best] as number)) [best, second] = [at, best];
    else if (second < 0 || (weights[at] as number) > (weights[second] as number)) second = at;
  }
  const top = weights[best] as number;
  const sum = weights.reduce((total, weight) => total + portableExp(weight - top), 0);
  const runnerUp = second < 0 ? 0 : portableExp((weights[second] as number) - top);
  return { members: candidates[best]?.members ?? [], probability: 1 / sum, margin: (1 - runnerUp) / sum };
}

function isSame(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((label, at) => label === b[at]);
}
