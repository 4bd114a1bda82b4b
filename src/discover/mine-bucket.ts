import type { Answer } from '../records/answer.ts';
import { foldLabel } from '../records/output-shape.ts';
import type { Template } from '../records/task.ts';
import { emptyTally, tallyAnswer } from './answer-tally.ts';
import { buildTemplate, countConstantWords, isConversation } from './build-template.ts';
import { clusterPrompts, fewestPrompts, type PromptRow } from './cluster-prompts.ts';
import { findShape, vocabularyOf } from './find-shape.ts';
import { compileTemplate } from './match-template.ts';
import { constantsOf } from './name-task.ts';
import type { KeptCall, PromptBucket } from './prompt-bucket.ts';
import type { Lifespan } from './succession.ts';

/** Calls of a template found in a mining. */
export interface FoundCluster {
  readonly tenant: string;
  readonly task: string | null;
  readonly template: Template;
  readonly onlyModel: string | null;
  readonly isConversation: boolean;
  readonly formatJson: string | null;
  readonly toolsJson: string | null;
  readonly calls: readonly (KeptCall & { readonly slots: readonly string[] })[];
  lifespan(): Lifespan;
}

/** Calls a template must have before it is one. */
const fewestCalls = 14;
/** Constant words below which a template is no prompt but a turn of phrase. */
const fewestConstantWords = 4;
/** Different prompts looked at in one mining, and their characters in all. */
const mostPrompts = 240;
const mostCharacters = 1_500_000;

/** Finds the templates among the calls a bucket keeps, and takes those calls out of it. */
export function mineBucket(bucket: PromptBucket): readonly FoundCluster[] {
  const result: FoundCluster[] = [];
  for (let round = 0; round < 4; round++) {
    const clusters = mineOnce(bucket.kept);
    const placed = new Set(clusters.flatMap((cluster) => cluster.calls.map((call) => call.id)));
    if (clusters.length === 0) break;
    bucket.release((call) => placed.has(call.id));
    result.push(...clusters);
    if (bucket.kept.length < fewestCalls) break;
  }
  return result;
}

function mineOnce(kept: readonly KeptCall[]): readonly FoundCluster[] {
  const first = kept[0];
  if (first === undefined || kept.length < fewestCalls) return [];
  const free = new Set(kept);
  const clusters: FoundCluster[] = [];
  for (const rows of clusterPrompts(sample(kept))) {
    const template = buildTemplate(
      first.prompt,
      rows.map((row) => row.texts),
    );
    if (!saysEnough(template, first)) continue;
    const matcher = compileTemplate(template);
    const calls = [...free].flatMap((call) => {
      const slots = matcher.split(call.prompt.texts);
      return slots === null ? [] : [{ ...call, slots, origin: call }];
    });
    if (calls.length < fewestCalls) continue;
    for (const { origin } of calls) free.delete(origin);
    clusters.push(foundCluster(first, template, calls));
  }
  return clusters;
}

function foundCluster(first: KeptCall, template: Template, calls: FoundCluster['calls']): FoundCluster {
  return {
    tenant: first.tenant,
    task: first.task,
    template,
    onlyModel: null,
    isConversation: isConversation(template),
    formatJson: first.prompt.formatJson,
    toolsJson: first.prompt.toolsJson,
    calls,
    lifespan: () => lifespanOf(template, calls),
  };
}

function lifespanOf(template: Template, calls: FoundCluster['calls']): Lifespan {
  const tally = emptyTally();
  for (const call of calls) tallyAnswer(tally, call.answer, call.slots);
  const constants = constantsOf(template).join('\n');
  return {
    constants,
    times: calls.map((call) => call.at),
    vocabulary: vocabularyOf(tally, findShape(tally, { constants })),
  };
}

/** Whether what is constant tells these calls from any others. */
function saysEnough(template: Template, call: KeptCall): boolean {
  if (template.slots === 0) return false;
  return (
    call.task !== null ||
    call.prompt.toolsJson !== null ||
    (call.prompt.formatJson ?? '').includes('json_schema') ||
    countConstantWords(template) >= fewestConstantWords
  );
}

/** Different prompts, evenly over time. Long ones are taken fewer of. */
function sample(kept: readonly KeptCall[]): readonly PromptRow[] {
  const distinct = new Map<string, PromptRow>();
  for (const call of kept) {
    const key = call.prompt.texts.join('\u0000');
    if (!distinct.has(key))
      distinct.set(key, { texts: call.prompt.texts, at: call.at, answer: answerKey(call.answer) });
  }
  const rows = [...distinct.values()];
  const characters = rows.reduce((sum, row) => sum + row.texts.reduce((length, text) => length + text.length, 0), 0);
  const wanted = Math.min(
    mostPrompts,
    Math.max(2 * fewestPrompts, Math.floor((mostCharacters * rows.length) / characters)),
  );
  const step = Math.max(1, rows.length / wanted);
  const picked: PromptRow[] = [];
  for (let i = 0; i < rows.length && picked.length < wanted; i += step) picked.push(rows[Math.floor(i)]!);
  return picked;
}

function answerKey(answer: Answer): string | null {
  if (answer.kind === 'none') return null;
  return answer.kind === 'text'
    ? foldLabel(answer.text.slice(0, 200))
    : answer.calls.map((call) => call.name).join(' ');
}
