import { type ChatMessage, isJsonObject, type Json, type JsonObject } from '../../records/call.ts';
import type { OnUntranslatable } from './to-chat-request.ts';
import { isUnsaid, said, textOf } from './wire-words.ts';

/** Anthropic's turns as the messages of a chat: each answer of a tool becomes a message of its own, before the rest of its turn. */
export function toChatMessages(
  { system, messages }: JsonObject,
  onUntranslatable: OnUntranslatable,
): readonly ChatMessage[] {
  const turns: readonly Json[] = Array.isArray(messages) ? messages : [];
  const instruction = plainText(system, 'system', onUntranslatable);
  return [
    ...(instruction === null ? [] : [{ role: 'system', content: instruction }]),
    ...turns.flatMap((turn, at) => messagesOf(turn, `messages[${at}]`, onUntranslatable)),
  ];
}

function messagesOf(turn: Json, path: string, onUntranslatable: OnUntranslatable): readonly ChatMessage[] {
  if (!isJsonObject(turn)) return [];
  const content = `${path}.content`;
  if (turn.role === 'assistant') return [assistantMessage(turn.content, content, onUntranslatable)];
  if (turn.role === 'user') return userMessages(turn.content, content, onUntranslatable);
  if (turn.role === 'system')
    return [{ role: 'system', content: plainText(turn.content, content, onUntranslatable) ?? '' }];
  onUntranslatable({ param: `${path}.role`, why: 'is neither user nor assistant' });
  return [];
}

function userMessages(content: Json | undefined, path: string, onUntranslatable: OnUntranslatable): ChatMessage[] {
  if (typeof content === 'string') return [{ role: 'user', content }];
  const blocks = blocksOf(content);
  const results = blocks.flatMap(({ block, at }) =>
    block.type === 'tool_result' ? [toolMessage(block, `${path}[${at}]`, onUntranslatable)] : [],
  );
  const parts = blocks.flatMap(({ block, at }) =>
    block.type === 'tool_result' ? [] : userPart(block, `${path}[${at}]`, onUntranslatable),
  );
  return parts.length === 0 && results.length > 0 ? results : [...results, { role: 'user', content: inShort(parts) }];
}

/** A single text needs no part around it; not every server takes parts. */
function inShort(parts: readonly Json[]): Json {
  const [only] = parts;
  return parts.length === 1 && isJsonObject(only) && only.type === 'text' ? textOf(only.text) : parts;
}

function toolMessage(block: JsonObject, path: string, onUntranslatable: OnUntranslatable): ChatMessage {
  return {
    role: 'tool',
    tool_call_id: textOf(block.tool_use_id),
    content: plainText(block.content, `${path}.content`, onUntranslatable) ?? '',
  };
}

function userPart(block: JsonObject, path: string, onUntranslatable: OnUntranslatable): Json[] {
  if (block.type === 'text') return [{ type: 'text', text: textOf(block.text) }];
  const source = isJsonObject(block.source) ? block.source : {};
  if (block.type === 'image') {
    if (source.type === 'url') return [{ type: 'image_url', image_url: { url: textOf(source.url) } }];
    if (source.type === 'base64') return [{ type: 'image_url', image_url: { url: dataUrl(source) } }];
  }
  if (block.type === 'document') {
    if (source.type === 'text') return [{ type: 'text', text: textOf(source.data) }];
    if (source.type === 'base64')
      return [{ type: 'file', file: { filename: textOf(block.title) || 'document.pdf', file_data: dataUrl(source) } }];
  }
  onUntranslatable({
    param: path,
    why: `is of type "${textOf(block.type)}" that chat completions have no counterpart of`,
  });
  return [];
}

function dataUrl(source: JsonObject): string {
  return `data:${textOf(source.media_type)};base64,${textOf(source.data)}`;
}

function assistantMessage(content: Json | undefined, path: string, onUntranslatable: OnUntranslatable): ChatMessage {
  if (typeof content === 'string') return { role: 'assistant', content };
  const text: string[] = [];
  const calls: Json[] = [];
  for (const { block, at } of blocksOf(content)) {
    if (block.type === 'text') text.push(textOf(block.text));
    else if (block.type === 'tool_use') calls.push(toolCall(block));
    else if (block.type !== 'thinking' && block.type !== 'redacted_thinking')
      onUntranslatable({
        param: `${path}[${at}]`,
        why: `is of type "${textOf(block.type)}" that only Anthropic knows`,
      });
  }
  return {
    role: 'assistant',
    content: text.length === 0 ? null : text.join(''),
    ...(calls.length === 0 ? {} : { tool_calls: calls }),
  };
}

function toolCall({ id, name, input }: JsonObject): Json {
  const made = { name: textOf(name), arguments: JSON.stringify(input ?? {}) };
  return said({ id: textOf(id), type: 'function', function: made });
}

/** Text alone; null where there is none. */
function plainText(content: Json | undefined, path: string, onUntranslatable: OnUntranslatable): string | null {
  if (isUnsaid(content)) return null;
  if (typeof content === 'string') return content;
  const texts = blocksOf(content).map(({ block, at }) => {
    if (block.type !== 'text') onUntranslatable({ param: `${path}[${at}]`, why: 'is no text' });
    return textOf(block.text);
  });
  return texts.length === 0 ? null : texts.join('\n\n');
}

function blocksOf(content: Json | undefined): readonly { readonly block: JsonObject; readonly at: number }[] {
  if (!Array.isArray(content)) return [];
  return content.flatMap((block: Json, at) => (isJsonObject(block) ? [{ block, at }] : []));
}
