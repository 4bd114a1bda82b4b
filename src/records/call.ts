/** JSON as it comes off the wire. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json | undefined;
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** One message of a chat request. `content` is text, a list of parts, or null (an assistant turn of tool calls). */
export interface ChatMessage extends JsonObject {
  readonly role: string;
  readonly content?: Json;
}

/** The body of a chat completion request, untouched. Only what the program reads is named. */
export interface ChatRequest extends JsonObject {
  readonly model: string;
  readonly messages: readonly ChatMessage[];
}

/** An answer that a person verified: text, or an object for structured answers. It scores, and never trains. */
export type Gold = string | number | boolean | readonly Json[] | JsonObject;

/** One request and its answer, through the gateway or from a log. */
export interface Call {
  readonly id: string;
  /** Milliseconds since 1970, UTC. */
  readonly at: number;
  readonly tenant: string;
  /** The HTTP status of the answer; 200 where a log does not say. */
  readonly status: number;
  /** Null where a log does not say. */
  readonly latencyMs: number | null;
  readonly request: ChatRequest;
  /** The body of the answer, untouched; an error body where `status` is not 2xx. */
  readonly response: JsonObject;
  /** The task's name, where the application gave one. */
  readonly task: string | null;
  readonly gold: Gold | null;
  readonly tags: Readonly<Record<string, string>>;
}

/** What a model reported having used; null where it reported nothing. Unknown is never zero. */
export interface Usage {
  readonly inputTokens: number | null;
  readonly outputTokens: number | null;
  readonly cachedInputTokens: number | null;
}
