import { buildTemplate } from './build-template.ts';
import { fewestPrompts, haveOtherAnswers, type PromptRow } from './cluster-prompts.ts';
import { compileTemplate } from './match-template.ts';
import type { Prompt } from './read-prompt.ts';

/** A slot with more values is a slot. */
const mostValues = 4;

/**
 * Takes a cluster apart where one slot has few values that stand for different prompts: they are answered from different sets of
 * answers, or one followed the other in time, as an edited sentence does.
 */
export function splitByValues(
  prompt: Prompt,
  rows: readonly PromptRow[],
  areEditsExpected: boolean,
): readonly (readonly PromptRow[])[] {
  if (rows.length < 2 * fewestPrompts) return [rows];
  const template = buildTemplate(prompt, rows);
  const matcher = compileTemplate(template);
  const split = rows.map((row) => matcher.split(row.texts));
  for (let slot = 0; slot < template.slots; slot++) {
    const groups = new Map<string, PromptRow[]>();
    rows.forEach((row, index) => {
      const value = split[index]?.[slot] ?? '';
      const group = groups.get(value);
      if (group === undefined) groups.set(value, [row]);
      else group.push(row);
    });
    if (areDifferentPrompts(groups, areEditsExpected))
      return [...groups.values()].flatMap((group) => splitByValues(prompt, group, areEditsExpected));
  }
  return [rows];
}

function areDifferentPrompts(groups: ReadonlyMap<string, readonly PromptRow[]>, areEditsExpected: boolean): boolean {
  if (groups.size < 2 || groups.size > mostValues) return false;
  const members = [...groups.values()];
  if (members.some((rows) => rows.length < fewestPrompts)) return false;
  const withoutNumbers = new Set([...groups.keys()].map((value) => value.replace(/\d+/g, '0')));
  if (withoutNumbers.size < groups.size) return false;
  return (
    (areEditsExpected && followEachOther(members)) ||
    members.every((rows, i) => members.slice(i + 1).every((others) => areAnsweredOtherwise(rows, others)))
  );
}

function followEachOther(members: readonly (readonly PromptRow[])[]): boolean {
  const spans = members.map((rows) => rows.map((row) => row.at).sort((a, b) => a - b)).sort((a, b) => a[0]! - b[0]!);
  return spans.every((times, i) => {
    const next = spans[i + 1];
    return (
      next === undefined || times[Math.floor(0.97 * (times.length - 1))]! < next[Math.ceil(0.03 * (next.length - 1))]!
    );
  });
}

function areAnsweredOtherwise(some: readonly PromptRow[], others: readonly PromptRow[]): boolean {
  const answers = (rows: readonly PromptRow[]): string[] =>
    rows.flatMap((row) => (row.answer === null ? [] : [row.answer]));
  return haveOtherAnswers(answers(some), answers(others));
}
