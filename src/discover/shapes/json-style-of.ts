import { compactStyle, type JsonStyle, writeJson } from '../../records/shapes/json-style.ts';
import { findJsonText, parseWritten } from '../../records/shapes/json-text.ts';
import { type CountedText, sumOf } from '../shape-evidence.ts';

const candidates: readonly Partial<JsonStyle>[] = [
  { spacing: 'compact' },
  { spacing: 'spaced' },
  { spacing: 'padded' },
  ...['  ', '    ', '\t'].flatMap((indent): Partial<JsonStyle>[] => [
    { spacing: 'indented', indent },
    { spacing: 'indented', indent, hasInlineLists: true },
  ]),
];

/** Answers looked at. */
const mostTexts = 200;

/** The style that most of the texts are written in; compact where none fits. */
export function jsonStyleOf(texts: readonly CountedText[]): JsonStyle {
  const looked = texts.slice(0, mostTexts);
  const votes = new Map<string, { readonly style: JsonStyle; count: number }>();
  for (const { text, count } of looked) {
    const styles = stylesOf(text);
    // A text that several styles would write the same way says less.
    for (const style of styles) {
      const key = JSON.stringify({ ...style, isAscii: false });
      const known = votes.get(key) ?? { style, count: 0 };
      known.count += count / styles.length;
      votes.set(key, known);
    }
  }
  const [best] = [...votes.values()].sort((a, b) => b.count - a.count);
  const escaped = sumOf(looked.filter(({ text }) => isEscaped(text)));
  const plain = sumOf(looked.filter(({ text }) => /[\u0080-\uffff]/.test(text)));
  return { ...(best?.style ?? compactStyle), isAscii: escaped > plain };
}

/** Whether letters beyond ASCII are written as escapes. Control characters always are. */
function isEscaped(json: string): boolean {
  return /\\u(?!00[01])[0-9a-f]{4}/i.test(json);
}

function stylesOf(text: string): readonly JsonStyle[] {
  const found = findJsonText(text);
  const value = found === null ? null : parseWritten(found.json);
  if (found === null || value === null) return [];
  return candidates
    .map((candidate) => ({
      ...compactStyle,
      ...candidate,
      isAscii: isEscaped(found.json),
      before: found.before,
      after: found.after,
    }))
    .filter((style) => writeJson(value, style) === text);
}
