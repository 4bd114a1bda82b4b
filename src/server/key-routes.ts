import type { Hono } from 'hono';
import { z } from 'zod';
import { describeKey, type KeyDocument } from '../access/describe-key.ts';
import type { IssuedKey, KeyChange } from '../access/keyring.ts';
import type { Access } from '../access/open-access.ts';
import { limitChangeSchema } from '../settings/limit-settings.ts';
import type { AdminRoute } from './admin-route.ts';
import { readJsonBody } from './read-json-body.ts';

const name = z.string().trim().min(1).max(200);
const longestGraceSeconds = 31_536_000;

export const keyRequestSchema = z.strictObject({
  name: name.describe('For people.'),
  tenant: name.default('default').describe('Whose calls come with the key.'),
  models: z.array(name).min(1).nullable().default(null).describe('Models it may ask for; null: all.'),
  limits: limitChangeSchema.default({}).describe('The most it may use; null or left out: not limited.'),
  expiresAt: z.iso.datetime({ offset: true }).nullable().default(null).describe('Null: never.'),
});

export const keyChangeSchema = z.strictObject({
  name: name.optional().describe('For people.'),
  models: z.array(name).min(1).nullable().optional().describe('Models it may ask for; null: all.'),
  limits: limitChangeSchema.optional().describe('Limits that are to be others; null lifts one.'),
  expiresAt: z.iso.datetime({ offset: true }).nullable().optional().describe('Null: never.'),
});

export const rotateRequestSchema = z.strictObject({
  graceSeconds: z.number().min(0).max(longestGraceSeconds).default(0).describe('How long the old secret still holds.'),
});

export const keyRoutes: readonly AdminRoute[] = [
  { method: 'get', path: '/admin/v1/keys', summary: 'All gateway keys, without their secrets' },
  {
    method: 'post',
    path: '/admin/v1/keys',
    summary: 'A new gateway key; its secret is told this once',
    body: keyRequestSchema,
  },
  { method: 'get', path: '/admin/v1/keys/{id}', summary: 'One key, what was used with it and what is left' },
  {
    method: 'post',
    path: '/admin/v1/keys/{id}/change',
    summary: 'Changes name, models, limits or expiry of a key; what was used still counts',
    body: keyChangeSchema,
  },
  { method: 'post', path: '/admin/v1/keys/{id}/revoke', summary: 'Takes a key away, from the next request on' },
  {
    method: 'post',
    path: '/admin/v1/keys/{id}/rotate',
    summary: 'Gives a key another secret, told this once',
    body: rotateRequestSchema,
  },
];

/** What `POST /admin/v1/keys` and `…/rotate` say. */
export interface IssuedKeyDocument extends KeyDocument {
  readonly secret: string;
}

export interface KeyListDocument {
  readonly keys: readonly KeyDocument[];
}

/** Gateway keys in the admin API: parse, call one function, answer. */
export function mountKeyRoutes(app: Hono, { keyring, useOf }: Access): void {
  app.get('/admin/v1/keys', (context) => {
    const now = Date.now();
    return context.json({ keys: keyring.list().map((key) => describeKey(key, now)) } satisfies KeyListDocument);
  });
  app.post('/admin/v1/keys', async (context) => {
    const wish = await readJsonBody(context, keyRequestSchema, 'Send at least `{"name": "…"}`.');
    const expiresAt = wish.expiresAt === null ? null : Date.parse(wish.expiresAt);
    return context.json(describeIssued(await keyring.add({ ...wish, expiresAt })), 201);
  });
  app.get('/admin/v1/keys/:id', (context) => context.json(useOf(context.req.param('id'))));
  app.post('/admin/v1/keys/:id/change', async (context) => {
    const wish = await readJsonBody(context, keyChangeSchema, 'Send `{"limits": {"requestsPerMinute": 60}}`, say.');
    const key = await keyring.change(context.req.param('id'), changeOf(wish));
    return context.json(describeKey(key, Date.now()));
  });
  app.post('/admin/v1/keys/:id/revoke', async (context) =>
    context.json(describeKey(await keyring.revoke(context.req.param('id')), Date.now())),
  );
  app.post('/admin/v1/keys/:id/rotate', async (context) => {
    const wish = await readJsonBody(context, rotateRequestSchema, 'Send `{"graceSeconds": 3600}`, or `{}`.');
    return context.json(describeIssued(await keyring.rotate(context.req.param('id'), wish.graceSeconds * 1_000)));
  });
}

export function describeIssued({ key, secret }: IssuedKey): IssuedKeyDocument {
  return { ...describeKey(key, Date.now()), secret };
}

/** What is not given stays out: it is not to be changed. */
function changeOf({ expiresAt, name: called, models, limits }: z.output<typeof keyChangeSchema>): KeyChange {
  return {
    ...(called === undefined ? {} : { name: called }),
    ...(models === undefined ? {} : { models }),
    ...(limits === undefined ? {} : { limits }),
    ...(expiresAt === undefined ? {} : { expiresAt: expiresAt === null ? null : Date.parse(expiresAt) }),
  };
}
