/** What becomes of one member of the outermost object. */
export interface MemberEdit {
  /** JSON that takes the place of the value. */
  readonly value?: string;
  /** Another name for the member. */
  readonly name?: string;
  /** The member is left out, and the spaces between the others with it. */
  readonly isDropped?: true;
}

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const colon = 0x3a;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;

/** Where one member stands in the bytes. */
interface Member {
  readonly start: number;
  readonly keyEnd: number;
  readonly valueStart: number;
  readonly end: number;
  readonly edit: MemberEdit | undefined;
}

/**
 * A JSON object's bytes with some of its own members changed; every other byte, the spelling of numbers among them, stays
 * as it is. Members of objects inside are left alone, and of members that stand twice both are changed. The bytes are taken
 * for valid JSON; what is no object comes back unchanged.
 */
export function editTopLevel(body: Buffer, edits: Readonly<Record<string, MemberEdit>>): Buffer {
  const members = readMembers(body, edits);
  const edited = members.filter(({ edit }) => edit !== undefined);
  if (edited.length === 0) return body;
  if (edited.some(({ edit }) => edit?.isDropped)) return withoutDropped(body, members);
  const pieces: Buffer[] = [];
  let kept = 0;
  for (const member of edited) {
    pieces.push(body.subarray(kept, member.start), editedMember(body, member));
    kept = member.end;
  }
  return Buffer.concat([...pieces, body.subarray(kept)]);
}

function withoutDropped(body: Buffer, members: readonly Member[]): Buffer {
  const kept = members.filter(({ edit }) => !edit?.isDropped).map((member) => editedMember(body, member));
  const joined = kept.flatMap((member, index) => (index === 0 ? [member] : [Buffer.from(','), member]));
  const end = members.at(-1)?.end ?? 0;
  return Buffer.concat([body.subarray(0, members[0]?.start), ...joined, body.subarray(end)]);
}

function editedMember(body: Buffer, { start, keyEnd, valueStart, end, edit }: Member): Buffer {
  const key = edit?.name === undefined ? body.subarray(start, keyEnd) : Buffer.from(JSON.stringify(edit.name));
  const value = edit?.value === undefined ? body.subarray(valueStart, end) : Buffer.from(edit.value);
  return Buffer.concat([key, body.subarray(keyEnd, valueStart), value]);
}

/** The members of the outermost object in their order; none where the bytes are no object. */
function readMembers(body: Buffer, edits: Readonly<Record<string, MemberEdit>>): readonly Member[] {
  const members: Member[] = [];
  const names = Object.keys(edits);
  const canStop = names.length === 1 && !edits[names[0] ?? '']?.isDropped;
  let at = skipSpace(body, 0);
  if (body[at] !== openBrace) return [];
  at = skipSpace(body, at + 1);
  while (body[at] === quote) {
    const keyEnd = skipString(body, at);
    const colonAt = skipSpace(body, keyEnd);
    const valueStart = skipSpace(body, colonAt + 1);
    const end = skipValue(body, valueStart);
    if (body[colonAt] !== colon || end <= valueStart) return [];
    const edit = editOf(body, at, keyEnd, edits);
    members.push({ start: at, keyEnd, valueStart, end, edit });
    if (edit !== undefined && canStop && !occursAgain(body, end, names)) return members;
    at = skipSpace(body, end);
    if (body[at] !== comma) break;
    at = skipSpace(body, at + 1);
  }
  return body[at] === closeBrace ? members : [];
}

/** Most bodies name a member once, and near their beginning; the rest need not be walked then. */
function occursAgain(body: Buffer, from: number, names: readonly string[]): boolean {
  return names.some((name) => body.indexOf(`"${name}"`, from) >= 0);
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

/** Bytes looked at one by one before the runtime's own search takes over, which is dearer to call and faster to run. */
const shortRun = 512;

/** Behind the closing quote. */
function skipString(body: Buffer, from: number): number {
  let at = from + 1;
  for (let run = 0; at < body.length; run++) {
    const byte = body[at];
    if (byte === quote) return at + 1;
    at += byte === backslash ? 2 : 1;
    if (run < shortRun) continue;
    at = nextOf(body, at);
    run = 0;
  }
  return body.length;
}

/** The next quote or backslash, or the end of a piece that is short enough to be searched again and again. */
function nextOf(body: Buffer, from: number): number {
  const piece = body.subarray(from, from + 4_096);
  const quoteAt = piece.indexOf(quote);
  const backslashAt = piece.indexOf(backslash);
  const nearest = Math.min(...[quoteAt, backslashAt, piece.length].filter((at) => at >= 0));
  return from + nearest;
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
