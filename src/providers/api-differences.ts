import type { Readable } from 'node:stream';
import { editTopLevel, type MemberEdit } from './edit-top-level.ts';
import type { UpstreamRequest } from './provider.ts';

/** Where an API that speaks OpenAI's language differs from OpenAI's own. */
export interface ApiDifferences {
  /** The header that carries the key; `bearer` is `Authorization: Bearer KEY`. */
  readonly key?: 'bearer' | 'api-key' | 'x-api-key';
  /** Azure's older form: the deployment stands in the path, and the version in the query. */
  readonly deploymentPath?: { readonly apiVersion: string };
  /** Members of a request's body that go under another name, or not at all. */
  readonly members?: Readonly<Record<string, MemberEdit>>;
}

export function keyHeaders(apiKey: string, { key = 'bearer' }: ApiDifferences = {}): Record<string, string> {
  return key === 'bearer' ? { authorization: `Bearer ${apiKey}` } : { [key]: apiKey };
}

/** Endpoints that Azure has once a deployment, not once an account. */
const ofDeployments = /^\/(chat\/completions|completions|embeddings|audio\/|images\/)/;

/** The path below the base URL. */
export function differingPath(
  { path, model }: Pick<UpstreamRequest, 'path' | 'model'>,
  { deploymentPath }: ApiDifferences = {},
): string {
  if (deploymentPath === undefined) return path;
  const isOfDeployment = model != null && ofDeployments.test(path);
  const prefix = isOfDeployment ? `/openai/deployments/${encodeURIComponent(model)}` : '/openai';
  const joint = path.includes('?') ? '&' : '?';
  return `${prefix}${path}${joint}api-version=${encodeURIComponent(deploymentPath.apiVersion)}`;
}

/** The body as this API takes it; a streaming one goes as it is. */
export function differingRequestBody(
  body: Buffer | Readable | null,
  { members }: ApiDifferences = {},
): Buffer | Readable | null {
  return members === undefined || !Buffer.isBuffer(body) ? body : editTopLevel(body, members);
}
