/** A stretch of a text in UTF-16 units, its end excluded. */
export interface Stretch {
  readonly start: number;
  readonly end: number;
}

/** Finds one kind of personal data or secret. */
export interface Recogniser {
  /** As settings, counts and placeholders call it: `credit-card` → `[CREDIT_CARD_1]`. */
  readonly name: string;
  /** All of its kind, in order. Takes time linear in the text, whatever the text. */
  find(text: string): readonly Stretch[];
}

export interface PatternOptions {
  readonly name: string;
  /** Global. Bounded repetitions only, so that no text makes it slow. A named group `value` is the part that goes. */
  readonly pattern: RegExp;
  /** A cheap reason to look no further; the whole search where it is absent. */
  readonly needs?: string | RegExp;
  /** Whether a match is the real thing: its check digits, its structure. */
  readonly accepts?: (found: string) => boolean;
  /** A word that must stand within 40 characters before, for numbers that look like many others. */
  readonly after?: RegExp;
}

const contextLength = 40;

/** A recogniser from a pattern and what a pattern cannot say. */
export function byPattern({ name, pattern, needs, accepts, after }: PatternOptions): Recogniser {
  return {
    name,
    find(text) {
      if (!mayHold(text, needs)) return [];
      const found: Stretch[] = [];
      for (const match of text.matchAll(pattern)) {
        const value = match.groups?.value ?? match[0];
        const start =
          match.index + match[0].length - (match.groups?.value === undefined ? match[0].length : value.length);
        if (after !== undefined && !after.test(text.slice(Math.max(0, start - contextLength), start))) continue;
        if (accepts === undefined || accepts(value)) found.push({ start, end: start + value.length });
      }
      return found;
    },
  };
}

function mayHold(text: string, needs: string | RegExp | undefined): boolean {
  if (needs === undefined) return true;
  return typeof needs === 'string' ? text.includes(needs) : needs.test(text);
}

/** Only the digits of a text. */
export function digitsOf(text: string): string {
  return text.replace(/\D/g, '');
}
