/** One answer as it stood on the wire. */
export interface RawAnswer {
  readonly status: number;
  /** Lower-case names; of several of one name the last. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** False where the connection ended before the body was whole. */
  readonly isWhole: boolean;
}

/** All answers in what a server sent on one connection. Throws where it is no HTTP. */
export function readAnswers(bytes: Buffer): readonly RawAnswer[] {
  const answers: RawAnswer[] = [];
  let rest = bytes;
  while (rest.length > 0) {
    const end = rest.indexOf('\r\n\r\n');
    if (end < 0) throw new Error(`no whole head: ${shown(rest)}`);
    const [line = '', ...lines] = rest.subarray(0, end).toString('latin1').split('\r\n');
    const status = Number(/^HTTP\/1\.1 (\d{3})(?: |$)/.exec(line)?.[1]);
    if (Number.isNaN(status)) throw new Error(`no status line: ${shown(rest)}`);
    const headers = Object.fromEntries(lines.map(parseHeader));
    const { body, isWhole, length } = readBody(rest.subarray(end + 4), status, headers);
    if (status >= 200) answers.push({ status, headers, body, isWhole });
    rest = rest.subarray(end + 4 + length);
  }
  return answers;
}

function parseHeader(line: string): readonly [name: string, value: string] {
  const colon = line.indexOf(':');
  if (colon < 1) throw new Error(`no header: ${line.slice(0, 100)}`);
  return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
}

interface ReadBody {
  readonly body: Buffer;
  readonly isWhole: boolean;
  /** Bytes taken. */
  readonly length: number;
}

function readBody(bytes: Buffer, status: number, headers: Readonly<Record<string, string>>): ReadBody {
  if (status < 200 || status === 204 || status === 304) return { body: Buffer.alloc(0), isWhole: true, length: 0 };
  if (headers['transfer-encoding'] === 'chunked') {
    if (headers['content-length'] !== undefined) throw new Error('content-length beside transfer-encoding');
    return readChunks(bytes);
  }
  const length = Number(headers['content-length'] ?? bytes.length);
  return { body: bytes.subarray(0, length), isWhole: bytes.length >= length, length: Math.min(length, bytes.length) };
}

function readChunks(bytes: Buffer): ReadBody {
  const pieces: Buffer[] = [];
  let at = 0;
  while (true) {
    const lineEnd = bytes.indexOf('\r\n', at);
    if (lineEnd < 0) return { body: Buffer.concat(pieces), isWhole: false, length: bytes.length };
    const size = Number.parseInt(bytes.subarray(at, lineEnd).toString('latin1'), 16);
    if (Number.isNaN(size)) throw new Error(`no chunk size: ${shown(bytes.subarray(at))}`);
    const start = lineEnd + 2;
    if (size === 0) return { body: Buffer.concat(pieces), isWhole: true, length: start + 2 };
    pieces.push(bytes.subarray(start, start + size));
    if (start + size + 2 > bytes.length) return { body: Buffer.concat(pieces), isWhole: false, length: bytes.length };
    at = start + size + 2;
  }
}

/** What is wrong with an answer, in words; null where nothing is. An error must be an error object as OpenAI writes it. */
export function faultOf({ status, headers, body, isWhole }: RawAnswer): string | null {
  if (status < 400 || !isWhole) return null;
  if (!/json/.test(headers['content-type'] ?? ''))
    return `a ${status} of type ${headers['content-type'] ?? 'nothing'}: ${shown(body)}`;
  if (headers['content-encoding'] !== undefined) return null;
  const error = innerError(body);
  if (error === null) return `a ${status} without an error object: ${shown(body)}`;
  // An upstream's own error object goes on as it is, with whatever it has beside its message.
  return typeof error.message === 'string' ? null : `a ${status} whose error has no message: ${shown(body)}`;
}

function innerError(body: Buffer): Readonly<Record<string, unknown>> | null {
  try {
    const { error } = JSON.parse(body.toString()) as { error?: unknown };
    return typeof error === 'object' && error !== null ? (error as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

function shown(bytes: Buffer): string {
  return JSON.stringify(bytes.subarray(0, 160).toString('latin1'));
}
