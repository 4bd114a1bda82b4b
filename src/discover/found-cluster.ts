import { foldLabel } from '../records/output-shape.ts';
import type { Template } from '../records/task.ts';
import { type AnswerTally, emptyTally, tallyAnswer } from './answer-tally.ts';
import { vocabularyOf } from './answer-vocabulary.ts';
import { isConversation } from './build-template.ts';
import { findShape } from './find-shape.ts';
import type { KeptCall } from './kept-call.ts';
import { compileTemplate } from './match-template.ts';
import { constantsOf } from './name-task.ts';
import { identityOf, type Lifespan } from './succession.ts';

/** Calls of a template found in a mining. */
export interface FoundCluster {
  readonly tenant: string;
  /** The name the application gave. */
  readonly task: string | null;
  readonly template: Template;
  readonly onlyModel: string | null;
  readonly isConversation: boolean;
  readonly formatJson: string | null;
  readonly toolsJson: string | null;
  readonly calls: readonly PlacedCall[];
  lifespan(): Lifespan;
}

export interface PlacedCall {
  readonly call: KeptCall;
  readonly slots: readonly string[];
}

/** The calls that a template matches, as a cluster. All are of one structure. */
export function gatherCluster(
  template: Template,
  calls: readonly KeptCall[],
  onlyModel: string | null = null,
): FoundCluster | null {
  const matcher = compileTemplate(template);
  const placed = calls.flatMap((call): PlacedCall[] => {
    const slots = onlyModel === null || onlyModel === call.prompt.model ? matcher.split(call.prompt.texts) : null;
    return slots === null ? [] : [{ call, slots }];
  });
  const [first] = placed;
  if (first === undefined) return null;
  const isChat = isConversation(template) && !areExampleTurns(template, placed);
  return {
    tenant: first.call.tenant,
    task: first.call.task,
    template,
    onlyModel,
    isConversation: isChat,
    formatJson: first.call.prompt.formatJson,
    toolsJson: first.call.prompt.toolsJson,
    calls: placed,
    lifespan: () => ({ ...lifespanOf(template, placed), constants: identityOf(template, isChat) }),
  };
}

export function tallyOf(calls: readonly PlacedCall[]): AnswerTally {
  const tally = emptyTally();
  for (const { call, slots } of calls) tallyAnswer(tally, call.answer, slots);
  return tally;
}

/** Example turns that are chosen anew for every call: what the model is made to have said are answers it also gives. */
function areExampleTurns(template: Template, calls: readonly PlacedCall[]): boolean {
  const answers = new Set(calls.map(({ call }) => (call.answer.kind === 'text' ? foldLabel(call.answer.text) : '')));
  if (answers.size > calls.length / 2) return false;
  const turns = calls.flatMap(({ call }) =>
    call.prompt.texts.filter((_, index) => template.messages[index]?.role === 'assistant').map(foldLabel),
  );
  return turns.filter((turn) => answers.has(turn)).length >= 0.8 * turns.length;
}

function lifespanOf(template: Template, calls: readonly PlacedCall[]): Omit<Lifespan, 'constants'> {
  const tally = tallyOf(calls);
  const constants = constantsOf(template).join('\n');
  const times = calls.map(({ call }) => call.at);
  return {
    times,
    stride: 1,
    lastTimes: times,
    vocabulary: vocabularyOf(tally, findShape(tally, { constants })),
  };
}
