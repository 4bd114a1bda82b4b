import { type ErrorCode, errorCatalogue, RightsizeError } from '../errors.ts';
import { isJsonObject } from '../records/call.ts';
import { readServerFile } from '../server/server-file.ts';
import { readSecret, type Settings } from '../settings.ts';

/** The server that holds a data folder, as commands talk to it. */
export interface ServerClient {
  readonly origin: string;
  /** Throws a RightsizeError with the server's own code and message. */
  get<Document>(path: string): Promise<Document>;
  post<Document>(path: string, body: unknown, withinMs?: number): Promise<Document>;
}

const answerWithinMs = 10_000;

/** Null where no server runs on this folder, whatever a dead one left behind. */
export async function findServer(settings: Settings): Promise<ServerClient | null> {
  const address = await readServerFile(settings.data);
  if (address === null || !(await isAlive(address.origin))) return null;
  const key = readSecret(settings.keys.admin);
  const headers = { 'content-type': 'application/json', ...(key === null ? {} : { authorization: `Bearer ${key}` }) };
  const ask = (path: string, options: RequestInit, withinMs = answerWithinMs) =>
    fetch(address.origin + path, { ...options, headers, signal: AbortSignal.timeout(withinMs) });
  return {
    origin: address.origin,
    get: async (path) => read(await ask(path, {})),
    post: async (path, body, withinMs) =>
      read(await ask(path, { method: 'POST', body: JSON.stringify(body) }, withinMs)),
  };
}

async function isAlive(origin: string): Promise<boolean> {
  try {
    return (await fetch(`${origin}/healthz`, { signal: AbortSignal.timeout(2_000) })).ok;
  } catch {
    return false;
  }
}

async function read<Document>(response: Response): Promise<Document> {
  const document: unknown = await response.json();
  if (response.ok) return document as Document;
  const error = isJsonObject(document) && isJsonObject(document.error) ? document.error : {};
  throw asOwnError(String(error.code), String(error.message ?? `HTTP ${response.status}`));
}

/** The server puts the way out behind the message; here they are two lines again. */
function asOwnError(code: string, text: string): RightsizeError {
  const known = isErrorCode(code) ? code : 'internal';
  const { remedy } = errorCatalogue[known];
  return new RightsizeError(known, text.endsWith(` ${remedy}`) ? text.slice(0, -remedy.length - 1) : text);
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorCatalogue, code);
}
