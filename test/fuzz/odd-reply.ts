import { deflateSync, gzipSync } from 'node:zlib';
import { completionEvents } from '../../src/providers/completion-chunks.ts';
import type { Random } from '../../src/records/random.ts';
import { completion } from '../scripted-upstream.ts';
import { inPieces, mutated, pick } from './mutate.ts';

/** What an upstream writes on its socket, and what it does then. */
export interface OddReply {
  readonly pieces: readonly Buffer[];
  readonly ending: 'keep' | 'close' | 'reset';
}

/** An answer as bytes: sound, or broken in status line, headers, framing, encoding, events or JSON. */
export function oddReply(random: Random): OddReply {
  const bytes = replyBytes(random);
  return {
    pieces: inPieces(random() < 0.3 ? mutated(bytes, random) : bytes, random),
    ending: pick(['keep', 'keep', 'close', 'close', 'reset'], random),
  };
}

function replyBytes(random: Random): Buffer {
  const [type, body] = pick([events, events, json, json, errorJson, page, nothing], random)(random);
  const status = type === 'error' ? pick(errorStatuses, random) : random() < 0.9 ? '200 OK' : pick(oddStatuses, random);
  const head = [`HTTP/1.1 ${status}`, `content-type: ${contentTypes[type]}`, ...oddHeaders(random)];
  const packed = random() < 0.12 ? packing(body, random) : { bytes: body, header: [] };
  return framed([...head, ...packed.header], packed.bytes, random);
}

const contentTypes = {
  events: 'text/event-stream',
  json: 'application/json',
  error: 'application/json',
  page: 'text/html',
} as const;
const errorStatuses = [
  '400 Bad',
  '401 No',
  '404 Not',
  '408 T',
  '409 C',
  '429 Slow',
  '500 X',
  '502 X',
  '503 X',
  '529 X',
];
const oddStatuses = [
  '201 Created',
  '204 No Content',
  '302 Found',
  '304 Not Modified',
  '418 Teapot',
  '599 ',
  '600 X',
  '99 X',
];

type Body = readonly [type: 'events' | 'json' | 'error' | 'page', body: Buffer];

function events(random: Random): Body {
  const content = pick(['yes', 'é💳', '', 'a\nb', '\u2028', 'x'.repeat(3_000)], random);
  const lines = completionEvents(completion(content), random() < 0.5);
  const chosen = random() < 0.3 ? lines.slice(0, Math.floor(random() * lines.length)) : lines;
  const text = [...chosen, ...(random() < 0.2 ? [pick(oddEvents, random)] : [])].join('');
  const written = random() < 0.2 ? text.replaceAll('\n', pick(['\r\n', '\r'], random)) : text;
  return ['events', random() < 0.4 ? mutated(Buffer.from(written), random) : Buffer.from(written)];
}

const oddEvents = [
  'data: {"error":{"message":"overloaded"}}\n\n',
  'data: {"error":"text"}\n\n',
  'data: {"choices":null}\n\n',
  'data: {"choices":[{"index":1e9,"delta":{"__proto__":{"polluted":1}}}]}\n\n',
  'data: {"choices":[{"index":-1,"delta":{"tool_calls":[{"index":4294967296}]}}]}\n\n',
  'data: {"choices":[null,7,"x",{"delta":null}],"usage":[]}\n\n',
  'data: {"usage":{"prompt_tokens":"many","completion_tokens":-5}}\n\n',
  `data: ${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}\n\n`,
  'data: {"__proto__":{"polluted":1},"choices":[]}\n\n',
  ': comment\n\n',
  'event: ping\n\n',
  'data\n\n',
  'data: [DONE]\n\ndata: [DONE]\n\n',
  `${'\n'.repeat(5_000)}`,
  'id: \u0000\nretry: -1\n\n',
];

function json(random: Random): Body {
  const body = Buffer.from(JSON.stringify(completion('yes', random() < 0.2 ? { choices: null, usage: [] } : {})));
  return ['json', random() < 0.3 ? mutated(body, random) : body];
}

function errorJson(random: Random): Body {
  const bodies = [
    '{"error":{"message":"no","type":"x","param":null,"code":"c"}}',
    '{"error":"text"}',
    '{"error":true}',
    '{"detail":"no"}',
    '{"error":{"message":7}}',
    '{"error":',
    '',
    'null',
    '[]',
  ];
  return ['error', Buffer.from(pick(bodies, random))];
}

function page(): Body {
  return ['page', Buffer.from('<html><body>502 Bad Gateway</body></html>')];
}

function nothing(): Body {
  return ['json', Buffer.alloc(0)];
}

function packing(bytes: Buffer, random: Random): { readonly bytes: Buffer; readonly header: readonly string[] } {
  switch (Math.floor(random() * 4)) {
    case 0:
      return { bytes: gzipSync(bytes), header: ['content-encoding: gzip'] };
    case 1:
      return { bytes: deflateSync(bytes), header: ['content-encoding: deflate'] };
    case 2:
      return { bytes: mutated(gzipSync(bytes), random), header: ['content-encoding: gzip'] };
    default:
      return { bytes, header: [`content-encoding: ${pick(['gzip', 'br', 'zstd', 'what', 'identity'], random)}`] };
  }
}

function oddHeaders(random: Random): readonly string[] {
  const odd = [
    'x-request-id: r-1',
    'x-request-id: \u00e9',
    'connection: close, content-type',
    'keep-alive: timeout=0',
    'retry-after: -1',
    'retry-after: 1e308',
    'retry-after: Thu, 99 Foo 2026',
    'retry-after-ms: NaN',
    'x-rightsize-answered-by: forged',
    'set-cookie: a=b',
    `x-long: ${'v'.repeat(5_000)}`,
    'trailer: x',
    'content-type: text/event-stream',
    'location: http://169.254.169.254/',
  ];
  return Array.from({ length: Math.floor(random() ** 2 * 4) }, () => pick(odd, random));
}

function framed(head: readonly string[], body: Buffer, random: Random): Buffer {
  const withHeaders = (...lines: string[]) => Buffer.from(`${[...head, ...lines].join('\r\n')}\r\n\r\n`, 'latin1');
  const chunk = Buffer.from(`${body.length.toString(16)}\r\n`);
  switch (Math.floor(random() * 8)) {
    case 0:
      return Buffer.concat([withHeaders('transfer-encoding: chunked'), chunk, body]);
    case 1:
      return Buffer.concat([withHeaders(`content-length: ${body.length + 7}`), body]);
    case 2:
      return Buffer.concat([withHeaders(`content-length: ${Math.max(0, body.length - 3)}`), body]);
    case 3:
      return Buffer.concat([withHeaders(`content-length: ${body.length}`, 'transfer-encoding: chunked'), chunk, body]);
    case 4:
      return Buffer.concat([withHeaders('transfer-encoding: chunked'), Buffer.from('zz\r\n'), body]);
    default:
      return body.length === 0
        ? withHeaders('content-length: 0')
        : Buffer.concat([withHeaders('transfer-encoding: chunked'), chunk, body, Buffer.from('\r\n0\r\n\r\n')]);
  }
}
