import { isJsonObject } from '../../records/call.ts';

/**
 * Takes out of whole events what the upstream says only because the gateway asked it to: the chunk that holds nothing but
 * the usage, and the `usage` of every other chunk. Everything else stays byte for byte. Null: nothing is left.
 */
export function stripUsage(events: Buffer): Buffer | null {
  const at = events.indexOf(usageName);
  if (at === -1) return events;
  const quick = withoutNull(events, at);
  if (quick !== null) return quick;
  const kept = splitEvents(events.toString('utf8')).map(withoutUsage).join('');
  return kept === '' ? null : Buffer.from(kept);
}

const usageName = Buffer.from('"usage"');
const usageOfNothing = Buffer.from(',"usage":null');
/** What may stand behind it in the outermost object: nothing that opens another. */
const plainEnd = /^(?:,"\w+":(?:"[^"\\]*"|[\d.]+|null))*\}\r?\n\r?\n$/;
const longestEnd = 400;

/**
 * The way of nearly all chunks, about a microsecond long: one event whose usage is null. No text can hold these signs, for
 * its quotes would be escaped. Null where it is anything else.
 */
function withoutNull(events: Buffer, nameAt: number): Buffer | null {
  const at = nameAt - 1;
  const behind = at + usageOfNothing.length;
  if (
    at < 0 ||
    events.length - behind > longestEnd ||
    events.compare(usageOfNothing, 0, usageOfNothing.length, at, behind) !== 0
  )
    return null;
  if (!plainEnd.test(events.toString('latin1', behind))) return null;
  const kept = Buffer.allocUnsafe(events.length - usageOfNothing.length);
  events.copy(kept, 0, 0, at);
  events.copy(kept, at, behind);
  return kept;
}

/** Each with the empty line that ends it. */
function splitEvents(text: string): readonly string[] {
  return text.split(/(?<=\r\n\r\n|\n\n|\r\r|\n\r\n)/);
}

function withoutUsage(event: string): string {
  const line = /^(?:\ufeff)?data: ?(\{.*\})\s*$/m.exec(event);
  const json = line?.[1];
  if (json === undefined || !json.includes('"usage"')) return event;
  const chunk = parse(json);
  if (!isJsonObject(chunk) || !('usage' in chunk)) return event;
  const { choices } = chunk;
  if (isJsonObject(chunk.usage) && (!Array.isArray(choices) || choices.length === 0)) return '';
  return event.replace(json, () => withoutField(json, 'usage'));
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return null;
  }
}

/** The text of a JSON object less one of its own fields, spelled as before otherwise. */
export function withoutField(json: string, name: string): string {
  const found = findField(json, name);
  if (found === null) return json;
  const [start, end] = found;
  const before = json.slice(0, start);
  const after = json.slice(end);
  if (/,\s*$/.test(before)) return before.replace(/,\s*$/, '') + after;
  return before + after.replace(/^\s*,\s*/, '');
}

/** Where a field of the outermost object stands, from its name to the end of its value. */
function findField(json: string, name: string): readonly [start: number, end: number] | null {
  const wanted = JSON.stringify(name);
  let depth = 0;
  let start = -1;
  for (let at = 0; at < json.length; at++) {
    const sign = json[at];
    if (sign === '"') {
      const end = endOfString(json, at);
      if (start === -1 && depth === 1 && json.slice(at, end) === wanted && /^\s*:/.test(json.slice(end))) start = at;
      at = end - 1;
    } else if (sign === '{' || sign === '[') depth++;
    else if (sign === '}' || sign === ']') {
      depth--;
      if (start !== -1 && depth === 0) return [start, at];
    } else if (sign === ',' && start !== -1 && depth === 1) return [start, at];
  }
  return null;
}

function endOfString(json: string, start: number): number {
  let at = start + 1;
  while (at < json.length && json[at] !== '"') at += json[at] === '\\' ? 2 : 1;
  return at + 1;
}
