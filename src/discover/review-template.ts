import { haveOtherAnswers } from './cluster-prompts.ts';
import type { FoundCluster } from './found-cluster.ts';
import { hasInstructionSlot } from './instruction-slot.ts';
import { answerKey, type KeptCall } from './kept-call.ts';
import type { KnownTemplate } from './known-template.ts';
import { compileTemplate } from './match-template.ts';
import { minePrompts } from './mine-prompts.ts';

export interface Review {
  /** Several prompts that the template takes for one; empty where it is as it should be. */
  readonly parts: readonly FoundCluster[];
  /** They explain all its calls, or each of its prompts will be found by itself: the template is no longer needed. */
  readonly isReplaced: boolean;
}

/** Samples from which on instructions are told from inputs. */
const fewestToJudge = 40;
/** Characters that a part must have in constants beyond the whole. */
const fewestMore = 4;

/** Looks again at what a template takes in: a first sample may have held too few calls of one of two prompts to see that they are two. */
export function reviewTemplate(known: KnownTemplate): Review {
  const parts = minePrompts(known.samples, { areEditsExpected: false }).filter(
    (part) => compileTemplate(part.template).constantLength >= known.constantLength + fewestMore,
  );
  const covered = parts.reduce((sum, part) => sum + part.calls.length, 0);
  if (parts.length > 1 && covered >= 0.9 * known.samples.length)
    return { parts: [...parts].sort((a, b) => b.calls.length - a.calls.length), isReplaced: true };
  const texts = known.samples.map((call) => call.prompt.texts);
  if (known.samples.length >= fewestToJudge && hasInstructionSlot(known.template, texts))
    return { parts: [], isReplaced: true };
  // A part alone may be a phrase that many inputs begin with, unless it is answered otherwise than the rest.
  const [part] = parts.filter((one) => isAnsweredOtherwise(one, known));
  return { parts: part === undefined ? [] : [part], isReplaced: false };
}

function isAnsweredOtherwise(part: FoundCluster, known: KnownTemplate): boolean {
  const inside = new Set(part.calls.map(({ call }) => call));
  const answersOf = (calls: readonly KeptCall[]): string[] => calls.flatMap((call) => answerKey(call.answer) ?? []);
  return haveOtherAnswers(answersOf([...inside]), answersOf(known.samples.filter((call) => !inside.has(call))));
}
