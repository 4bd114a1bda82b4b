import { binomialAtLeast } from './binomial-tail.ts';

/**
 * How many of `certificates` promises, each kept with probability 1 − `delta`, are broken by chance: the number to
 * expect, and the number that is exceeded with a chance of 5 % at most. More than that is no chance.
 * Holds for independent certificates; those of one task are not quite, which makes the second number a guide.
 */
export function brokenByChance({ certificates, delta }: { readonly certificates: number; readonly delta: number }): {
  readonly expected: number;
  readonly atMost: number;
} {
  let atMost = 0;
  while (atMost < certificates && binomialAtLeast(atMost + 1, certificates, delta) > 0.05) atMost++;
  return { expected: certificates * delta, atMost };
}

/** The δ of each of `tasks` promises with which P(any of them is broken) ≤ `delta`, whatever depends on what (Bonferroni). */
export function deltaOfTask(delta: number, tasks: number): number {
  if (!(Number.isInteger(tasks) && tasks >= 1))
    throw new RangeError(`tasks is ${tasks}; it must be a whole number from 1`);
  return delta / tasks;
}
