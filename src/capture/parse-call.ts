import type { Call, ChatRequest, Gold, JsonObject } from '../records/call.ts';

/** A call as a log tells it: `id` and `at` are null where it does not say; the reader of the whole log fills them in. */
export type CallDraft = Omit<Call, 'id' | 'at' | 'tenant'> & {
  readonly id: string | null;
  readonly at: number | null;
  readonly tenant: string | null;
};

export type ParsedCall =
  | { readonly ok: true; readonly draft: CallDraft }
  /** The reason names the field and its value. */
  | { readonly ok: false; readonly reason: string };

/** Reads one record of the call log (docs/guides/call-log.md). Never throws: what is wrong is told. */
export function parseCall(record: unknown): ParsedCall {
  try {
    return { ok: true, draft: draftOf(record) };
  } catch (error) {
    if (error instanceof BadField) return { ok: false, reason: error.message };
    throw error;
  }
}

class BadField extends Error {}

function draftOf(record: unknown): CallDraft {
  if (!isObject(record)) throw new BadField(`is ${describe(record)}; give a JSON object`);
  return {
    id: optional(record, 'id', readId),
    at: optional(record, 'at', readTime),
    tenant: optional(record, 'tenant', readText),
    status: optional(record, 'status', readStatus) ?? 200,
    latencyMs: optional(record, 'latencyMs', readLatency),
    request: readRequest(record.request),
    response: readResponse(record.response),
    task: optional(record, 'task', readText),
    gold: (record.gold ?? null) as Gold | null,
    tags: optional(record, 'tags', readTags) ?? {},
  };
}

function optional<Value>(
  record: JsonObject,
  field: string,
  read: (value: unknown, field: string) => Value,
): Value | null {
  const value = record[field];
  return value === undefined || value === null ? null : read(value, field);
}

function readId(value: unknown, field: string): string {
  return typeof value === 'number' ? String(value) : readText(value, field);
}

function readText(value: unknown, field: string): string {
  if (typeof value === 'string' && value !== '') return value;
  throw new BadField(`\`${field}\` is ${describe(value)}; give a text`);
}

function readTime(value: unknown, field: string): number {
  const at = parseTime(value);
  if (at !== null) return at;
  throw new BadField(`\`${field}\` is ${describe(value)}; give a time like 2026-10-01T00:01:22.155Z`);
}

function readStatus(value: unknown, field: string): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 100 && value <= 599) return value;
  throw new BadField(`\`${field}\` is ${describe(value)}; give an HTTP status from 100 to 599`);
}

function readLatency(value: unknown, field: string): number {
  if (typeof value === 'number' && Number.isFinite(value) && value >= 0) return value;
  throw new BadField(`\`${field}\` is ${describe(value)}; give milliseconds from 0`);
}

function readRequest(value: unknown): ChatRequest {
  if (!isObject(value)) throw new BadField(`\`request\` is ${describe(value)}; give the body of a chat completion`);
  if (typeof value.model !== 'string' || value.model === '') {
    throw new BadField(`\`request.model\` is ${describe(value.model)}; give the model's name`);
  }
  const messages = value.messages;
  if (!Array.isArray(messages) || messages.length === 0) {
    throw new BadField(`\`request.messages\` is ${describe(messages)}; give the messages of a chat completion`);
  }
  messages.forEach((message: unknown, index) => {
    if (!isObject(message) || typeof message.role !== 'string') {
      throw new BadField(`\`request.messages[${index}]\` is ${describe(message)}; give an object with a \`role\``);
    }
  });
  return value as ChatRequest;
}

function readResponse(value: unknown): JsonObject {
  if (isObject(value)) return value;
  throw new BadField(`\`response\` is ${describe(value)}; give the body of the answer`);
}

function readTags(value: unknown): Readonly<Record<string, string>> {
  if (!isObject(value)) throw new BadField(`\`tags\` is ${describe(value)}; give an object of texts`);
  const tags: [string, string][] = Object.entries(value).flatMap(([name, tag]) => {
    if (tag === null) return [];
    if (typeof tag === 'object') throw new BadField(`\`tags.${name}\` is ${describe(tag)}; give a text`);
    return [[name, String(tag)]];
  });
  return Object.fromEntries(tags);
}

/** Numbers below are seconds since 1970 (until the year 5138), others milliseconds. */
const secondsBelow = 1e11;
/** The last moment that a `Date` can hold. */
const lastMoment = 8.64e15;

/** Milliseconds since 1970 of an ISO 8601 text (UTC where it names no zone) or a number; null where it is neither. */
export function parseTime(value: unknown): number | null {
  if (typeof value === 'number') {
    const at = Math.round(Math.abs(value) < secondsBelow ? value * 1000 : value);
    return Math.abs(at) <= lastMoment ? at : null;
  }
  if (typeof value !== 'string' || !/^\d{4}-\d\d-\d\d/.test(value)) return null;
  const hasZone = /(z|[+-]\d\d:?\d\d)$/i.test(value) || value.length === 10;
  const at = Date.parse(hasZone ? value : `${value}Z`);
  return Number.isNaN(at) ? null : at;
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A value in an error message: short, and telling missing from empty. */
function describe(value: unknown): string {
  if (value === undefined) return 'missing';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (isObject(value)) return 'an object';
  const text = JSON.stringify(value);
  return text.length > 40 ? `${text.slice(0, 37)}…` : text;
}
