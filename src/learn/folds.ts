import { type Random, shuffled } from '../records/random.ts';

/** Which fold holds each row out: random, and as even over the classes as their counts allow. */
export function assignFolds(targets: Int32Array, folds: number, random: Random): Int32Array {
  const byClass = new Map<number, number[]>();
  targets.forEach((target, row) => {
    const rows = byClass.get(target);
    if (rows === undefined) byClass.set(target, [row]);
    else rows.push(row);
  });
  const assigned = new Int32Array(targets.length);
  let next = 0;
  for (const rows of byClass.values())
    for (const row of shuffled(rows, random)) {
      assigned[row] = next;
      next = (next + 1) % folds;
    }
  return assigned;
}
