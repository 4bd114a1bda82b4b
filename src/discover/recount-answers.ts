import { readAnswer } from '../records/answer.ts';
import type { Call } from '../records/call.ts';
import type { Template } from '../records/task.ts';
import { type AnswerTally, emptyTally, tallyAnswer } from './answer-tally.ts';
import { compileTemplate } from './match-template.ts';
import { readPrompt } from './read-prompt.ts';

/** Counts the answers of a task anew, from its calls. */
export async function recountAnswers(templates: readonly Template[], calls: AsyncIterable<Call>): Promise<AnswerTally> {
  const matchers = templates.map(compileTemplate);
  const tally = emptyTally();
  for await (const call of calls) {
    const { texts } = readPrompt(call);
    for (const matcher of matchers) {
      const slots = matcher.split(texts);
      if (slots === null) continue;
      tallyAnswer(tally, readAnswer(call.response, call.status), slots);
      break;
    }
  }
  return tally;
}
