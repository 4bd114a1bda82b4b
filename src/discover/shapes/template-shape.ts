import type { OutputShape } from '../../records/output-shape.ts';
import { readTemplate } from '../../records/shapes/template-codec.ts';
import type { AnswerTally } from '../answer-tally.ts';
import { type CountedText, type ShapeHints, sumOf, tolerated } from '../shape-evidence.ts';
import { fieldsOf } from './fields-of.ts';
import { structuredShape } from './structured-shape.ts';
import { templateOf } from './template-of.ts';
import { countOf, rowsOf } from './value-rows.ts';

/** Answers of constant text around values; null where no one text fits them. */
export function templateShape(
  answers: readonly CountedText[],
  tally: AnswerTally,
  hints: ShapeHints,
): OutputShape | null {
  const form = templateOf(answers.map(({ text }) => text));
  if (form === null) return null;
  const rows = rowsOf(tally, (answer) => (answer.kind === 'text' ? readTemplate(form, answer.text) : null));
  const total = sumOf(answers);
  if (total - countOf(rows) > 2 * tolerated(total)) return null;
  const { fields } = fieldsOf(rows, { constants: hints.constants, before: hints.before });
  return structuredShape({
    kind: 'templated-text',
    form,
    // A value that says nothing leaves its place empty.
    fields: fields.map((field) => (typeof field.nothing === 'object' ? field : { ...field, nothing: { text: '' } })),
    rows,
  });
}
