import type { Context } from 'hono';
import type { z } from 'zod';
import { RightsizeError } from '../errors.ts';

/** The body of an admin request. Throws `invalid_request` naming the field; `remedy` shows what is wanted. */
export async function readJsonBody<Body>(context: Context, schema: z.ZodType<Body>, remedy: string): Promise<Body> {
  const contentType = context.req.header('content-type');
  // A form can be posted from any page without asking; JSON cannot.
  if (!contentType?.startsWith('application/json'))
    throw new RightsizeError('invalid_request', `The content type is \`${contentType ?? 'missing'}\`.`, {
      remedy: 'Send `application/json`.',
    });
  const result = schema.safeParse(parseJson(await context.req.text()));
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw new RightsizeError('invalid_request', `\`${issue?.path.join('.') || 'body'}\`: ${issue?.message}.`, { remedy });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
