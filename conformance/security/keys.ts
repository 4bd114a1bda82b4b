import { equal, ok } from 'node:assert/strict';
import { chat, completion } from '../bodies.ts';
import { type Check, type CheckContext, NotTestable } from '../check.ts';
import { ask, type Gateway } from '../client.ts';
import { expectError } from '../expect-error.ts';
import { openRaw } from '../raw-client.ts';
import { sourceFiles } from './source-files.ts';

/** What people put where a key belongs. */
const wrongKeys: readonly string[] = [
  '',
  "' OR '1'='1",
  "' UNION SELECT key FROM keys --",
  "x'; DROP TABLE keys; --",
  '"',
  '`',
  '\\',
  '%00',
  '%',
  '_',
  '*',
  '..',
  '{{7*7}}',
  '$(id)',
  '$\u007b7*7}',
  'null',
  'undefined',
  'true',
  '[]',
  '{}',
  '0',
  '\u00e9\u00fc',
  '\t',
  'a'.repeat(8_000),
  'Bearer',
  'Bearer Bearer',
  '__proto__',
  'constructor',
];

async function expectRefused(
  gateway: Gateway,
  headers: Readonly<Record<string, string>>,
  path?: string,
): Promise<void> {
  const reply = await ask(gateway, {
    body: chat({ model: 'm' }),
    headers: { authorization: '', ...headers },
    ...(path === undefined ? {} : { path }),
  });
  expectError(reply, { status: 401 });
}

/** Whether the gateway asks for a key at all. */
async function needKey(context: CheckContext): Promise<void> {
  context.upstream.script = (reply) => reply.json(200, completion('ok'));
  const { status } = await ask(context, { body: chat(context), headers: { authorization: '' } });
  if (status === 200) throw new NotTestable('it asks for no key');
}

/** S1–S3. */
export const keyChecks: readonly Check[] = [
  {
    number: 'S1',
    title: 'whatever stands in Authorization is refused with 401 and reaches nobody',
    async run(context) {
      await needKey(context);
      context.upstream.reset();
      for (const key of wrongKeys) {
        await expectRefused(context, { authorization: `Bearer ${Buffer.from(key).toString('latin1')}` });
        await expectRefused(context, { authorization: Buffer.from(key).toString('latin1') || 'x' });
      }
      for (const scheme of ['Basic', 'Digest', 'bearerx', 'Token'])
        await expectRefused(context, { authorization: `${scheme} ${context.key}` });
      equal(context.upstream.requests.length, 0);
    },
  },
  {
    number: 'S1',
    title: 'whatever stands in x-api-key, api-key or the query is refused too',
    async run(context) {
      await needKey(context);
      context.upstream.reset();
      for (const key of wrongKeys) {
        await expectRefused(context, { 'x-api-key': Buffer.from(key).toString('latin1') });
        await expectRefused(context, { 'api-key': Buffer.from(key).toString('latin1') });
        const query = encodeURIComponent(key);
        await expectRefused(context, {}, `/v1/chat/completions?key=${query}&api_key=${query}&token=${query}`);
      }
      equal(context.upstream.requests.length, 0);
    },
  },
  {
    number: 'S1',
    title: 'a key with NUL bytes or of a megabyte is refused before it is looked up',
    async run(context) {
      await needKey(context);
      for (const key of [`${context.key}\0`, `\0${context.key}`, 'k'.repeat(1_000_000)]) {
        const raw = await openRaw(context.origin);
        raw.write(
          `POST /v1/chat/completions HTTP/1.1\r\nhost: gateway\r\nauthorization: Bearer ${key}\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}`,
        );
        const [answer] = await raw.answers(1, 3_000);
        raw.socket.destroy();
        if (answer !== undefined) ok([400, 401, 413, 431].includes(answer.status), `answered ${answer.status}`);
      }
      equal((await ask(context, { body: chat(context) })).status, 200, 'and then it no longer answers');
    },
  },
  {
    number: 'S1',
    title: 'part of a key, a longer key and another case are no key',
    async run(context) {
      await needKey(context);
      const { key } = context;
      for (const near of [key.slice(0, -1), `${key}x`, key.toUpperCase(), `${key} ${key}`, `${key},${key}`])
        await expectRefused(context, { authorization: `Bearer ${near}` });
    },
  },
  {
    number: 'S1',
    title: 'keys are compared in constant time, and no SQL is put together from values (source)',
    ours: 'it reads the source',
    async run() {
      const files = sourceFiles();
      const access = files.filter(({ path }) => path.startsWith('access/'));
      ok(access.some(({ text }) => text.includes('timingSafeEqual')));
      for (const { path, text } of access)
        ok(
          !/\b(secret|digest|hash)\b\s*===?\s*\b(given|secret|digest|hash|key)\b/.test(text),
          `${path} compares secrets`,
        );
      const bad = files.flatMap(({ path, text }) => builtStatements(text).map((statement) => `${path}: ${statement}`));
      equal(bad.join('\n'), '', 'SQL from values');
    },
  },
  {
    number: 'S3',
    title: 'a request without a key is refused before a byte of its body is sent',
    async run(context) {
      await needKey(context);
      const raw = await openRaw(context.origin);
      raw.write(
        'POST /v1/chat/completions HTTP/1.1\r\nhost: gateway\r\nauthorization: Bearer nobody\r\ncontent-type: application/json\r\ncontent-length: 20000000\r\n\r\n',
      );
      const [answer] = await raw.answers(1, 2_000);
      raw.socket.destroy();
      equal(answer?.status, 401, 'it waits for the body');
    },
  },
  {
    number: 'S3',
    title: 'and it is hung up on when it goes on sending all the same',
    ours: 'others may read on',
    async run(context) {
      const raw = await openRaw(context.origin);
      raw.write(
        'POST /v1/chat/completions HTTP/1.1\r\nhost: gateway\r\nauthorization: Bearer nobody\r\ncontent-length: 500000000\r\n\r\n',
      );
      await raw.answers(1, 2_000);
      let sent = 0;
      const sending = setInterval(() => {
        if (!raw.isClosed && raw.socket.writableLength < 1_000_000) {
          sent += 1_000_000;
          raw.write(Buffer.alloc(1_000_000));
        }
      }, 5);
      const isClosed = await raw.closed(6_000);
      clearInterval(sending);
      raw.socket.destroy();
      ok(isClosed, `it read on: ${sent} bytes`);
    },
  },
];

/** Names that SQL may be put together from: lists of columns, conditions of fixed texts, numbers of the program. */
const harmlessParts =
  /^(columns|table|page|where(\([\w.]+\)|\(\[[^`$]*\]\))?|[a-z]+Columns|[\w.]*[sS]ql|placeholders?|newestMigration.*)$/;

function builtStatements(text: string): readonly string[] {
  const statements = text.match(/`[^`]*\b(?:SELECT|INSERT|UPDATE|DELETE|REPLACE|DROP|ALTER)\b[^`]*`/g) ?? [];
  return statements.filter((statement) =>
    [...statement.matchAll(/\$\{([^}]*)\}/g)].some(([, part = '']) => !harmlessParts.test(part)),
  );
}
