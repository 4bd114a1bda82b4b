import type { Distillability } from '../curate/distillability.ts';
import { inBand } from './table.ts';

const reasonsShown = 3;

/** What a student could do, from the log alone, with the weightiest reasons; in a sentence. */
export function describeDistillability({ agreement, answerable, reasons }: Distillability): string {
  const why = reasons
    .slice(0, reasonsShown)
    .map(({ words }) => words)
    .join('; ');
  return `Expected from the log alone: ${inBand(agreement)} agreement, ${inBand(answerable)} of the calls answerable: ${why}.`;
}
