/**
 * Exponential and logarithm that are the same to the last bit in every engine. `Math.exp` and `Math.log` are not: Node 20
 * and Chromium already differ in one score of ten. Nothing here but operations that IEEE 754 rounds exactly.
 */

/** ln 2 in two parts; the last 21 bits of the first are 0, so that its products with an exponent are exact. */
const ln2High = 0.69314718036912382;
const ln2Low = 1.9082149292705877e-10;

/** 2^k at index k + 1074, for k from −1074 to 1023. */
const powersOfTwo = new Float64Array(2098);
for (let k = 0, power = 1; k <= 1023; k++, power *= 2) powersOfTwo[k + 1074] = power;
for (let k = -1, power = 0.5; k >= -1074; k--, power /= 2) powersOfTwo[k + 1074] = power;

/** Parts of an octave: the smaller the rest, the shorter its series. */
const steps = 32;
/** 2^(j/32) = e^(j ln 2 / 32), for j from 0 to 31. */
const octave = Float64Array.from({ length: steps }, (_, j) => longSeries((j * (ln2High + ln2Low)) / steps));

/** e^x, within 2 units of the last place; 0 below −745.2, Infinity above 709.78. */
export function portableExp(x: number): number {
  if (!(x > -745.2)) return Number.isNaN(x) ? x : 0;
  if (x > 709.782712893384) return Number.POSITIVE_INFINITY;
  const place = Math.round(x * (steps * Math.LOG2E));
  const r = x - place * (ln2High / steps) - place * (ln2Low / steps);
  const square = r * r;
  // e^r − 1 to the sixth power, in three short chains.
  const series = r + square * (0.5 + r * (1 / 6)) + square * square * (1 / 24 + r * (1 / 120) + square * (1 / 720));
  const part = octave[place & (steps - 1)] as number;
  const value = part + part * series;
  const exponent = place >> 5;
  if (exponent > 1023) return value * (powersOfTwo[1023 + 1074] as number) * 2;
  return exponent < -1074 ? (value / 2) * (powersOfTwo[0] as number) : value * (powersOfTwo[exponent + 1074] as number);
}

/** e^x for x from 0 to ln 2, by its whole series. */
function longSeries(x: number): number {
  let sum = 1;
  for (let n = 20; n >= 1; n--) sum = 1 + (sum * x) / n;
  return sum;
}

const float = new Float64Array(1);
const words = new Uint32Array(float.buffer);
float[0] = 1;
/** Where the word with the exponent stands: the machine's byte order decides. */
const highWord = words[0] === 0 ? 1 : 0;
const leastNormal = 2.2250738585072014e-308;

/** ln x, within 2 units of the last place; −Infinity for 0, NaN below. */
export function portableLog(x: number): number {
  if (!(x > 0)) return x === 0 ? Number.NEGATIVE_INFINITY : Number.NaN;
  if (x === Number.POSITIVE_INFINITY) return x;
  const normal = x < leastNormal ? x * (powersOfTwo[54 + 1074] as number) : x;
  float[0] = normal;
  let exponent = ((words[highWord] as number) >>> 20) - 1023;
  let mantissa = normal * (powersOfTwo[1074 - exponent] as number);
  if (x < leastNormal) exponent -= 54;
  if (mantissa > Math.SQRT2) {
    mantissa /= 2;
    exponent++;
  }
  // ln m = 2 artanh f, f = (m − 1) / (m + 1), |f| ≤ 0.172; the odd and the even terms of its series in a chain each.
  const f = (mantissa - 1) / (mantissa + 1);
  const s = f * f;
  const t = s * s;
  const odd = s * (1 / 3 + t * (1 / 7 + t * (1 / 11 + t * (1 / 15 + t * (1 / 19 + t * (1 / 23))))));
  const even = t * (1 / 5 + t * (1 / 9 + t * (1 / 13 + t * (1 / 17 + t * (1 / 21)))));
  return exponent * ln2High + (2 * f + (2 * f * (odd + even) + exponent * ln2Low));
}
