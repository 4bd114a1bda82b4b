import { createServer } from 'node:http';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { afterEach, describe, expect, it } from 'vitest';
import { message, sendMessage, text } from '../../../test/scripted-anthropic.ts';
import { scriptedEngine } from '../../../test/scripted-engine.ts';
import {
  completion,
  listen,
  type ScriptedUpstream,
  sendJson,
  shut,
  startUpstream,
} from '../../../test/scripted-upstream.ts';
import { completionEvents } from '../../providers/completion-chunks.ts';
import { openUpstreams } from '../../providers/fleet/open-upstreams.ts';
import { completeSettings } from '../../settings.ts';
import { createGateway, type RequestEnd } from '../gateway.ts';

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

type Script = Parameters<typeof startUpstream>[0];

/** One model, first at Anthropic, then at a server that speaks OpenAI's API. */
async function start(first: Script, second: Script) {
  const [claude, local] = await Promise.all([startUpstream(first), startUpstream(second)]);
  const settings = completeSettings({
    upstreams: {
      claude: { kind: 'anthropic', baseUrl: claude.baseUrl },
      local: { kind: 'vllm', baseUrl: local.baseUrl },
    },
    models: {
      fast: {
        deployments: [
          { upstream: 'claude', model: 'claude-haiku-4-5' },
          { upstream: 'local', model: 'qwen', priority: 2 },
        ],
        retries: 0,
      },
    },
  });
  const provider = openUpstreams(settings);
  const ends: RequestEnd[] = [];
  const gateway = createGateway({ engine: scriptedEngine(), provider, settings, onEnd: (end) => ends.push(end) });
  const server = createServer(gateway.handle);
  const origin = await listen(server);
  closers.push(
    () => claude.close(),
    () => local.close(),
    async () => provider?.close(),
    () => shut(server),
  );
  return {
    claude,
    local,
    ends,
    origin,
    openai: new OpenAI({ baseURL: `${origin}/v1`, apiKey: 'k', maxRetries: 0 }),
    anthropic: new Anthropic({ baseURL: `${origin}/anthropic`, apiKey: 'k', maxRetries: 0 }),
  };
}

const question = { model: 'fast', messages: [{ role: 'user' as const, content: 'x' }] };
const overloaded: Script = (response) =>
  sendJson(response, 529, { type: 'error', error: { type: 'overloaded_error', message: 'busy' } });
const fromClaude: Script = (response, { body }) => sendMessage(response, body, message([text('claude')]));
const fromLocal: Script = (response, { body }) => {
  if ((JSON.parse(body) as { stream?: boolean }).stream !== true) return sendJson(response, 200, completion('local'));
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.end(completionEvents(completion('local'), true).join(''));
};

function modelOf({ received }: ScriptedUpstream): unknown {
  return (JSON.parse(received[0]?.body ?? '{}') as { model?: unknown }).model;
}

describe('one model at upstreams of both APIs', () => {
  it('answers both kinds of clients from the first', async () => {
    const { openai, anthropic, claude, local } = await start(fromClaude, fromLocal);
    const chat = await openai.chat.completions.create(question);
    const whole = await anthropic.messages.create({ ...question, max_tokens: 5 });
    expect([chat.choices[0]?.message.content, whole.content]).toMatchObject(['claude', [{ text: 'claude' }]]);
    expect(modelOf(claude)).toBe('claude-haiku-4-5');
    expect(local.received).toHaveLength(0);
  });

  it('answers both from the second where the first is overloaded, whole and streamed', async () => {
    const { openai, anthropic, local, ends } = await start(overloaded, fromLocal);
    const chat = await openai.chat.completions.create(question);
    const stream = await openai.chat.completions.stream(question).finalChatCompletion();
    const whole = await anthropic.messages.create({ ...question, max_tokens: 5 });
    const events = await anthropic.messages.stream({ ...question, max_tokens: 5 }).finalMessage();
    for (const { choices } of [chat, stream]) expect(choices[0]?.message.content).toBe('local');
    for (const { content } of [whole, events]) expect(content).toMatchObject([{ text: 'local' }]);
    expect(modelOf(local)).toBe('qwen');
    expect(ends.map(({ deployment, attempts, usage }) => [deployment, attempts, usage?.inputTokens])).toEqual(
      Array(4).fill(['local/qwen', 2, 12]),
    );
  });

  it('goes where an endpoint is, and tells what no deployment can say without resting it', async () => {
    const { openai, anthropic, claude } = await start(fromClaude, (response) =>
      sendJson(response, 200, {
        object: 'list',
        data: [],
        model: 'qwen',
        usage: { prompt_tokens: 1, total_tokens: 1 },
      }),
    );
    expect(await openai.embeddings.create({ model: 'fast', input: 'x', encoding_format: 'float' })).toMatchObject({
      model: 'qwen',
    });
    for (let time = 0; time < 6; time++)
      await expect(openai.chat.completions.create({ ...question, seed: 7 })).rejects.toMatchObject({
        status: 400,
        param: 'seed',
      });
    await anthropic.messages.create({ ...question, max_tokens: 5 });
    expect(claude.received).toHaveLength(1);
  });
});
