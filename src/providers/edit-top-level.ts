/** What becomes of one member of the outermost object. Both may be given. */
export interface MemberEdit {
  /** JSON that takes the place of the value. */
  readonly value?: string;
  /** Another name for the member. */
  readonly name?: string;
}

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const colon = 0x3a;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;

/**
 * A JSON object's bytes with some of its own members changed; every other byte, the spelling of numbers among them, stays
 * as it is. Members of objects inside are left alone, and of members that stand twice both are changed. What is no JSON
 * object comes back unchanged.
 */
export function editTopLevel(body: Buffer, edits: Readonly<Record<string, MemberEdit>>): Buffer {
  const pieces: Buffer[] = [];
  let kept = 0;
  const replace = (from: number, to: number, text: string) => {
    pieces.push(body.subarray(kept, from), Buffer.from(text));
    kept = to;
  };
  let at = skipSpace(body, 0);
  if (body[at] !== openBrace) return body;
  at = skipSpace(body, at + 1);
  while (body[at] === quote) {
    const keyEnd = skipString(body, at);
    const valueStart = skipSpace(body, skipSpace(body, keyEnd) + 1);
    if (body[skipSpace(body, keyEnd)] !== colon) return body;
    const valueEnd = skipValue(body, valueStart);
    if (valueEnd <= valueStart) return body;
    const edit = editOf(body, at, keyEnd, edits);
    if (edit?.name !== undefined) replace(at, keyEnd, JSON.stringify(edit.name));
    if (edit?.value !== undefined) replace(valueStart, valueEnd, edit.value);
    at = skipSpace(body, valueEnd);
    if (body[at] !== comma) break;
    at = skipSpace(body, at + 1);
  }
  if (body[at] !== closeBrace || pieces.length === 0) return body;
  return Buffer.concat([...pieces, body.subarray(kept)]);
}

function editOf(
  body: Buffer,
  from: number,
  to: number,
  edits: Readonly<Record<string, MemberEdit>>,
): MemberEdit | undefined {
  const spelled = body.toString('utf8', from + 1, to - 1);
  const key = spelled.includes('\\') ? unescaped(spelled) : spelled;
  return Object.hasOwn(edits, key) ? edits[key] : undefined;
}

function unescaped(spelled: string): string {
  try {
    return String(JSON.parse(`"${spelled}"`));
  } catch {
    return spelled;
  }
}

function skipSpace(body: Buffer, from: number): number {
  let at = from;
  while (body[at] === 0x20 || body[at] === 0x0a || body[at] === 0x0d || body[at] === 0x09) at++;
  return at;
}

/** Behind the closing quote. Long strings, images for instance, are crossed by the runtime's own search. */
function skipString(body: Buffer, from: number): number {
  for (let at = from + 1; ; ) {
    const end = body.indexOf(quote, at);
    if (end < 0) return body.length;
    let first = end;
    while (body[first - 1] === backslash) first--;
    if ((end - first) % 2 === 0) return end + 1;
    at = end + 1;
  }
}

function skipValue(body: Buffer, from: number): number {
  const first = body[from];
  if (first === quote) return skipString(body, from);
  if (first === openBrace || first === openBracket) return skipNested(body, from);
  let at = from;
  while (at < body.length && !isEndOfScalar(body[at])) at++;
  return at;
}

function isEndOfScalar(byte: number | undefined): boolean {
  return byte === comma || byte === closeBrace || byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

function skipNested(body: Buffer, from: number): number {
  let depth = 0;
  for (let at = from; at < body.length; ) {
    const byte = body[at];
    if (byte === quote) at = skipString(body, at);
    else {
      if (byte === openBrace || byte === openBracket) depth++;
      else if (byte === closeBrace || byte === closeBracket) depth--;
      at++;
      if (depth === 0) return at;
    }
  }
  return body.length;
}
