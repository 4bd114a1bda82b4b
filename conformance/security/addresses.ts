import { equal, ok } from 'node:assert/strict';
import { createServer, type Server } from 'node:net';
import { chat, completion } from '../bodies.ts';
import type { Check, CheckContext } from '../check.ts';
import { ask, pause } from '../client.ts';
import { openRaw } from '../raw-client.ts';
import { type ScriptedUpstream, startScriptedUpstream } from '../scripted-upstream.ts';
import { upstreamKey } from '../start-ours.ts';

/** Headers by which some gateway lets, or once let, its callers choose where a call goes. */
const addressHeaders: readonly string[] = [
  'x-portkey-custom-host',
  'x-portkey-config',
  'x-portkey-provider',
  'x-custom-host',
  'x-base-url',
  'x-api-base',
  'x-upstream',
  'x-upstream-url',
  'x-target-url',
  'x-forwarded-host',
  'x-original-url',
  'x-rewrite-url',
  'x-host',
  'forwarded',
  'host',
  'helicone-target-url',
  'helicone-openai-api-base',
  'x-rightsize-upstream',
  'x-rightsize-base-url',
  'openai-base-url',
  'azure-endpoint',
  'location',
  'referer',
  'origin',
];

const addressFields: readonly string[] = [
  'api_base',
  'base_url',
  'baseURL',
  'baseUrl',
  'api_url',
  'host',
  'custom_host',
  'endpoint',
  'url',
  'proxy',
  'upstream',
  'target',
  'azure_endpoint',
  'vertex_project',
  'callback_url',
  'webhook',
];

/** Objects inside which such a field has once been honoured. */
const nests: readonly ((inner: object) => object)[] = [
  (inner) => inner,
  (inner) => ({ metadata: inner }),
  (inner) => ({ extra_body: inner }),
  (inner) => ({ extra_headers: inner }),
  (inner) => ({ litellm_params: inner }),
  (inner) => ({ config: inner }),
  (inner) => ({ rightsize: { upstream: inner } }),
  (inner) => ({ fallbacks: [inner] }),
  (inner) => ({ model_list: [{ litellm_params: inner }] }),
  (inner) => ({ user_config: { model_list: [{ litellm_params: inner }] } }),
  (inner) => ({ messages: [{ role: 'user', content: 'a', ...inner }] }),
  (inner) => ({ tools: [{ type: 'function', function: { name: 'f', parameters: inner } }] }),
  (inner) => ({ __proto__: null, a: { b: { c: { d: { e: inner } } } } }),
];

/** A server that nobody may come to; counts who does. */
async function withCanary(
  check: (canary: { readonly origin: string; readonly visits: () => number }) => Promise<void>,
) {
  let visits = 0;
  const server: Server = createServer((socket) => {
    visits++;
    socket.on('error', () => {});
    socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}'));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  try {
    await check({ origin: `http://127.0.0.1:${port}`, visits: () => visits });
    await pause(100);
    equal(visits, 0, 'an address of the caller was visited');
  } finally {
    server.close();
  }
}

function answering(context: CheckContext): void {
  context.upstream.script = (reply) => reply.json(200, completion('ok'));
}

/** S4–S6. */
export const addressChecks: readonly Check[] = [
  {
    number: 'S4',
    title: 'no header of the caller chooses where a call goes',
    async run(context) {
      await withCanary(async ({ origin }) => {
        answering(context);
        for (const name of addressHeaders)
          for (const value of [origin, `${origin}/v1`, origin.slice('http://'.length)])
            await ask(context, { body: chat(context), headers: { [name]: value } });
      });
    },
  },
  {
    number: 'S4',
    title: 'no field of the body does, at any depth',
    async run(context) {
      await withCanary(async ({ origin }) => {
        answering(context);
        for (const nest of nests) {
          const fields = Object.fromEntries(addressFields.map((name) => [name, `${origin}/v1`]));
          await ask(context, { body: { ...chat(context), ...nest(fields) } });
        }
      });
    },
  },
  {
    number: 'S4',
    title: 'no path or query does, nor an absolute request target',
    async run(context) {
      await withCanary(async ({ origin }) => {
        answering(context);
        const host = origin.slice('http://'.length);
        const targets = [
          `${origin}/v1/models`,
          `//${host}/v1/models`,
          `/v1/@${host}/models`,
          `/v1//${host}/models`,
          `/v1/..//${host}/models`,
          `/v1/%2f%2f${host}/models`,
          `/v1/models?url=${origin}&base_url=${origin}&upstream=${origin}`,
          `/v1/\\\\${host}\\models`,
          `/v1/http://${host}/models`,
        ];
        for (const target of targets) {
          const raw = await openRaw(context.origin);
          const { authorization = '' } = context.headers();
          raw.write(
            `GET ${target} HTTP/1.1\r\nhost: gateway\r\nauthorization: ${authorization}\r\nconnection: close\r\n\r\n`,
          );
          await raw.answers(1, 2_000);
          raw.socket.destroy();
        }
      });
    },
  },
  {
    number: 'S4',
    title: 'a redirect of the upstream is not followed',
    async run(context) {
      await withCanary(async ({ origin }) => {
        for (const status of [301, 302, 303, 307, 308]) {
          context.upstream.script = (reply) => reply.json(status, {}, { location: `${origin}/v1/chat/completions` });
          await ask(context, { body: chat(context) });
        }
      });
    },
  },
  {
    number: 'S5',
    title: 'addresses of images, audio and files are not fetched here',
    async run(context) {
      await withCanary(async ({ origin }) => {
        answering(context);
        const parts = [
          { type: 'image_url', image_url: { url: `${origin}/a.png` } },
          { type: 'input_image', image_url: `${origin}/a.png` },
          { type: 'file', file: { file_url: `${origin}/a.pdf`, file_id: `${origin}/a.pdf` } },
          { type: 'input_file', file_url: `${origin}/a.pdf` },
          { type: 'input_audio', input_audio: { data: `${origin}/a.wav`, format: 'wav' } },
          { type: 'document', source: { type: 'url', url: `${origin}/a.pdf` } },
          { type: 'image', source: { type: 'url', url: `${origin}/a.png` } },
        ];
        const messages = [{ role: 'user', content: parts }];
        await ask(context, { body: chat(context, { messages }) });
        await ask(context, { path: '/v1/responses', body: { model: context.model, input: messages } });
        await ask(context, { path: '/v1/messages', body: { model: context.model, max_tokens: 9, messages } });
      });
    },
  },
  {
    number: 'S6',
    title: "the upstream's key goes to the upstream, and the caller's key nowhere",
    async run(context) {
      answering(context);
      await ask(context, { body: chat(context) });
      const [request] = context.upstream.requests;
      ok(request !== undefined, 'the upstream was not asked');
      ok(!request.rawHead.includes(context.key), "the caller's key was sent on");
      if (context.isOurs) equal(request.headers.authorization, `Bearer ${upstreamKey}`);
    },
  },
  {
    number: 'S6',
    title: 'a second upstream gets its own key or none, never that of the first',
    ours: 'it needs two upstreams',
    async run(context) {
      const other: ScriptedUpstream = await startScriptedUpstream();
      try {
        other.script = (reply) => reply.json(200, completion('other'));
        const gateway = await context.startOurs({
          settings: {
            upstreams: { other: { baseUrl: other.baseUrl } },
            models: { elsewhere: { deployments: [{ upstream: 'other', model: 'm' }] } },
          },
        });
        const { status } = await ask(gateway, { body: { ...chat(context), model: 'elsewhere' } });
        equal(status, 200);
        const head = other.requests[0]?.rawHead ?? '';
        ok(!head.includes(upstreamKey), 'the key of the first upstream left for the second');
        ok(!head.includes(gateway.key), "the caller's key left for the second upstream");
      } finally {
        await other.close();
      }
    },
  },
  {
    number: 'S6',
    title: 'paths that climb out of the API are not sent on with the key',
    async run(context) {
      answering(context);
      for (const path of [
        '/v1/../secret',
        '/v1/%2e%2e/secret',
        '/v1/..%2fsecret',
        '/v1/a/../../secret',
        '/v1/..\\secret',
      ]) {
        const raw = await openRaw(context.origin);
        const { authorization = '' } = context.headers();
        raw.write(
          `GET ${path} HTTP/1.1\r\nhost: gateway\r\nauthorization: ${authorization}\r\nconnection: close\r\n\r\n`,
        );
        await raw.answers(1, 2_000);
        raw.socket.destroy();
      }
      const climbed = context.upstream.requests.filter(({ path }) => !/^\/v1\/(?!.*(\.\.|%2e%2e))/i.test(path));
      equal(climbed.map(({ path }) => path).join(), '');
    },
  },
];
