import { type ChatMessage, isJsonObject, type Json, type JsonObject } from '../../records/call.ts';
import { Untranslatable } from './untranslatable.ts';
import { isUnsaid, said, textOf } from './wire-words.ts';

interface Turn {
  readonly role: 'user' | 'assistant';
  readonly content: Json[];
}

/**
 * The messages of a chat as Anthropic's turns. Instructions, wherever they stand, go to `system`; the answers of tools go
 * into the turn of the user that follows; neighbours of one role become one turn. Throws Untranslatable.
 */
export function toMessages(messages: readonly ChatMessage[]): {
  readonly system: Json | undefined;
  readonly messages: Json;
} {
  const system: Json[] = [];
  const turns: Turn[] = [];
  messages.forEach((message, at) => {
    const path = `messages[${at}]`;
    if (message.role === 'system' || message.role === 'developer') system.push(...textBlocks(message.content, path));
    else addTurn(turns, turnOf(message, path));
  });
  return {
    system: inShort(system),
    messages: turns.map(({ role, content }) => ({ role, content: inShort(content) ?? [] })),
  };
}

/** A single plain text needs no block around it. */
function inShort(blocks: readonly Json[]): Json | undefined {
  const [only] = blocks;
  if (blocks.length === 0) return undefined;
  const isPlain = blocks.length === 1 && isJsonObject(only) && only.type === 'text' && Object.keys(only).length === 2;
  return isPlain ? only.text : blocks;
}

function addTurn(turns: Turn[], turn: Turn): void {
  const last = turns.at(-1);
  if (last?.role === turn.role) last.content.push(...turn.content);
  else turns.push(turn);
}

function turnOf(message: ChatMessage, path: string): Turn {
  switch (message.role) {
    case 'user':
      return { role: 'user', content: userBlocks(message.content, `${path}.content`) };
    case 'tool':
      return { role: 'user', content: [toolResult(message, path)] };
    case 'assistant':
      return { role: 'assistant', content: assistantBlocks(message, path) };
    default:
      throw new Untranslatable(`${path}.role`, `is "${message.role}", which Anthropic has no counterpart of`);
  }
}

function toolResult(message: ChatMessage, path: string): JsonObject {
  return said({
    type: 'tool_result',
    tool_use_id: message.tool_call_id,
    content: inShort(userBlocks(message.content, `${path}.content`)),
    cache_control: message.cache_control,
  });
}

function assistantBlocks(message: ChatMessage, path: string): Json[] {
  if (!isUnsaid(message.function_call))
    throw new Untranslatable(`${path}.function_call`, 'is out of date; use tool_calls');
  if (!isUnsaid(message.audio)) throw new Untranslatable(`${path}.audio`, 'has no counterpart in the API of Anthropic');
  const calls = Array.isArray(message.tool_calls) ? message.tool_calls : [];
  const thoughts = Array.isArray(message.thinking_blocks) ? message.thinking_blocks : [];
  const refusal = typeof message.refusal === 'string' ? [{ type: 'text', text: message.refusal }] : [];
  return [
    ...thoughts,
    ...textBlocks(message.content, path),
    ...refusal,
    ...calls.map((call: Json, at) => toolUse(call, `${path}.tool_calls[${at}]`)),
  ];
}

function toolUse(call: Json, path: string): JsonObject {
  const made = isJsonObject(call) ? call.function : undefined;
  if (!isJsonObject(call) || !isJsonObject(made)) throw new Untranslatable(path, 'is no call of a function');
  return { type: 'tool_use', id: textOf(call.id), name: textOf(made.name), input: inputOf(made.arguments, path) };
}

function inputOf(text: Json | undefined, path: string): JsonObject {
  try {
    const input: unknown = JSON.parse(textOf(text) || '{}');
    if (isJsonObject(input)) return input;
  } catch {
    // Told below, together with JSON that is no object.
  }
  throw new Untranslatable(`${path}.function.arguments`, 'is no JSON object');
}

/** Content that can be nothing but text. */
function textBlocks(content: Json | undefined, path: string): Json[] {
  if (isUnsaid(content)) return [];
  if (typeof content === 'string') return content === '' ? [] : [{ type: 'text', text: content }];
  if (!Array.isArray(content)) throw new Untranslatable(`${path}.content`, 'is neither text nor a list of parts');
  return content.map((part: Json, at) => {
    if (isJsonObject(part) && part.type === 'text') return textBlock(part);
    if (isJsonObject(part) && part.type === 'refusal') return { type: 'text', text: textOf(part.refusal) };
    throw new Untranslatable(`${path}.content[${at}]`, 'is no text, which is all that may stand here');
  });
}

function userBlocks(content: Json | undefined, path: string): Json[] {
  if (isUnsaid(content)) return [];
  if (typeof content === 'string') return [{ type: 'text', text: content }];
  if (!Array.isArray(content)) throw new Untranslatable(path, 'is neither text nor a list of parts');
  return content.map((part: Json, at) => userBlock(part, `${path}[${at}]`));
}

function userBlock(part: Json, path: string): JsonObject {
  if (isJsonObject(part)) {
    if (part.type === 'text') return textBlock(part);
    if (part.type === 'image_url') return { type: 'image', ...sourceOf(part.image_url, path), ...cacheControl(part) };
    if (part.type === 'file') return { type: 'document', ...fileOf(part.file, path), ...cacheControl(part) };
  }
  throw new Untranslatable(path, 'is neither text nor image nor file');
}

function textBlock(part: JsonObject): JsonObject {
  return { type: 'text', text: textOf(part.text), ...cacheControl(part) };
}

/** Anthropic's own field, which clients of several providers put into their parts. */
function cacheControl({ cache_control: control }: JsonObject): JsonObject {
  return isUnsaid(control) ? {} : { cache_control: control };
}

function sourceOf(image: Json | undefined, path: string): JsonObject {
  const url = isJsonObject(image) ? textOf(image.url) : '';
  const data = readDataUrl(url);
  if (data !== null) return { source: { type: 'base64', ...data } };
  if (/^https?:\/\//.test(url)) return { source: { type: 'url', url } };
  throw new Untranslatable(`${path}.image_url.url`, 'is neither an address nor base64 data');
}

function fileOf(file: Json | undefined, path: string): JsonObject {
  if (!isJsonObject(file)) throw new Untranslatable(`${path}.file`, 'is missing');
  const data = readDataUrl(textOf(file.file_data));
  if (data === null) throw new Untranslatable(`${path}.file`, 'does not carry its bytes as base64 data in `file_data`');
  return { source: { type: 'base64', ...data }, ...said({ title: file.filename }) };
}

function readDataUrl(url: string): { readonly media_type: string; readonly data: string } | null {
  const head = /^data:([\w.+-]+\/[\w.+-]+)(?:;[\w=.-]+)*;base64,/.exec(url);
  return head?.[1] === undefined ? null : { media_type: head[1], data: url.slice(head[0].length) };
}
