import { equal, ok } from 'node:assert/strict';
import { adminRoutes } from '../../src/server/admin-app.ts';
import { chat, completion } from '../bodies.ts';
import type { Check, CheckContext, OurGateway } from '../check.ts';
import { ask } from '../client.ts';
import { gatewayKey } from '../start-ours.ts';

const ours = 'it has routes and keys of its own';
const adminKey = 'rs-conformance-admin-key';

interface Doors {
  readonly inference: boolean;
  readonly admin: boolean;
}

function open(context: CheckContext, { inference, admin }: Doors): Promise<OurGateway> {
  return context.startOurs({
    withKey: inference,
    settings: admin ? { keys: { admin: { env: 'CONFORMANCE_ADMIN_KEY' } } } : {},
    environment: { CONFORMANCE_ADMIN_KEY: adminKey },
  });
}

type Who = 'nobody' | 'caller' | 'admin';
const keyOf: Readonly<Record<Who, string>> = {
  nobody: '',
  caller: `Bearer ${gatewayKey}`,
  admin: `Bearer ${adminKey}`,
};

/** Status of a route for somebody; the route is asked for by what it takes to be let in, not for its work. */
async function statusFor(gateway: OurGateway, who: Who, route: { readonly method: string; readonly path: string }) {
  const path = route.path.replace(/\{\w+\}/g, 'none');
  const body = route.method === 'post' || route.method === 'put' ? {} : undefined;
  const headers = { authorization: keyOf[who] };
  return (await ask(gateway, { method: route.method.toUpperCase(), path, headers, ...(body && { body }) })).status;
}

const inference = [
  { method: 'post', path: '/v1/chat/completions' },
  { method: 'post', path: '/v1/embeddings' },
  { method: 'post', path: '/v1/responses' },
  { method: 'post', path: '/v1/messages' },
  { method: 'post', path: '/v1/completions' },
  { method: 'get', path: '/v1/models' },
  { method: 'get', path: '/v1/files' },
] as const;
const admin = [...adminRoutes, { method: 'get', path: '/metrics' }, { method: 'get', path: '/admin/v1/none' }];

/** S7, S8. */
export const roleChecks: readonly Check[] = [
  ...[true, false].flatMap((hasInference) =>
    [true, false].map((hasAdmin): Check => {
      const words = (has: boolean) => (has ? 'with' : 'without');
      return {
        number: 'S7',
        title: `${words(hasInference)} a key for callers and ${words(hasAdmin)} one for admins, every route lets in whom it should`,
        ours,
        async run(context) {
          const gateway = await open(context, { inference: hasInference, admin: hasAdmin });
          gateway.upstream.script = (reply) => reply.json(200, completion('ok'));
          for (const who of ['nobody', 'caller', 'admin'] as const) {
            for (const route of admin) {
              const status = await statusFor(gateway, who, route);
              const mayCome = !hasAdmin || who === 'admin';
              equal(status !== 401 && status !== 403, mayCome, `${who} gets ${status} from ${route.path}`);
            }
            for (const route of inference) {
              const status = await statusFor(gateway, who, route);
              // The admin's key opens no other door, and is not sent on to an upstream where there is none.
              const mayCome = hasInference ? who === 'caller' : who !== 'admin' || !hasAdmin;
              equal(status !== 401 && status !== 403, mayCome, `${who} gets ${status} from ${route.path}`);
            }
          }
        },
      };
    }),
  ),
  {
    number: 'S7',
    title: 'it does not listen beyond loopback without keys, and says so',
    ours,
    async run(context) {
      const started = await context.startOurs({ withKey: false, settings: { host: '0.0.0.0' } }).then(
        () => true,
        (error: Error) => {
          ok(/keys\.admin/.test(error.message), error.message);
          return false;
        },
      );
      ok(!started, 'it listens for everybody');
    },
  },
  {
    number: 'S7',
    title: 'a web page cannot use an admin API that asks for no key',
    ours,
    async run(context) {
      const gateway = await open(context, { inference: true, admin: false });
      for (const headers of [
        { host: 'evil.example' },
        { origin: 'https://evil.example' },
        { host: 'localhost.evil.example' },
      ])
        equal((await ask(gateway, { method: 'GET', path: '/admin/v1/status', headers })).status, 403);
    },
  },
  {
    number: 'S8',
    title: 'every route of the server stands in the table of roles, and unknown ones are closed',
    ours,
    async run(context) {
      const gateway = await open(context, { inference: true, admin: true });
      gateway.upstream.script = (reply) => reply.json(200, completion('ok'));
      for (const path of ['/', '/admin', '/admin/', '/admin/v1', '/debug', '/config', '/v2/models', '/health', '/.env'])
        for (const who of ['nobody', 'caller', 'admin'] as const) {
          const status = await statusFor(gateway, who, { method: 'get', path });
          ok(status === 404 || status === 401, `${who} gets ${status} from ${path}`);
        }
      for (const path of ['/healthz', '/readyz'])
        equal(await statusFor(gateway, 'nobody', { method: 'get', path }), 200);
    },
  },
  {
    number: 'S8',
    title: 'a caller cannot change the configuration (CVE-2026-35029)',
    ours,
    async run(context) {
      const gateway = await open(context, { inference: true, admin: true });
      for (const { method, path } of adminRoutes.filter((route) => (route.method as string) !== 'get'))
        for (const who of ['nobody', 'caller'] as const)
          equal(await statusFor(gateway, who, { method, path }), 401, `${who} ${path}`);
      const reply = await ask(gateway, { body: chat(context, { metadata: { stage: 'live', role: 'admin' } }) });
      ok(reply.status !== 401);
    },
  },
];
