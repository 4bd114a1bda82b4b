import { equal, ok } from 'node:assert/strict';
import { chat, completion } from '../bodies.ts';
import { type Check, NotTestable } from '../check.ts';
import { ask } from '../client.ts';
import { headerLines, openRaw } from '../raw-client.ts';

const hopByHop = ['keep-alive', 'te', 'trailer', 'upgrade', 'proxy-authorization', 'proxy-connection', 'x-hop'];
const forwarding = ['x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-forwarded-port'];

/** C29: what of the headers travels on, and what does not. */
export const forwardedHeaderChecks: readonly Check[] = [
  {
    number: 'C29',
    title: 'hop-by-hop headers of the client end here',
    async run(context) {
      const { upstream } = context;
      upstream.script = (reply) => reply.json(200, completion('ok'));
      const body = JSON.stringify(chat(context));
      const raw = await openRaw(context.origin);
      const lines = headerLines(context, {
        'content-length': String(body.length),
        connection: 'keep-alive, x-hop',
        'x-hop': 'secret of one connection',
        'keep-alive': 'timeout=5',
        te: 'trailers',
        trailer: 'x-sum',
        'proxy-authorization': 'Basic Zm9v',
        'proxy-connection': 'keep-alive',
      });
      raw.write(`POST /v1/chat/completions HTTP/1.1\r\n${lines}\r\n${body}`);
      const [answer] = await raw.answers(1);
      raw.socket.destroy();
      equal(answer?.status, 200);
      const received = upstream.requests[0]?.headers ?? {};
      for (const name of hopByHop) equal(received[name], undefined, `${name} reached the upstream`);
    },
  },
  {
    number: 'C29',
    title: 'hop-by-hop headers of the upstream end here',
    async run(context) {
      context.upstream.script = (reply) =>
        reply.json(200, completion('ok'), {
          connection: 'keep-alive, x-hop',
          'x-hop': 'secret of one connection',
          'proxy-authenticate': 'Basic',
          'x-kept': 'yes',
        });
      const { headers } = await ask(context, { body: chat(context) });
      for (const name of ['x-hop', 'proxy-authenticate', 'trailer', 'upgrade'])
        equal(headers[name], undefined, `${name} reached the client`);
      if (context.isOurs) equal(headers['x-kept'], 'yes');
    },
  },
  {
    number: 'C29',
    title: "the gateway's key never goes upstream",
    async run(context) {
      if (!context.hasOwnKey) throw new NotTestable('it hands the key of the caller on');
      const { upstream, key } = context;
      upstream.script = (reply) => reply.json(200, completion('ok'));
      await ask(context, { body: chat(context) });
      await ask(context, { body: chat(context), headers: { 'x-api-key': key } });
      await ask(context, { body: chat(context), headers: { authorization: '', 'x-api-key': key } });
      await ask(context, { method: 'GET', path: '/v1/files' });
      ok(upstream.requests.length >= 2, 'nothing reached the upstream');
      for (const { rawHead } of upstream.requests)
        ok(!rawHead.includes(key), `the key went upstream: ${rawHead.slice(0, 300)}`);
    },
  },
  {
    number: 'C29',
    title: 'a client can set neither the auth, nor the host, nor the origin that the upstream sees',
    async run(context) {
      const { upstream } = context;
      upstream.script = (reply) => reply.json(200, completion('ok'));
      const sent = Object.fromEntries(forwarding.map((name) => [name, 'evil.test']));
      // Gemini's own header means nothing to other upstreams, so forwarding it is no fault of a gateway that has none.
      const gemini: Record<string, string> = context.isOurs ? { 'x-goog-api-key': 'sk-evil' } : {};
      const others = { ...gemini, 'api-key': 'sk-evil', host: 'evil.test' };
      const { status } = await ask(context, { body: chat(context), headers: { ...sent, ...others } });
      equal(status, 200);
      const received = upstream.requests[0]?.headers ?? {};
      equal(received.host, `127.0.0.1:${upstream.port}`);
      for (const [name, value] of Object.entries(received))
        ok(!/evil/.test(value), `${name}: ${value} reached the upstream`);
    },
  },
];
