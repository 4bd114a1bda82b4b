import type { Template } from '../records/task.ts';
import { buildTemplate, countConstantWords, countEvidence, isConversation } from './build-template.ts';
import { clusterPrompts, fewestPrompts, type PromptRow } from './cluster-prompts.ts';
import { findShape } from './find-shape.ts';
import { type FoundCluster, gatherCluster, tallyOf } from './found-cluster.ts';
import { hasInstructionSlot } from './instruction-slot.ts';
import { answerKey, type KeptCall } from './kept-call.ts';
import { constantsOf } from './name-task.ts';
import { splitByValues } from './split-by-values.ts';

/** Calls a template must have before it is one. */
export const fewestCalls = 14;
/** Constant words and delimiters below which a template is no prompt but a turn of phrase; and words below which running text gets no group. */
const fewestEvidence = 4;
const fewestWordsOfGroup = 8;
/** Words and delimiters from which on a template is a prompt for sure. */
const evidenceOfPrompt = 8;
/** Calls without any constant must show more often that they belong together. */
const fewestBareCalls = 40;
/** Different prompts looked at in one mining, and their characters in all. */
const mostPrompts = 240;
const mostCharacters = 600_000;

export interface MiningOptions {
  /** Whether values of a slot that follow each other in time are one prompt edited; they are not where a slot is known to be one. */
  readonly areEditsExpected?: boolean;
}

/** Finds the templates among calls of one structure. No call is in two clusters; most calls of open chat are in none. */
export function minePrompts(calls: readonly KeptCall[], options: MiningOptions = {}): readonly FoundCluster[] {
  const found: FoundCluster[] = [];
  let left = calls;
  for (let round = 0; round < 4 && left.length >= fewestCalls; round++) {
    const clusters = mineOnce(left, options.areEditsExpected ?? true);
    if (clusters.length === 0) break;
    found.push(...clusters);
    const placed = new Set(clusters.flatMap((cluster) => cluster.calls.map(({ call }) => call)));
    left = left.filter((call) => !placed.has(call));
  }
  return found;
}

function mineOnce(calls: readonly KeptCall[], areEditsExpected: boolean): readonly FoundCluster[] {
  const [first] = calls;
  if (first === undefined) return [];
  let free = calls;
  const clusters: FoundCluster[] = [];
  for (const rows of clusterPrompts(sample(calls)).flatMap((cluster) =>
    splitByValues(first.prompt, cluster, areEditsExpected),
  )) {
    const template = buildTemplate(first.prompt, rows);
    if (template.slots === 0) continue;
    const cluster = saysEnough(template, first) ? gatherCluster(template, free) : gatherBare(template, free);
    if (cluster === null || cluster.calls.length < fewestCalls || !isWorthKeeping(cluster) || isMereForm(cluster))
      continue;
    const placed = new Set(cluster.calls.map(({ call }) => call));
    free = free.filter((call) => !placed.has(call));
    clusters.push(cluster);
  }
  return clusters;
}

/** Whether what is constant tells these calls from any others. */
function saysEnough(template: Template, call: KeptCall): boolean {
  return (
    call.task !== null ||
    call.prompt.toolsJson !== null ||
    (call.prompt.formatJson ?? '').includes('json_schema') ||
    countEvidence(template) >= fewestEvidence ||
    template.messages.some(({ parts }) => parts.length > 0 && parts.every((part) => part.kind === 'constant'))
  );
}

/**
 * Calls that are nothing but their input, as a model trained for one thing gets them: a task where all calls of that structure
 * to that model are answered from one closed set.
 */
function gatherBare(template: Template, calls: readonly KeptCall[]): FoundCluster | null {
  if (isConversation(template)) return null;
  for (const model of new Set(calls.map((call) => call.prompt.model))) {
    const sameModel = calls.filter((call) => call.prompt.model === model);
    if (sameModel.length < fewestBareCalls) continue;
    const cluster = gatherCluster(template, sameModel, model);
    if (cluster === null || cluster.calls.length < 0.9 * sameModel.length) continue;
    const shape = findShape(tallyOf(cluster.calls), { constants: '' });
    if (shape.kind === 'label' && shape.unseenShare <= 0.05) return cluster;
  }
  return null;
}

/** A few constant words may be the form ("Input: … Answer:") that many prompts share. Whether they are shows only in many calls. */
function isMereForm({ template, task, calls }: FoundCluster): boolean {
  if (task !== null || template.slots < 2) return false;
  if (calls.length < fewestBareCalls) return countEvidence(template) < evidenceOfPrompt;
  const texts = calls.map(({ call }) => call.prompt.texts);
  return hasInstructionSlot(template, texts);
}

/** Running text under a short turn of phrase is chat that begins alike. */
function isWorthKeeping(cluster: FoundCluster): boolean {
  if (cluster.task !== null || countConstantWords(cluster.template) >= fewestWordsOfGroup) return true;
  const constants = constantsOf(cluster.template).join('\n');
  return findShape(tallyOf(cluster.calls), { constants }).kind !== 'free-text';
}

/** Different prompts, evenly over time. Of long ones fewer are taken. */
function sample(calls: readonly KeptCall[]): readonly PromptRow[] {
  const distinct = new Map<string, PromptRow>();
  for (const call of [...calls].sort((a, b) => a.at - b.at)) {
    const key = call.prompt.texts.join('\u0000');
    if (!distinct.has(key))
      distinct.set(key, { texts: call.prompt.texts, at: call.at, answer: answerKey(call.answer) });
  }
  const rows = [...distinct.values()];
  const characters = rows.reduce((sum, row) => sum + row.texts.reduce((length, text) => length + text.length, 0), 1);
  const affordable = Math.floor((mostCharacters * rows.length) / characters);
  const wanted = Math.min(mostPrompts, Math.max(2 * fewestPrompts, affordable));
  const step = Math.max(1, rows.length / wanted);
  const picked: PromptRow[] = [];
  for (let i = 0; i < rows.length && picked.length < wanted; i += step) picked.push(rows[Math.floor(i)]!);
  return picked;
}
