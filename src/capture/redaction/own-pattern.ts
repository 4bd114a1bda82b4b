import { RightsizeError } from '../../errors.ts';
import type { Recogniser, Stretch } from './recogniser.ts';
import { slowestProbe } from './slowest-probe.ts';

/** Longest that a pattern may take on any probe of up to 100,000 characters. One of linear time takes a tenth of it. */
const slowestMs = 200;

/**
 * A recogniser of a user's own pattern (JavaScript's, with the flag `u`). Throws `invalid_setting` where it is no pattern,
 * matches the empty text, or takes too long on texts made to be slow for it.
 */
export function compilePattern(
  { name, pattern }: { readonly name: string; readonly pattern: string },
  setting: string,
): Recogniser {
  const key = JSON.stringify([name, pattern]);
  const known = tried.get(key);
  if (known !== undefined) return known;
  const recogniser = tryPattern(name, pattern, setting);
  tried.set(key, recogniser);
  return recogniser;
}

/** Trying takes its time, and settings are read again while requests come: what was tried once is not tried again. */
const tried = new Map<string, Recogniser>();

function tryPattern(name: string, pattern: string, setting: string): Recogniser {
  const compiled = compile(name, pattern, setting);
  const slowest = slowestProbe(compiled, slowestMs);
  if (slowest !== null) {
    throw new RightsizeError(
      'invalid_setting',
      `\`${setting}\` (${name}): \`${pattern}\` takes ${slowest.ms.toFixed(0)} ms on ${slowest.length} characters like \`${slowest.beginning}…\`.`,
      { remedy: 'Bound its repetitions ({1,64} in place of +), and let no two of them match the same characters.' },
    );
  }
  return {
    name,
    find(text) {
      const found: Stretch[] = [];
      for (const { index, 0: match } of text.matchAll(compiled))
        if (match !== '') found.push({ start: index, end: index + match.length });
      return found;
    },
  };
}

function compile(name: string, pattern: string, setting: string): RegExp {
  let compiled: RegExp;
  try {
    compiled = new RegExp(pattern, 'gu');
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new RightsizeError('invalid_setting', `\`${setting}\` (${name}) is no regular expression: ${why}.`, {
      cause,
    });
  }
  if (new RegExp(`^(?:${pattern})$`, 'u').test('')) {
    throw new RightsizeError('invalid_setting', `\`${setting}\` (${name}): \`${pattern}\` matches the empty text.`, {
      remedy: 'Make at least one character of it certain.',
    });
  }
  return compiled;
}
