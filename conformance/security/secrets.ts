import { equal, ok } from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { chat, chunk, completion } from '../bodies.ts';
import type { Check, OurGateway } from '../check.ts';
import { ask, pause } from '../client.ts';
import { openRaw } from '../raw-client.ts';
import { upstreamKey } from '../start-ours.ts';

const ours = 'it looks at its logs and its store';

/** Texts that nobody else can have written. */
function canary(what: string): string {
  return `canary-${what}-${randomBytes(12).toString('hex')}`;
}

/** Everything that the process has said or kept, but for what `tell` was told. */
async function traces(gateway: OurGateway): Promise<ReadonlyMap<string, string>> {
  await pause(300);
  const found = new Map<string, string>([['the output', gateway.output()]]);
  for (const path of ['/metrics', '/admin/v1/status', '/admin/v1/openapi.json'])
    found.set(path, await (await fetch(gateway.origin + path)).text());
  for (const entry of readdirSync(gateway.data, { recursive: true, withFileTypes: true }))
    if (entry.isFile()) {
      const file = join(entry.parentPath, entry.name);
      found.set(entry.name, readFileSync(file).toString('latin1'));
    }
  return found;
}

async function expectNoTrace(gateway: OurGateway, secrets: readonly string[]): Promise<void> {
  for (const [where, text] of await traces(gateway))
    for (const secret of secrets) ok(!text.includes(secret), `${secret.slice(0, 20)}… stands in ${where}`);
}

/** S10. */
export const secretChecks: readonly Check[] = [
  {
    number: 'S10',
    title: 'secrets in headers, keys and queries are in no log, metric or stored call',
    ours,
    async run(context) {
      const gateway = await context.startOurs({ settings: { log: 'debug' } });
      const secrets = ['authorization', 'header', 'cookie', 'proxy', 'query', 'agent'].map(canary);
      const [key, header, cookie, proxy, query, agent] = secrets;
      gateway.upstream.script = (reply) => reply.json(200, completion('ok'));
      const headers = {
        'x-secret': `${header}`,
        cookie: `a=${cookie}`,
        'proxy-authorization': `${proxy}`,
        'user-agent': `${agent}`,
      };
      const path = `/v1/chat/completions?token=${query}`;
      await ask(gateway, { path, body: chat(context), headers });
      await ask(gateway, { path, body: chat(context), headers: { ...headers, authorization: `Bearer ${key}` } });
      await ask(gateway, { path: `/v1/files?token=${query}`, method: 'GET', headers });
      await ask(gateway, { path: `/v1x/${query}`, method: 'GET', headers });
      const raw = await openRaw(gateway.origin);
      raw.write(`GET /v1/models HTTP/1.1\r\nhost: g\r\nauthorization: Bearer ${key}\r\nbroken\r\n\r\n`);
      await raw.answers(1, 1_000);
      raw.socket.destroy();
      await expectNoTrace(gateway, [...secrets, gateway.key, upstreamKey]);
    },
  },
  {
    number: 'S10',
    title: 'what calls say is in no log or metric; with `figures` it is not stored either',
    ours,
    async run(context) {
      const gateway = await context.startOurs({ settings: { log: 'debug', capture: { default: 'figures' } } });
      const secrets = ['prompt', 'user', 'answer', 'stream', 'broken'].map(canary);
      const [prompt, user, answer, streamed, broken] = secrets;
      const messages = [{ role: 'user', content: `${prompt}` }];
      gateway.upstream.script = (reply) => reply.json(200, completion(`${answer}`));
      await ask(gateway, { body: chat(context, { messages, user }) });
      gateway.upstream.script = (reply) =>
        reply.events([chunk({ content: `${streamed}` }), chunk({}, { finish: 'stop' })]);
      await ask(gateway, { body: chat(context, { messages, stream: true }) });
      await ask(gateway, { body: `{"model":"m","messages":[{"role":"user","content":"${broken}` });
      await ask(gateway, { body: { model: 'm', messages: `${broken}` } });
      await expectNoTrace(gateway, secrets);
    },
  },
  {
    number: 'S10',
    title: 'an error of the upstream that carries a secret is told to its caller and to nobody else',
    ours,
    async run(context) {
      const gateway = await context.startOurs({ settings: { log: 'debug', capture: { default: 'figures' } } });
      const [message, header, page] = ['error', 'error-header', 'page'].map(canary);
      gateway.upstream.script = (reply) =>
        reply.json(
          500,
          { error: { message: `${message}`, type: 'x', param: null, code: null } },
          { 'x-secret': `${header}` },
        );
      const told = await ask(gateway, { body: chat(context) });
      ok(told.text.includes(`${message}`), 'the caller is not told');
      gateway.upstream.script = (reply) => reply.body(502, `<html>${page}</html>`, { 'content-type': 'text/html' });
      const { text } = await ask(gateway, { body: chat(context) });
      ok(!text.includes(`${page}`), 'an error page went through');
      gateway.upstream.script = (reply) =>
        reply
          .stream()
          .event(chunk({ content: 'a' }))
          .write(`data: ${page}`)
          .reset();
      await ask(gateway, { body: chat(context, { stream: true }) });
      await expectNoTrace(gateway, [`${message}`, `${header}`, `${page}`]);
    },
  },
  {
    number: 'S10',
    title: 'the error for a bad key does not repeat the key',
    async run(context) {
      const key = canary('key');
      const { text, status } = await ask(context, { body: chat(context), headers: { authorization: `Bearer ${key}` } });
      if (status === 200) return;
      equal(text.includes(key), false);
    },
  },
];
