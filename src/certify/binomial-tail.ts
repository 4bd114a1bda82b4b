/** log(n!) minus Stirling's formula, for n = 0…15 (n = 0 by convention 0). */
const smallStirlingErrors: readonly number[] = [
  0, 0.08106146679532726, 0.04134069595540929, 0.02767792568499834, 0.02079067210376509, 0.01664469118982119,
  0.01387612882307075, 0.01189670994589177, 0.01041126526197209, 0.009255462182712733, 0.008330563433362871,
  0.007573675487951841, 0.00694284010720953, 0.006408994188004207, 0.005951370112758848, 0.005554733551962801,
];

/** P(X ≤ errors) for X binomial(n, p). Ten digits are right even where n is in the millions. */
export function binomialAtMost(errors: number, n: number, p: number): number {
  if (errors < 0) return 0;
  if (errors >= n || p <= 0) return 1;
  if (p >= 1) return 0;
  return incompleteBeta(n - errors, errors + 1, 1 - p, p);
}

/** P(X ≥ errors) for X binomial(n, p), without the cancellation of 1 − P(X ≤ errors − 1). */
export function binomialAtLeast(errors: number, n: number, p: number): number {
  if (errors <= 0) return 1;
  if (errors > n || p <= 0) return 0;
  if (p >= 1) return 1;
  return incompleteBeta(errors, n - errors + 1, p, 1 - p);
}

/** P(X = k) for X binomial(n, p), `rest` = 1 − p, by Loader's saddle-point expansion (2000), which never subtracts large logarithms. */
export function binomialExactly(k: number, n: number, p: number, rest = 1 - p): number {
  if (k < 0 || k > n) return 0;
  if (k === 0) return Math.exp(n * (p < rest ? Math.log1p(-p) : Math.log(rest)));
  if (k === n) return Math.exp(n * (p < rest ? Math.log(p) : Math.log1p(-rest)));
  const exponent =
    stirlingError(n) - stirlingError(k) - stirlingError(n - k) - deviance(k, n * p) - deviance(n - k, n * rest);
  return Math.exp(exponent) * Math.sqrt(n / (2 * Math.PI * k * (n - k)));
}

/** Regularised incomplete beta I_x(a, b) for whole a, b ≥ 1; `rest` = 1 − x comes in apart, so that neither loses digits. */
function incompleteBeta(a: number, b: number, x: number, rest: number): number {
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBetaSide(b, a, rest, x);
  return incompleteBetaSide(a, b, x, rest);
}

function incompleteBetaSide(a: number, b: number, x: number, rest: number): number {
  // x^a·(1−x)^b / (a·B(a, b)), written as a binomial probability.
  const front = binomialExactly(a, a + b - 1, x, rest) * rest;
  return front * betaFraction(a, b, x);
}

/** The continued fraction of the incomplete beta function, by Lentz's method (Numerical Recipes, 6.4). */
function betaFraction(a: number, b: number, x: number): number {
  const tiny = 1e-300;
  const away = (value: number) => (Math.abs(value) < tiny ? tiny : value);
  let c = 1;
  let d = 1 / away(1 - ((a + b) * x) / (a + 1));
  let fraction = d;
  // It needs some √max(a, b) rounds; the limit is never met for n ≤ 1e9.
  for (let m = 1; m <= 200_000; m++) {
    const even = (m * (b - m) * x) / ((a - 1 + 2 * m) * (a + 2 * m));
    d = 1 / away(1 + even * d);
    c = away(1 + even / c);
    fraction *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 1 + 2 * m));
    d = 1 / away(1 + odd * d);
    c = away(1 + odd / c);
    const step = d * c;
    fraction *= step;
    if (Math.abs(step - 1) < 1e-15) break;
  }
  return fraction;
}

function stirlingError(n: number): number {
  if (n < smallStirlingErrors.length) return smallStirlingErrors[n] as number;
  const square = n * n;
  return (1 / 12 - (1 / 360 - (1 / 1260 - (1 / 1680 - 1 / 1188 / square) / square) / square) / square) / n;
}

/** x·log(x/mean) + mean − x, accurate also where x is close to mean. */
function deviance(x: number, mean: number): number {
  if (Math.abs(x - mean) >= 0.1 * (x + mean)) return x * Math.log(x / mean) + mean - x;
  const v = (x - mean) / (x + mean);
  let sum = (x - mean) * v;
  let term = 2 * x * v;
  for (let j = 1; j < 1000; j++) {
    term *= v * v;
    const next = sum + term / (2 * j + 1);
    if (next === sum) break;
    sum = next;
  }
  return sum;
}
