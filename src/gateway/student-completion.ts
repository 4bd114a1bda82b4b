import type { JsonObject, Usage } from '../records/call.ts';
import type { Decision, IncomingCall } from './engine.ts';

/** Used only where nothing was ever recorded of a template: English prose has about four characters a token. */
const charactersPerToken = 4;

/** A student's answer as the upstream would have written it. `id` is `chatcmpl-…` as OpenAI's are. */
export function studentCompletion(decision: Decision, call: IncomingCall): JsonObject {
  if (decision.answer === null) throw new TypeError('this decision has no answer');
  return {
    id: `chatcmpl-${call.id.replace(/^call_/, '')}`,
    object: 'chat.completion',
    created: Math.floor(call.at / 1000),
    model: decision.responseModel ?? call.request.model,
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: decision.answer, refusal: null },
        logprobs: null,
        finish_reason: 'stop',
      },
    ],
    usage: estimatedUsage(decision.usage, call, decision.answer),
  };
}

function estimatedUsage(usage: Usage | null, call: IncomingCall, answer: string): JsonObject {
  const input = usage?.inputTokens ?? tokens(JSON.stringify(call.request.messages));
  const output = usage?.outputTokens ?? tokens(answer);
  return { prompt_tokens: input, completion_tokens: output, total_tokens: input + output };
}

function tokens(text: string): number {
  return Math.max(1, Math.ceil(text.length / charactersPerToken));
}
