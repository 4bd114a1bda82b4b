import type { ChatRequest, Json } from '../records/call.ts';
import type { RouteReason } from '../records/route.ts';

/** What the calls of a task version ask for besides their prompt: canonical JSON of each field that may change the answer. */
export type RequestTraits = ReadonlyMap<string, string>;

/** How the answer travels, who asked and how it is billed: none of it changes what the answer says. */
const harmless = new Set([
  'messages',
  'metadata',
  'model',
  'prompt_cache_key',
  'prompt_cache_retention',
  'safety_identifier',
  'service_tier',
  'store',
  'stream',
  'stream_options',
  'user',
]);

/** What a field means where it is left out; `null` means the same. */
const defaults: Readonly<Record<string, Json>> = {
  frequency_penalty: 0,
  function_call: 'auto',
  functions: [],
  logprobs: false,
  logit_bias: {},
  modalities: ['text'],
  n: 1,
  parallel_tool_calls: true,
  presence_penalty: 0,
  response_format: { type: 'text' },
  temperature: 1,
  tool_choice: 'auto',
  tools: [],
  top_logprobs: 0,
  top_p: 1,
};

const reasons: Readonly<Record<string, RouteReason>> = {
  function_call: 'unsupported-tools',
  functions: 'unsupported-tools',
  parallel_tool_calls: 'unsupported-tools',
  response_format: 'unsupported-response-format',
  tool_choice: 'unsupported-tools',
  tools: 'unsupported-tools',
};

/** Room enough for any label, in tokens; a tighter limit than the task's own could cut the teacher's answer. */
const roomyTokens = 256;
const tokenLimits = ['max_tokens', 'max_completion_tokens'];

/** What a request asks for, to compare others with. */
export function traitsOf(request: ChatRequest): RequestTraits {
  const traits = new Map<string, string>();
  for (const [key, value] of Object.entries(request)) {
    const trait = traitOf(key, value);
    if (trait !== null) traits.set(key, trait);
  }
  return traits;
}

/**
 * Why no student may answer this request: it asks for what students cannot give, or for something else than the calls
 * that the student was certified on. Null where nothing forbids it.
 */
export function studentObstacle(request: ChatRequest, seen: RequestTraits): RouteReason | null {
  return impossible(request) ?? unseen(request, seen);
}

function impossible(request: ChatRequest): RouteReason | null {
  if (isSet(request.n) && request.n !== 1) return 'unsupported-n';
  if (request.logprobs === true || (isSet(request.top_logprobs) && request.top_logprobs !== 0))
    return 'unsupported-logprobs';
  return request.messages.every((message) => isText(message.content)) ? null : 'unsupported-content';
}

function unseen(request: ChatRequest, seen: RequestTraits): RouteReason | null {
  const asked = traitsOf(request);
  for (const key of new Set([...asked.keys(), ...seen.keys()]))
    if (!tokenLimits.includes(key) && asked.get(key) !== seen.get(key)) return reasons[key] ?? 'unsupported-parameter';
  return isTighter(tokenLimitOf(asked), tokenLimitOf(seen)) ? 'unsupported-parameter' : null;
}

/** The tightest, under whichever name; undefined where there is none. */
function tokenLimitOf(traits: RequestTraits): number | undefined {
  const limits = tokenLimits.flatMap((name) => (traits.has(name) ? [Number(traits.get(name))] : []));
  return limits.length === 0 ? undefined : Math.min(...limits);
}

function isTighter(asked: number | undefined, seen: number | undefined): boolean {
  return asked !== undefined && !(asked >= (seen ?? roomyTokens));
}

function isText(content: Json | undefined): boolean {
  if (content === undefined || content === null || typeof content === 'string') return true;
  if (!Array.isArray(content)) return false;
  return content.every(
    (part: Json) =>
      typeof part === 'object' &&
      part !== null &&
      'type' in part &&
      part.type === 'text' &&
      typeof part.text === 'string',
  );
}

function isSet(value: Json | undefined): boolean {
  return value !== undefined && value !== null;
}

/** Canonical JSON, or null where the field says nothing. */
function traitOf(key: string, value: Json | undefined): string | null {
  if (harmless.has(key) || value === undefined || value === null) return null;
  if (key === 'tools' || key === 'response_format') return cachedCanonical(value, defaults[key]);
  const text = canonicalJson(value);
  return text === JSON.stringify(defaults[key]) ? null : text;
}

// An application sends the same few tool lists again and again, and they are the only long fields.
const canonicalTexts = new Map<string, string | null>();
const canonicalTextsKept = 1_000;

function cachedCanonical(value: Json, byDefault: Json | undefined): string | null {
  const raw = JSON.stringify(value);
  const known = canonicalTexts.get(raw);
  if (known !== undefined) return known;
  const text = canonicalJson(value);
  const trait = text === JSON.stringify(byDefault) ? null : text;
  if (canonicalTexts.size >= canonicalTextsKept) canonicalTexts.clear();
  canonicalTexts.set(raw, trait);
  return trait;
}

function canonicalJson(value: Json): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
