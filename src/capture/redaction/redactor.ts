import { RightsizeError } from '../../errors.ts';
import { nearestWord, type Settings } from '../../settings.ts';
import { compilePattern } from './own-pattern.ts';
import type { Recogniser, Stretch } from './recogniser.ts';
import { builtInRecognisers } from './recognisers.ts';

/** A stretch of a text, and which recogniser found it. */
export interface Finding extends Stretch {
  readonly recogniser: string;
}

/** What is looked for in the texts of some tenants. */
export interface Redactor {
  /** Names of the recognisers in force; never empty. */
  readonly recognisers: readonly string[];
  /** In order, apart from each other. Throws what a recogniser throws. */
  find(text: string): readonly Finding[];
}

/** Texts whose findings are remembered: roles, field names and the constants of prompts come again with every call. */
const longestRemembered = 50_000;
const rememberedCharacters = 4_000_000;

export function createRedactor(recognisers: readonly Recogniser[]): Redactor {
  const remembered = new Map<string, readonly Finding[]>();
  let characters = 0;
  return {
    recognisers: [...new Set(recognisers.map(({ name }) => name))],
    find(text) {
      if (text.length > longestRemembered) return findAll(recognisers, text);
      const known = remembered.get(text);
      if (known !== undefined) return known;
      const findings = findAll(recognisers, text);
      characters += text.length + 50;
      if (characters > rememberedCharacters) {
        remembered.clear();
        characters = text.length;
      }
      remembered.set(text, findings);
      return findings;
    },
  };
}

function findAll(recognisers: readonly Recogniser[], text: string): readonly Finding[] {
  const found: Finding[] = [];
  for (const { name, find } of recognisers)
    for (const { start, end } of find(text)) found.push({ recogniser: name, start, end });
  return found.length < 2 ? found : apart(found);
}

/** What overlaps becomes one: it is named by what begins first, of these by the longest. */
function apart(found: readonly Finding[]): readonly Finding[] {
  const sorted = [...found].sort((a, b) => a.start - b.start || b.end - a.end);
  const joined: Finding[] = [];
  for (const finding of sorted) {
    const last = joined.at(-1);
    if (last === undefined || finding.start >= last.end) joined.push(finding);
    else if (finding.end > last.end) joined[joined.length - 1] = { ...last, end: finding.end };
  }
  return joined;
}

type Choice = Settings['redaction']['recognisers'];

/**
 * The redactor of a tenant, by the settings; null where nothing is to be redacted. Throws `invalid_setting` for a name
 * that no recogniser has, and for a pattern that is none or too slow.
 */
export function redactorsOf({
  recognisers,
  tenants,
  patterns,
}: Settings['redaction']): (tenant: string) => Redactor | null {
  const own = patterns.map((each, index) => compilePattern(each, `redaction.patterns.${index}`));
  const made = new Map<string, Redactor | null>();
  const redactorOf = (choice: Choice, setting: string): Redactor | null => {
    const key = JSON.stringify(choice);
    const known = made.get(key);
    if (known !== undefined) return known;
    const chosen = choose(choice, own, setting);
    const redactor = chosen.length === 0 ? null : createRedactor(chosen);
    made.set(key, redactor);
    return redactor;
  };
  const byDefault = redactorOf(recognisers, 'redaction.recognisers');
  const byTenant = new Map(
    Object.entries(tenants).map(([tenant, choice]) => [tenant, redactorOf(choice, `redaction.tenants.${tenant}`)]),
  );
  return (tenant) => (byTenant.has(tenant) ? (byTenant.get(tenant) ?? null) : byDefault);
}

/** Own patterns hold wherever anything is looked for, and can be named alone. */
function choose(choice: Choice, own: readonly Recogniser[], setting: string): readonly Recogniser[] {
  if (choice === 'none') return [];
  if (choice === 'standard') return [...own, ...builtInRecognisers];
  const all = [...own, ...builtInRecognisers];
  return choice.flatMap((name) => {
    const named = all.filter((recogniser) => recogniser.name === name);
    if (named.length > 0) return named;
    const names = all.map((recogniser) => recogniser.name);
    const nearest = nearestWord(name, names, 4);
    throw new RightsizeError(
      'invalid_setting',
      `\`${setting}\` names \`${name}\`, which is no recogniser. ${nearest === null ? `Known: ${names.join(', ')}.` : `Did you mean \`${nearest}\`?`}`,
    );
  });
}
