import { deepEqual, equal, ok } from 'node:assert/strict';
import type { CheckContext } from './check.ts';
import { doneCount, readChunks, readEvents } from './read-events.ts';

/**
 * The stream of the upstream has come through: every event as it was where bodies are forwarded; of a gateway that writes
 * them anew, what they say: texts, reasoning, tool calls and finish reasons by choice, and the usage.
 */
export function expectSameStream(
  { isOurs }: Pick<CheckContext, 'isOurs'>,
  text: string,
  events: readonly unknown[],
): void {
  ok(!text.includes('\uFFFD'), 'a character was broken');
  if (isOurs) deepEqual(readChunks(text), events);
  else deepEqual(saying(readChunks(text)), saying(events));
  equal(doneCount(text), 1, `[DONE] came ${doneCount(text)} times`);
  equal(readEvents(text).at(-1)?.data, '[DONE]');
}

interface Call {
  id: string;
  name: string;
  arguments: string;
}

interface Saying {
  readonly choices: Record<number, { content: string; reasoning: string; calls: Call[]; finish: string | null }>;
  readonly usages: number[];
}

function saying(events: readonly unknown[]): Saying {
  const said: Saying = { choices: {}, usages: [] };
  // biome-ignore lint/suspicious/noExplicitAny: chunks of whatever gateway.
  for (const chunk of events as readonly any[]) {
    if (chunk.usage) said.usages.push(chunk.usage.total_tokens);
    for (const { index, delta = {}, finish_reason } of chunk.choices ?? []) {
      said.choices[index] ??= { content: '', reasoning: '', calls: [], finish: null };
      const choice = said.choices[index];
      choice.content += delta.content ?? '';
      choice.reasoning += (delta.reasoning_content ?? '') + (delta.reasoning ?? '');
      choice.finish = finish_reason ?? choice.finish;
      for (const part of delta.tool_calls ?? []) {
        choice.calls[part.index] ??= { id: '', name: '', arguments: '' };
        const call = choice.calls[part.index] as Call;
        call.id ||= part.id ?? '';
        call.name ||= part.function?.name ?? '';
        call.arguments += part.function?.arguments ?? '';
      }
    }
  }
  return said;
}
