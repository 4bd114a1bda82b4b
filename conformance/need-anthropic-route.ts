import { messageRequest } from './anthropic-bodies.ts';
import { completion } from './bodies.ts';
import { type CheckContext, NotTestable } from './check.ts';
import { ask } from './client.ts';

/** Throws `NotTestable` where another gateway cannot reach an upstream of OpenAI's kind by Anthropic's route. */
export async function needAnthropicRoute(context: CheckContext): Promise<void> {
  if (context.isOurs) return;
  context.upstream.script = (reply) => reply.json(200, completion('ok'));
  const { status, text } = await ask(context, { path: '/v1/messages', body: messageRequest(context.model) });
  const isChat = context.upstream.requests.every(({ path }) => path.endsWith('/chat/completions'));
  context.upstream.reset();
  if (!isChat) throw new NotTestable('it asks its upstream for something else than a chat completion');
  if (status !== 200)
    throw new NotTestable(`its Anthropic route does not reach this upstream: ${status} ${text.slice(0, 80)}`);
}
