import { chunks, completion } from '../../conformance/bodies.ts';
import type { UpstreamScript } from '../../conformance/scripted-upstream.ts';

/** What becomes of one call, written into its prompt so that the upstream knows it too. */
export type Fate =
  | 'answer'
  | 'stream'
  | 'error'
  | 'limit'
  | 'flaky'
  | 'silent'
  | 'reset'
  | 'cut-stream'
  | 'half'
  | 'page'
  | 'abort'
  | 'abort-stream'
  | 'malformed';

/** Shares of the calls: most go well. */
const shares: readonly (readonly [Fate, number])[] = [
  ['answer', 0.5],
  ['stream', 0.3],
  ['error', 0.03],
  ['limit', 0.02],
  ['flaky', 0.02],
  ['silent', 0.01],
  ['reset', 0.02],
  ['cut-stream', 0.02],
  ['half', 0.01],
  ['page', 0.01],
  ['abort', 0.02],
  ['abort-stream', 0.03],
  ['malformed', 0.01],
];

/** `draw` is from 0 to 1. */
export function fateOf(draw: number): Fate {
  let left = draw;
  for (const [fate, share] of shares) {
    left -= share;
    if (left < 0) return fate;
  }
  return 'answer';
}

const error = { error: { message: 'The soak says so.', type: 'server_error', param: null, code: 'soak' } };
const events = chunks('The', ' answer', ' of', ' the', ' soak.');
const failedOnce = new Set<string>();

/** An upstream that does what the prompt says. */
export const answerWithFaults: UpstreamScript = async (reply, { text }) => {
  const prompt = /"content":"([^"]+)"/.exec(text)?.[1] ?? 'answer';
  switch (prompt.split(' ')[0] as Fate) {
    case 'stream':
    case 'abort-stream':
      reply.stream();
      for (const event of events) {
        reply.event(event);
        await pause(2);
      }
      return reply.event('[DONE]').end();
    case 'error':
      return reply.json(500, error);
    case 'limit':
      return reply.json(429, error, { 'retry-after-ms': '30' });
    case 'flaky':
      if (failedOnce.delete(prompt)) return reply.json(200, completion('again'));
      failedOnce.add(prompt);
      return reply.json(503, error);
    case 'silent':
      return;
    case 'reset':
      return reply.reset();
    case 'cut-stream':
      reply.stream();
      for (const event of events.slice(0, 2)) reply.event(event);
      await pause(5);
      return reply.reset();
    case 'half':
      reply.head(200, { 'content-type': 'application/json', 'content-length': '900' }).write('{"id":');
      return reply.close();
    case 'page':
      return reply.body(502, '<html>Bad gateway</html>', { 'content-type': 'text/html' });
    case 'abort':
      await pause(300);
      return reply.json(200, completion('late'));
    default:
      return reply.json(200, completion('The answer of the soak.'));
  }
};

/** Whether an answer is one: a whole completion, or a stream up to its end. */
export function isSuccess(status: number, text: string, isStream: boolean): boolean {
  return status === 200 && (isStream ? text.trimEnd().endsWith('[DONE]') : text.includes('"choices"'));
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
