import { describeKey, type KeyDocument } from '../access/describe-key.ts';
import type { KeyChange, KeyWish, LimitChange } from '../access/keyring.ts';
import { type KeyUseDocument, openAccess } from '../access/open-access.ts';
import { describeIssued, type IssuedKeyDocument, type KeyListDocument } from '../server/key-routes.ts';
import { withStore } from './open-store-for.ts';
import type { CommandContext } from './run-command.ts';
import { findServer, type ServerClient } from './running-server.ts';

/** Where keys are kept: at the running server, or else in the store. */
export interface KeyDesk {
  list(): Promise<readonly KeyDocument[]>;
  /** Throws `key_not_found`, as the others. */
  show(id: string): Promise<KeyUseDocument>;
  add(wish: Omit<KeyWish, 'limits'> & { readonly limits: LimitChange }): Promise<IssuedKeyDocument>;
  change(id: string, change: KeyChange): Promise<KeyDocument>;
  revoke(id: string): Promise<KeyDocument>;
  rotate(id: string, graceSeconds: number): Promise<IssuedKeyDocument>;
}

export async function withKeyDesk<Result>(
  context: CommandContext,
  work: (desk: KeyDesk) => Promise<Result>,
  { onlyReads = false }: { readonly onlyReads?: boolean } = {},
): Promise<Result> {
  const settings = await context.settings();
  const server = await findServer(settings);
  if (server !== null) return work(serverDesk(server));
  // Its own keys are the server's affair: their variables need not be set where a command runs.
  const keyless = { ...settings, keys: { admin: null, callers: null } };
  return withStore(context, async (store) => work(storeDesk(await openAccess({ store, settings: keyless }))), {
    onlyReads,
  });
}

function serverDesk(server: ServerClient): KeyDesk {
  const path = (id: string, what = '') => `/admin/v1/keys/${encodeURIComponent(id)}${what}`;
  return {
    list: async () => (await server.get<KeyListDocument>('/admin/v1/keys')).keys,
    show: (id) => server.get(path(id)),
    add: (wish) => server.post('/admin/v1/keys', withIsoTime(wish)),
    change: (id, change) => server.post(path(id, '/change'), withIsoTime(change)),
    revoke: (id) => server.post(path(id, '/revoke'), {}),
    rotate: (id, graceSeconds) => server.post(path(id, '/rotate'), { graceSeconds }),
  };
}

function storeDesk({ keyring, useOf }: Awaited<ReturnType<typeof openAccess>>): KeyDesk {
  return {
    list: async () => keyring.list().map((key) => describeKey(key, Date.now())),
    show: async (id) => useOf(id),
    add: async (wish) => describeIssued(await keyring.add(wish)),
    change: async (id, change) => describeKey(await keyring.change(id, change), Date.now()),
    revoke: async (id) => describeKey(await keyring.revoke(id), Date.now()),
    rotate: async (id, graceSeconds) => describeIssued(await keyring.rotate(id, graceSeconds * 1_000)),
  };
}

function withIsoTime({ expiresAt, ...rest }: { readonly expiresAt?: number | null }): object {
  if (expiresAt === undefined) return rest;
  return { ...rest, expiresAt: expiresAt === null ? null : new Date(expiresAt).toISOString() };
}
