import type { Json } from '../../records/call.ts';
import type { OutputShape } from '../../records/output-shape.ts';
import type { LinesForm } from '../../records/shapes/answer-form.ts';
import { readLine } from '../../records/shapes/lines-codec.ts';
import type { AnswerTally } from '../answer-tally.ts';
import { type CountedText, increase, type ShapeHints, sumOf, tolerated } from '../shape-evidence.ts';
import { copyLookup } from './copy-counts.ts';
import { fieldsOf } from './fields-of.ts';
import { objectsByText } from './json-answers.ts';
import { structuredShape } from './structured-shape.ts';
import { rowsOf } from './value-rows.ts';

/** Answers in lines of `FIELD: value`; null where they are something else. */
export function linesShape(answers: readonly CountedText[], tally: AnswerTally, hints: ShapeHints): OutputShape | null {
  const total = sumOf(answers);
  const lines = answers.flatMap(({ text, count }) => {
    const names = namesIn(text);
    return names === null ? [] : [{ text, names, count }];
  });
  const fitting = sumOf(lines);
  const several = sumOf(lines.filter(({ names }) => names.length > 1));
  const names = new Map<string, number>();
  for (const line of lines) for (const name of line.names) increase(names, name, line.count);
  const empty = emptyAnswer(answers, total);
  const others = total - fitting - (empty?.count ?? 0);
  if (several < 0.25 * total || others > 2 * tolerated(total) || names.size > total / 2) return null;
  const spelling = spellings(names);
  const rows = rowsOf(tally, (answer) => (answer.kind === 'text' ? valueOfLines(answer.text, spelling, empty) : null));
  const lookup = copyLookup(tally.copies);
  const { fields } = fieldsOf(rows, {
    constants: hints.constants,
    before: hints.before,
    copies: (path) => lookup(path.map((name) => name.toLowerCase())),
  });
  const form = formOf(lines, empty?.text ?? null);
  return structuredShape({
    kind: 'lines',
    form: { ...form, keyOrder: objectsByText(rows, fields).length > 0 ? 'text' : 'fixed' },
    // A line that is there says something; a field without a word for nothing has no line.
    fields: fields.map((field) => (field.nothing === 'null' ? { ...field, nothing: 'left-out' } : field)),
    rows,
  });
}

/** The names of all the lines, folded; null where a line has none, or two have the same. */
function namesIn(text: string): readonly string[] | null {
  const lines = linesOf(text).map(readLine);
  const names = lines.flatMap((line) => (line === null ? [] : [line.name]));
  return names.length < lines.length || names.length === 0 ? null : names;
}

function linesOf(text: string): readonly string[] {
  return text.split(/\r?\n/).filter((line) => line.trim() !== '');
}

/** The one answer that is no line and comes often: nothing was found. */
function emptyAnswer(answers: readonly CountedText[], total: number): CountedText | null {
  const others = answers.filter(({ text }) => namesIn(text) === null && !text.trim().includes('\n'));
  const [most] = [...others].sort((a, b) => b.count - a.count);
  return most !== undefined && most.count > 1 && most.text.length <= 60 && most.count < 0.5 * total ? most : null;
}

/** By a name in lower case, as it is most often written. */
function spellings(names: ReadonlyMap<string, number>): ReadonlyMap<string, string> {
  const best = new Map<string, string>();
  for (const [name, count] of names) {
    const known = best.get(name.toLowerCase());
    if (known === undefined || count > (names.get(known) ?? 0)) best.set(name.toLowerCase(), name);
  }
  return best;
}

function valueOfLines(text: string, spelling: ReadonlyMap<string, string>, empty: CountedText | null): Json | null {
  if (text === empty?.text) return {};
  const read = linesOf(text).map(readLine);
  const entries = read.flatMap((line): [string, string][] => {
    const name = line === null ? undefined : spelling.get(line.name.toLowerCase());
    return line === null || name === undefined ? [] : [[name, line.value]];
  });
  return entries.length < read.length || entries.length === 0 ? null : Object.fromEntries(entries);
}

/** How the lines are written: what stands before the names and between them and the values, and between the lines. */
function formOf(answers: readonly CountedText[], empty: string | null): Omit<LinesForm, 'keyOrder'> {
  const marks = new Map<string, number>();
  const breaks = new Map<string, number>();
  const ends = new Map<string, number>();
  for (const { text, count } of answers) {
    for (const line of linesOf(text)) {
      const [, prefix, separator] =
        /^([^\p{L}\p{N}_]*)[\p{L}\p{N}].*?((?:\*\*|(?<!\s))\s*[:=](?:\*\*)?\s*)/u.exec(line) ?? [];
      if (separator !== undefined) increase(marks, JSON.stringify([prefix, separator]), count);
    }
    for (const gap of text.trim().match(/\r?\n\s*/g) ?? []) increase(breaks, gap, count);
    increase(ends, text.slice(text.trimEnd().length), count);
  }
  const [prefix = '', separator = ': '] = JSON.parse(mostOf(marks) ?? '["",": "]') as string[];
  return {
    kind: 'lines',
    prefix,
    separator,
    lineBreak: mostOf(breaks) ?? '\n',
    empty,
    before: '',
    after: mostOf(ends) ?? '',
  };
}

function mostOf(counts: ReadonlyMap<string, number>): string | null {
  return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0] ?? null;
}
