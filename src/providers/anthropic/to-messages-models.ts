import { isJsonObject, type JsonObject } from '../../records/call.ts';

/** A model or a list of models, as OpenAI tells them, in the words of Anthropic. */
export function toMessagesModels(answer: JsonObject): JsonObject {
  if (!Array.isArray(answer.data)) return toModel(answer);
  const data = answer.data.filter(isJsonObject).map(toModel);
  return { data, has_more: false, first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null };
}

function toModel({ id, created, display_name: name }: JsonObject): JsonObject {
  const seconds = typeof created === 'number' ? created : 0;
  return {
    type: 'model',
    id: String(id),
    display_name: typeof name === 'string' ? name : String(id),
    created_at: new Date(seconds * 1_000).toISOString(),
  };
}
