import type { ChatRequest } from '../records/call.ts';

/** What finding tasks reads of a request: what must be equal between calls of one template, and the texts that are compared. */
export interface Prompt {
  /** Tenant, explicit task, roles and kinds of content, tools, response format: calls that differ here never share a template. */
  readonly structure: string;
  readonly roles: readonly string[];
  /** One text a message; a message without text has ''. */
  readonly texts: readonly string[];
  readonly model: string;
  readonly toolsJson: string | null;
  readonly formatJson: string | null;
}

export interface PromptSource {
  readonly tenant: string;
  readonly task: string | null;
  readonly request: ChatRequest;
}

/** Reads a request. Never throws: a request without messages, or with broken ones, is a prompt with fewer texts. */
export function readPrompt({ tenant, task, request }: PromptSource): Prompt {
  const messages: readonly unknown[] = Array.isArray(request.messages) ? request.messages : [];
  const roles: string[] = [];
  const texts: string[] = [];
  let kinds = '';
  for (const message of messages) {
    const read = readMessage(message);
    roles.push(read.role);
    texts.push(read.text);
    kinds += `${read.role}${read.kind} `;
  }
  const toolsJson = jsonOf(request.tools, request.tool_choice);
  const formatJson = jsonOf(request.response_format);
  return {
    structure: `${tenant}\u0000${task ?? ''}\u0000${kinds}\u0000${toolsJson ?? ''}\u0000${formatJson ?? ''}`,
    roles,
    texts,
    model: typeof request.model === 'string' ? request.model : '',
    toolsJson,
    formatJson,
  };
}

interface ReadMessage {
  readonly role: string;
  readonly text: string;
  /** What the message holds beside text: part of the structure. */
  readonly kind: string;
}

function readMessage(message: unknown): ReadMessage {
  if (!isObject(message)) return { role: '?', text: '', kind: '' };
  const role = typeof message.role === 'string' ? message.role : '?';
  const content = message.content;
  const calls = Array.isArray(message.tool_calls) ? '+calls' : '';
  if (typeof content === 'string') return { role, text: content, kind: calls };
  if (!Array.isArray(content)) return { role, text: '', kind: calls };
  const texts: string[] = [];
  let kind = calls;
  for (const part of content) {
    if (typeof part === 'string') texts.push(part);
    else if (isObject(part) && typeof part.text === 'string') texts.push(part.text);
    else kind += `+${isObject(part) && typeof part.type === 'string' ? part.type : '?'}`;
  }
  return { role, text: texts.join('\n'), kind };
}

/** The same JSON for the same meaning, whatever the order of keys; null where there is nothing. */
function jsonOf(...values: readonly unknown[]): string | null {
  if (values.every((value) => value === undefined || value === null)) return null;
  const raw = JSON.stringify(values);
  const known = canonicalJson.get(raw);
  if (known !== undefined) return known;
  const canonical = JSON.stringify(sortKeys(JSON.parse(raw), 0));
  // Tools that carry something of the call (a date, an id) must not fill the memory.
  if (canonicalJson.size >= 2000) canonicalJson.clear();
  canonicalJson.set(raw, canonical);
  return canonical;
}

// Sorting costs more than looking up: an application sends the same few tool lists again and again.
const canonicalJson = new Map<string, string>();

function sortKeys(value: unknown, depth: number): unknown {
  if (depth > 100) return value;
  if (Array.isArray(value)) return value.map((item) => sortKeys(item, depth + 1));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, sortKeys(value[key], depth + 1)]),
  );
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
