import { findPrice, type Rates } from '../economics/find-price.ts';
import type { Settings } from '../settings.ts';

/**
 * The most that a call to a model may cost a token, by the name that requests give it: that of the dearest deployment that
 * may answer, fallbacks included. Null where the price of one of them is not known.
 */
export function dearestPrice(models: Settings['models'], model: string): Rates | null {
  const names = withFallbacks(models, model);
  const rates = names.flatMap((name): readonly (Rates | null)[] => {
    const deployments = Object.hasOwn(models, name) ? (models[name]?.deployments ?? []) : [];
    return deployments.map((deployment) => deployment.price ?? findPrice(deployment.model));
  });
  return rates.length === 0 ? findPrice(model) : rates.reduce<Rates | null>(dearer, rates[0] ?? null);
}

function withFallbacks(models: Settings['models'], model: string): readonly string[] {
  const names = new Set([model]);
  // A set may grow while it is walked through.
  for (const name of names)
    for (const fallback of Object.hasOwn(models, name) ? (models[name]?.fallbacks ?? []) : []) names.add(fallback);
  return [...names];
}

/** Cached tokens count as fresh ones: nobody knows before which there will be. */
function dearer(a: Rates | null, b: Rates | null): Rates | null {
  if (a === null || b === null) return null;
  return { input: larger(a.input, b.input), output: larger(a.output, b.output), cachedInput: null };
}

function larger(a: number | null, b: number | null): number | null {
  return a === null || b === null ? null : Math.max(a, b);
}
