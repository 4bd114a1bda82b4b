import type { GivenAnswer } from '../records/answer.ts';
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
        message: messageOf(decision.answer, call.id),
        logprobs: null,
        finish_reason: decision.answer.kind === 'tool-calls' ? 'tool_calls' : 'stop',
      },
    ],
    usage: estimatedUsage(decision.usage, call, textOf(decision.answer)),
  };
}

function messageOf(answer: GivenAnswer, callId: string): JsonObject {
  if (answer.kind === 'text') return { role: 'assistant', content: answer.text, refusal: null };
  return {
    role: 'assistant',
    content: null,
    refusal: null,
    tool_calls: answer.calls.map((call, at) => ({
      id: `call_${callId.replace(/^call_/, '')}${at}`,
      type: 'function',
      function: { name: call.name, arguments: call.arguments },
    })),
  };
}

function textOf(answer: GivenAnswer): string {
  return answer.kind === 'text' ? answer.text : answer.calls.map((call) => call.name + call.arguments).join('');
}

function estimatedUsage(usage: Usage | null, call: IncomingCall, answer: string): JsonObject {
  const input = usage?.inputTokens ?? tokens(JSON.stringify(call.request.messages));
  const output = usage?.outputTokens ?? tokens(answer);
  return { prompt_tokens: input, completion_tokens: output, total_tokens: input + output };
}

function tokens(text: string): number {
  return Math.max(1, Math.ceil(text.length / charactersPerToken));
}
