import { isLearnable, type LabelShape, type StructuredShape, spellingOf } from '../records/output-shape.ts';
import type { FieldValue, ShapeField } from '../records/shapes/shape-field.ts';
import type { Task } from '../records/task.ts';
import type { CommandContext } from './run-command.ts';
import { drawTable, excerpt, percent } from './table.ts';

const kindsInWords: Readonly<Record<StructuredShape['kind'], string>> = {
  labels: 'several labels',
  number: 'a number',
  object: 'a JSON object',
  lines: 'named lines',
  spans: 'a list of texts copied from the input',
  span: 'a text copied from the input',
  'tool-call': 'a tool call',
  'templated-text': 'a text with gaps',
};

/** What the answers look like, in a few words. */
export function describeShape({ shape, kind }: Pick<Task, 'shape' | 'kind'>): string {
  if (!isLearnable(shape)) return kind === 'group' ? `${shape.kind}: not a task` : `${shape.kind}: not learnable`;
  if (shape.kind === 'label') {
    const where = { plain: 'plain text', sentence: 'a sentence', json: 'a JSON field' }[shape.form.kind];
    return `${shape.labels.length} labels, ${where}`;
  }
  const fields = shape.fields.length;
  return fields > 1 ? `${kindsInWords[shape.kind]}, ${fields} fields` : kindsInWords[shape.kind];
}

/** Prints what stands in the answers of a task, or why nobody can learn them. */
export function sayShape({ shape }: Pick<Task, 'shape'>, context: Pick<CommandContext, 'say'>): void {
  if (!isLearnable(shape)) context.say(`  ${shape.why}`);
  else if (shape.kind === 'label') sayLabels(shape, context);
  else sayFields(shape, context);
}

function sayLabels(shape: LabelShape, { say }: Pick<CommandContext, 'say'>): void {
  const shown = [...shape.labels].sort((a, b) => b.count - a.count).slice(0, 12);
  for (const line of drawTable(
    shown.map(({ label, count }) => [`  ${label}`, `${count}`, excerpt(spellingOf(shape, label) ?? '', 60)]),
  ))
    say(line);
  if (shape.labels.length > shown.length) say(`  … and ${shape.labels.length - shown.length} more`);
  say(`  about ${percent(shape.unseenShare)} of the calls to come may have a label not seen yet`);
}

function sayFields({ fields, notes, tolerance }: StructuredShape, { say }: Pick<CommandContext, 'say'>): void {
  const rows = fields.map((field) => [`  ${nameOf(field)}`, valueInWords(field.value), presenceInWords(field)]);
  for (const line of drawTable(rows)) say(line);
  if (tolerance !== undefined) say(`  numbers count as the same when they are at most ${tolerance} apart`);
  for (const note of notes) say(`  note: ${note}`);
}

function nameOf({ path }: ShapeField): string {
  return path.length === 0 ? 'the answer' : path.join('.');
}

function presenceInWords({ presence }: ShapeField): string {
  return presence >= 1 ? 'always' : `in ${percent(presence)} of the answers`;
}

/** What a field holds, in a few words. */
export function valueInWords(value: FieldValue): string {
  switch (value.kind) {
    case 'constant':
      return value.value === null ? 'always empty' : `always ${excerpt(JSON.stringify(value.value), 30)}`;
    case 'label':
      return `one of ${value.labels.length}: ${firstOf(value.labels)}`;
    case 'labels':
      return `some of ${value.labels.length}: ${firstOf(value.labels)}`;
    case 'number':
      return 'a number';
    case 'span':
      return value.through === undefined ? 'copied from the input' : `taken from the input: ${value.through}`;
    case 'spans':
      return 'a list copied from the input';
    case 'typed-spans':
      return `a list copied from the input, of ${value.types.length} types: ${firstOf(value.types)}`;
    case 'free':
      return {
        text: 'free text',
        list: 'a list of anything',
        object: 'an object of any keys',
        mixed: 'of no one kind',
      }[value.what];
  }
}

function firstOf(labels: readonly { readonly written: unknown }[]): string {
  const names = labels
    .slice(0, 4)
    .map(({ written }) => (typeof written === 'string' ? written : JSON.stringify(written)));
  return excerpt(names.join(', '), 60) + (labels.length > names.length ? ', …' : '');
}
