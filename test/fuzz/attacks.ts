/** One known attack on a parser, as the bytes of a request. */
export interface Attack {
  readonly what: string;
  readonly request: Buffer;
  /** Status that answers it; `cut` where the connection may only be closed; several where more than one is right. */
  readonly expected: readonly (number | 'cut')[];
}

const chat = '{"model":"m","messages":[{"role":"user","content":"hi"}]}';

function post(lines: readonly string[], body: string | Buffer, version = '1.1'): Buffer {
  const head = [
    `POST /v1/chat/completions HTTP/${version}`,
    'Host: gateway',
    'Content-Type: application/json',
    ...lines,
  ];
  return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`, 'latin1'), Buffer.from(body)]);
}

function json(body: string | Buffer): Buffer {
  return post([`Content-Length: ${Buffer.byteLength(body)}`, 'Connection: close'], body);
}

function deep(depth: number): string {
  return `{"model":"m","messages":[{"role":"user","content":"hi"}],"x":${'['.repeat(depth)}${']'.repeat(depth)}}`;
}

const length = `Content-Length: ${chat.length}`;
const chunk = `${chat.length.toString(16)}\r\n${chat}\r\n0\r\n\r\n`;
const smuggled = 'GET /admin/v1/status HTTP/1.1\r\nHost: gateway\r\n\r\n';

/** Request smuggling: two ways to read where a request ends. None may be read in either. */
export const smugglings: readonly Attack[] = [
  { what: 'both lengths', request: post([length, 'Transfer-Encoding: chunked'], chunk), expected: [400] },
  { what: 'both lengths, turned round', request: post(['Transfer-Encoding: chunked', length], chunk), expected: [400] },
  { what: 'two unlike lengths', request: post([length, 'Content-Length: 5'], chat), expected: [400] },
  { what: 'one length twice', request: post([length, length], chat), expected: [400] },
  { what: 'a list of lengths', request: post([`${length}, ${chat.length}`], chat), expected: [400] },
  { what: 'a folded length', request: post([`Content-Length:\r\n ${chat.length}`], chat), expected: [400, 200] },
  { what: 'a folded header', request: post(['X-A: 1\r\n 2', length], chat), expected: [400] },
  { what: 'a length with a sign', request: post([`Content-Length: +${chat.length}`], chat), expected: [400] },
  { what: 'a hexadecimal length', request: post(['Content-Length: 0x39'], chat), expected: [400] },
  { what: 'a negative length', request: post(['Content-Length: -1'], chat), expected: [400] },
  { what: 'a length beyond 64 bits', request: post(['Content-Length: 18446744073709551617'], chat), expected: [400] },
  { what: 'a space before the colon', request: post(['Transfer-Encoding : chunked'], chunk), expected: [400] },
  { what: 'a coding no one knows', request: post(['Transfer-Encoding: xchunked'], chunk), expected: [400] },
  { what: 'chunked that is not last', request: post(['Transfer-Encoding: chunked, gzip'], chunk), expected: [400] },
  {
    what: 'chunked twice',
    request: post(['Transfer-Encoding: chunked', 'Transfer-Encoding: x'], chunk),
    expected: [400],
  },
  { what: 'a tab in the coding', request: post(['Transfer-Encoding: \x0bchunked'], chunk), expected: [400] },
  {
    what: 'bare line feeds',
    request: Buffer.from(post([length], chat).toString('latin1').replaceAll('\r\n', '\n'), 'latin1'),
    expected: [400],
  },
  { what: 'a bare line feed in a header', request: post([`X-A: 1\nX-B: 2`, length], chat), expected: [400] },
  { what: 'a bare carriage return', request: post(['X-A: 1\rX-B: 2', length], chat), expected: [400] },
  { what: 'NUL in a header', request: post(['X-A: 1\0', length], chat), expected: [400] },
  {
    what: 'a chunk size with a sign',
    request: post(['Transfer-Encoding: chunked'], `+5\r\nhello\r\n0\r\n\r\n`),
    expected: [400],
  },
  {
    what: 'a chunk size too large',
    request: post(['Transfer-Encoding: chunked'], `${'f'.repeat(17)}\r\nx`),
    expected: [400],
  },
  {
    what: 'a chunk longer than it says',
    request: post(['Transfer-Encoding: chunked'], `5\r\nhello!\r\n0\r\n\r\n${smuggled}`),
    expected: [400],
  },
  { what: 'no host', request: Buffer.from('GET /v1/models HTTP/1.1\r\n\r\n'), expected: [400] },
  {
    what: 'a host that is none',
    request: Buffer.from('GET /admin/v1/status HTTP/1.1\r\nHost: a\u00b3/b\r\nConnection: close\r\n\r\n', 'latin1'),
    expected: [400, 403],
  },
  { what: 'HTTP/2 in plain text', request: Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), expected: [400, 'cut'] },
  { what: 'TLS on a plain port', request: Buffer.from([0x16, 3, 1, 0, 5, 1, 0, 0, 1, 0]), expected: [400, 'cut'] },
  {
    what: 'a tunnel',
    request: Buffer.from('CONNECT elsewhere:443 HTTP/1.1\r\nHost: e\r\n\r\n'),
    expected: [400, 404, 405, 'cut'],
  },
  {
    what: 'headers of a megabyte',
    request: post([`X-A: ${'a'.repeat(1_000_000)}`, length], chat),
    expected: [431, 'cut'],
  },
  {
    what: 'ten thousand headers',
    request: post([...Array.from({ length: 10_000 }, (_, i) => `X-${i}: 1`), length], chat),
    expected: [431, 'cut'],
  },
  {
    what: 'a path of a megabyte',
    request: Buffer.from(`GET /v1/${'a'.repeat(1_000_000)} HTTP/1.1\r\n\r\n`),
    expected: [431, 'cut'],
  },
];

/** Bodies that hurt those who read them. They are answered, or refused as malformed; never more. */
export const hostileBodies: readonly Attack[] = [
  { what: 'ten thousand levels', request: json(deep(10_000)), expected: [200, 400] },
  { what: 'a hundred thousand levels', request: json(deep(100_000)), expected: [200, 400] },
  { what: 'levels that never close', request: json('['.repeat(1_000_000)), expected: [400] },
  {
    what: 'a hundred thousand keys',
    request: json(
      `{"model":"m","messages":[{"role":"user"}],${Array.from({ length: 100_000 }, (_, i) => `"k${i}":0`).join()}}`,
    ),
    expected: [200, 400],
  },
  {
    what: '__proto__',
    request: json(`{"__proto__":{"polluted":1},"model":"m","messages":[{"role":"user","__proto__":{"polluted":1}}]}`),
    expected: [200, 400],
  },
  {
    what: 'constructor.prototype',
    request: json('{"constructor":{"prototype":{"polluted":1}},"model":"m","messages":[{"role":"user"}]}'),
    expected: [200, 400],
  },
  {
    what: '__proto__ as the name of a task and a tenant',
    request: json('{"model":"m","metadata":{"task":"__proto__"},"messages":[{"role":"user"}],"user":"__proto__"}'),
    expected: [200, 400],
  },
  {
    what: 'one key twice',
    request: json('{"model":"m","model":"n","messages":[{"role":"user","content":"a"}],"messages":[{"role":"user"}]}'),
    expected: [200, 400],
  },
  {
    what: 'half a character',
    request: json('{"model":"\\ud800","messages":[{"role":"user","content":"\\udfff"}]}'),
    expected: [200, 400],
  },
  {
    what: 'numbers beyond a double',
    request: json('{"model":"m","max_tokens":1e999,"seed":-1e999,"n":1e1000,"messages":[{"role":"user"}]}'),
    expected: [200, 400],
  },
  {
    what: 'a number of a megabyte',
    request: json(`{"model":"m","seed":${'9'.repeat(1_000_000)},"messages":[{"role":"user"}]}`),
    expected: [200, 400],
  },
  {
    what: 'bytes that are no UTF-8',
    request: json(
      Buffer.concat([
        Buffer.from('{"model":"'),
        Buffer.from([0xff, 0xc0, 0x80]),
        Buffer.from('","messages":[{"role":"user"}]}'),
      ]),
    ),
    expected: [200, 400],
  },
  { what: 'UTF-16', request: json(Buffer.from(chat, 'utf16le')), expected: [400] },
  { what: 'a byte-order mark', request: json(`\ufeff${chat}`), expected: [200, 400] },
  { what: 'nothing', request: json(''), expected: [400] },
  { what: 'NUL bytes', request: json('\0'.repeat(1_000)), expected: [400] },
  {
    what: 'a model of a megabyte',
    request: json(`{"model":"${'m'.repeat(1_000_000)}","messages":[{"role":"user"}]}`),
    expected: [200, 400, 404],
  },
  {
    what: 'a hundred thousand messages',
    request: json(`{"model":"m","messages":[${Array(100_000).fill('{"role":"user"}').join()}]}`),
    expected: [200, 400],
  },
];
