import type { Hono } from 'hono';
import { z } from 'zod';
import { RightsizeError } from '../errors.ts';
import type { AdminParts } from './admin-app.ts';
import type { AdminRoute } from './admin-route.ts';
import type { ErasureRequest } from './erase-calls.ts';
import { readJsonBody } from './read-json-body.ts';

const eraseRequestSchema = z.strictObject({
  user: z.string().min(1).optional().describe('The application’s user whose calls are erased.'),
  tenant: z.string().min(1).optional().describe('Only the calls of this tenant.'),
  call: z.string().min(1).optional().describe('Id of the one call that is erased, in place of a user.'),
  dryRun: z.boolean().optional().describe('Only say what would be erased.'),
});

const remedy = 'Send `{"user": USER, "tenant": TENANT}` or `{"call": ID}`, with `"dryRun": true` to see what would go.';

export const eraseRoute: AdminRoute = {
  method: 'post',
  path: '/admin/v1/erase',
  summary: 'Erases the calls of a user, or one call, for good',
  body: eraseRequestSchema,
};

export function mountEraseRoute(app: Hono, erase: AdminParts['erase']): void {
  app.post(eraseRoute.path, async (context) => {
    const body = await readJsonBody(context, eraseRequestSchema, remedy);
    return context.json(await erase(erasureOf(body), { isDryRun: body.dryRun === true }));
  });
}

function erasureOf({ user, tenant, call }: z.output<typeof eraseRequestSchema>): ErasureRequest {
  if (user !== undefined && call === undefined) return { user, tenant };
  if (call !== undefined && user === undefined && tenant === undefined) return { call };
  throw new RightsizeError('invalid_request', 'Either a user or a call is erased.', { remedy });
}
