/** Positions of the largest and the second largest of the first `length` values; −1 where there is no second. */
export function topTwo(values: ArrayLike<number>, length: number): { readonly best: number; readonly second: number } {
  let best = 0;
  let second = -1;
  for (let k = 1; k < length; k++) {
    if ((values[k] as number) > (values[best] as number)) {
      second = best;
      best = k;
    } else if (second < 0 || (values[k] as number) > (values[second] as number)) second = k;
  }
  return { best, second };
}
