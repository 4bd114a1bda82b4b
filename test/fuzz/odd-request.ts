import { type Random, seededRandom } from '../../src/records/random.ts';
import { mutated, pick } from './mutate.ts';

const paths: readonly string[] = [
  '/v1/chat/completions',
  '/v1/chat/completions',
  '/v1/chat/completions',
  '/v1/chat/completions?a=1&a=%00',
  '/v1/messages',
  '/v1/messages/count_tokens',
  '/v1/embeddings',
  '/v1/responses',
  '/v1/completions',
  '/v1/models',
  '/v1/models/..%2f..%2fadmin',
  '/v1/files/%E0%A4%A',
  '/v1/../admin/v1/status',
  '/v1//chat//completions',
  '/admin/v1/status',
  '/admin/v1/stage',
  '/admin/v1/calls/%00',
  '/nothing',
  'http://elsewhere.invalid/v1/models',
  '//elsewhere.invalid/v1/models',
  '*',
];

const oddHeaders: readonly string[] = [
  'x-rightsize-task: a',
  'x-rightsize-tenant: __proto__',
  'x-rightsize-answer: teacher',
  'x-stainless-retry-count: 1e9',
  'idempotency-key: k',
  'authorization: Bearer ',
  "authorization: Bearer ' OR 1=1 --",
  'authorization: Basic OmE=',
  `x-api-key: ${'k'.repeat(4_000)}`,
  'accept-encoding: gzip;q=1, \u00ff;q=0',
  'content-type: text/plain; charset=utf-16',
  'content-encoding: gzip',
  'expect: 100-continue',
  'expect: nothing',
  'connection: upgrade',
  'upgrade: websocket',
  'connection: close, x-api-key, host',
  'te: trailers',
  'range: bytes=0-1',
  'x-forwarded-for: 127.0.0.1',
  'forwarded: for=127.0.0.1',
  'host: two',
  'traceparent: 00-zz',
  'x-stainless-timeout: -1',
  'proxy-authorization: x',
  'cookie: a=b; a=b',
];

/** A request as bytes, sound or broken in some way, on any route. The same seed gives the same request and upstream. */
export function oddRequest(seed: number): Buffer {
  const random = seededRandom(seed);
  const body = oddBody(random);
  const isStrange = random() < 0.3;
  const method = random() < 0.85 ? 'POST' : pick(['GET', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'BREW', 'post'], random);
  const head = [
    `${method} ${pick(paths, random)} HTTP/${isStrange ? pick(['1.0', '1.1', '1.1', '2.0', '0.9', '9'], random) : '1.1'}`,
    'Host: gateway',
    'Content-Type: application/json',
    `X-Fuzz: ${seed}`,
    ...(random() < 0.8 ? ['Connection: close'] : []),
    ...Array.from({ length: Math.floor(random() ** 2 * 4) }, () => pick(oddHeaders, random)),
  ];
  const whole = Buffer.concat(framed(head, body, random));
  return random() < 0.3 ? mutated(whole, random) : whole;
}

/** Says how long the body is: rightly most of the time, and else as attackers do. */
function framed(head: readonly string[], body: Buffer, random: Random): readonly Buffer[] {
  const withHeaders = (...lines: string[]) => Buffer.from(`${[...head, ...lines].join('\r\n')}\r\n\r\n`, 'latin1');
  const length = `Content-Length: ${body.length}`;
  const chunked = 'Transfer-Encoding: chunked';
  switch (Math.floor(random() * 24)) {
    case 0:
      return [withHeaders(chunked), ...chunks(body, random)];
    case 1:
      return [withHeaders(length, chunked), ...chunks(body, random)];
    case 2:
      return [withHeaders(length, `Content-Length: ${body.length + 1}`), body];
    case 3:
      return [withHeaders(pick(['Content-Length: -1', 'Content-Length: 0x10', 'Content-Length: +5'], random)), body];
    case 4:
      return [withHeaders(`Content-Length: ${body.length}\r\n folded`), body];
    case 5:
      return [withHeaders('Transfer-Encoding: chunked, identity'), ...chunks(body, random)];
    case 6:
      return [withHeaders(`Content-Length: ${pick(['99999999999999999999', '4294967296'], random)}`), body];
    default:
      return [withHeaders(length), body];
  }
}

function chunks(body: Buffer, random: Random): readonly Buffer[] {
  const size = random() < 0.9 ? body.length.toString(16) : pick(['-1', 'fffffffffffffffff', '', 'g', ' 5'], random);
  return [Buffer.from(`${size}${random() < 0.1 ? `;${'x'.repeat(100)}` : ''}\r\n`), body, Buffer.from('\r\n0\r\n\r\n')];
}

const literals: readonly string[] = [
  'null',
  'true',
  '-0',
  '1e999',
  '123456789012345678901234567890',
  '""',
  '"\\ud800"',
  '"\\u0000"',
  '[]',
  '{}',
  '{"__proto__":{"polluted":1}}',
  '{"constructor":{"prototype":{"polluted":1}}}',
  '{"a":1,"a":2}',
];

/** A JSON body of some endpoint with fields gone odd, or something that is no JSON at all. */
export function oddBody(random: Random): Buffer {
  const draw = random();
  if (draw < 0.05) return Buffer.alloc(0);
  if (draw < 0.08) return Buffer.from(`${'['.repeat(10_000)}${']'.repeat(10_000)}`);
  if (draw < 0.1) return Buffer.from(`{"model":"m","messages":${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}}`);
  if (draw < 0.12)
    return Buffer.from(`{${Array.from({ length: 5_000 }, (_, i) => `"k${i}":${i}`).join(',')},"model":"m"}`);
  const fields = new Map<string, string>([
    ['model', '"m"'],
    ['messages', messages(random)],
  ]);
  const extra = [
    'stream',
    'stream_options',
    'tools',
    'n',
    'max_tokens',
    'input',
    'prompt',
    'metadata',
    '__proto__',
    'x',
  ];
  for (let left = Math.floor(random() * 4); left > 0; left--) fields.set(pick(extra, random), pick(literals, random));
  if (random() < 0.4) fields.set('stream', 'true');
  if (random() < 0.1) fields.set(pick(['model', 'messages'], random), pick(literals, random));
  const text = `{${[...fields].map(([key, value]) => `"${key}":${value}`).join(',')}}`;
  return random() < 0.25 ? mutated(Buffer.from(text), random) : Buffer.from(text);
}

function messages(random: Random): string {
  const contents = [
    '"hello"',
    '"Which intent: lost card?"',
    '[{"type":"text","text":"hi"}]',
    '[{"type":"image_url","image_url":{"url":"http://169.254.169.254/"}}]',
    `"${'word '.repeat(Math.floor(random() * 400))}"`,
    ...literals,
  ];
  const roles = ['"user"', '"user"', '"system"', '"tool"', '"__proto__"', '7'];
  const one = () => `{"role":${pick(roles, random)},"content":${pick(contents, random)}}`;
  return `[${Array.from({ length: 1 + Math.floor(random() * 3) }, one).join(',')}]`;
}
