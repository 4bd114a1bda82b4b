import { foldLabel, type OutputShape } from '../records/output-shape.ts';
import { parseJsonAnswer } from '../records/shapes/json-text.ts';
import type { AnswerTally } from './answer-tally.ts';

/** What answers are made of: labels, names of JSON fields, lines or tools. Empty for running text. Answers that share it are of one kind. */
export function vocabularyOf(tally: AnswerTally, shape: OutputShape): ReadonlySet<string> {
  const words = new Set<string>();
  for (const name of tally.toolNames.keys()) words.add(`tool:${name}`);
  if (shape.kind === 'label') {
    for (const label of shape.labels) words.add(`label:${label.label}`);
    return words;
  }
  for (const text of tally.texts.keys()) {
    const value = parseJsonAnswer(text);
    if (Array.isArray(value)) words.add('[]');
    else if (value !== null) for (const key of Object.keys(value)) words.add(`field:${key}`);
    else if (shape.kind === 'lines')
      for (const line of text.split('\n')) words.add(`line:${line.split(/[:=]/)[0]?.trim() ?? ''}`);
    else if (shape.kind === 'too-few-answers' || shape.kind === 'constant') words.add(`label:${foldLabel(text)}`);
  }
  return words;
}
