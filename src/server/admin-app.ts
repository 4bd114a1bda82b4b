import { Hono } from 'hono';
import { z } from 'zod';
import { carriesKey } from '../access/bearer-key.ts';
import { keyIn } from '../access/key-headers.ts';
import { secretPrefix } from '../access/key-secret.ts';
import type { Access } from '../access/open-access.ts';
import { RightsizeError } from '../errors.ts';
import type { Engine } from '../gateway/engine.ts';
import type { Gateway } from '../gateway/gateway.ts';
import { errorBody } from '../gateway/send-error.ts';
import type { Call } from '../records/call.ts';
import type { Certificate } from '../records/certificate.ts';
import type { Route, Stage } from '../records/route.ts';
import type { AdminRoute } from './admin-route.ts';
import type { ErasureReport, ErasureRequest } from './erase-calls.ts';
import { eraseRoute, mountEraseRoute } from './erase-route.ts';
import { keyRoutes, mountKeyRoutes } from './key-routes.ts';
import type { ModelsDocument, ModelTestsDocument } from './models.ts';
import { readJsonBody } from './read-json-body.ts';
import type { ReloadReport } from './reload-settings.ts';
import { describeStatus, describeTasks, type ServerFacts } from './status-document.ts';

/** A kept call with who answered it. */
export interface FoundCall {
  readonly call: Call;
  /** Null for calls that were imported. */
  readonly route: Route | null;
  /** The certificate under which the student answered, or would have. */
  readonly certificate: Certificate | null;
}

export interface AdminParts {
  readonly engine: Engine;
  readonly gateway: Gateway;
  readonly access: Access;
  readonly facts: ServerFacts;
  /** Null: everybody who reaches this address by a loopback name is let in. */
  readonly adminKey: string | null;
  readonly findCall: (id: string) => Promise<FoundCall | null>;
  /** Prometheus' text. */
  readonly metrics: () => Promise<{ readonly text: string; readonly contentType: string }>;
  /** Reads the settings again; see src/server/reload-settings.ts. */
  readonly reload: () => Promise<ReloadReport>;
  readonly models: {
    readonly list: () => ModelsDocument;
    /** Throws `model_not_found` where a name stands for none. */
    readonly test: (names: readonly string[] | null) => Promise<ModelTestsDocument>;
  };
  /** Erases calls, or says what would be erased. */
  readonly erase: (wanted: ErasureRequest, options: { readonly isDryRun: boolean }) => Promise<ErasureReport>;
  /** Rows erased since, by student; those without any are not among them. */
  readonly erasedRows: () => ReadonlyMap<string, number>;
  /** Makes a stage outlive the process. */
  readonly keepStage: (task: string | null, stage: Stage | 'auto') => Promise<void>;
}

export const stageRequestSchema = z.strictObject({
  task: z.string().min(1).nullable().describe('Id of a task; null means all of them.'),
  stage: z.enum(['off', 'shadow', 'canary', 'live', 'auto']).describe('How far its students are let.'),
});

const stageRemedy = 'Send `{"task": ID or null, "stage": "off" | "shadow" | "canary" | "live" | "auto"}`.';
const modelTestRequestSchema = z.strictObject({
  models: z.array(z.string().min(1)).nullable().describe('Aliases or deployments; null means all of them.'),
});

/** Every route of the admin API, for the reference page and the OpenAPI document. */
export const adminRoutes: readonly AdminRoute[] = [
  { method: 'get', path: '/admin/v1/status', summary: 'Stages, certificates, spot checks and outlook of all tasks' },
  {
    method: 'post',
    path: '/admin/v1/stage',
    summary: 'How far the students of a task, or of all tasks, are let',
    body: stageRequestSchema,
  },
  ...keyRoutes,
  { method: 'get', path: '/admin/v1/calls/{id}', summary: 'One call, who answered it and why' },
  { method: 'post', path: '/admin/v1/reload', summary: 'Reads the settings again, without dropping a request' },
  { method: 'get', path: '/admin/v1/models', summary: 'The deployments of all models, and how they fare' },
  {
    method: 'post',
    path: '/admin/v1/models/test',
    summary: 'Sends one small call through each deployment',
    body: modelTestRequestSchema,
  },
  eraseRoute,
  { method: 'get', path: '/metrics', summary: 'Figures in the text format of Prometheus' },
  { method: 'get', path: '/admin/v1/openapi.json', summary: 'This API as an OpenAPI document' },
];

/** The admin API: parse, call one function, answer. */
export function createAdminApp(parts: AdminParts): Hono {
  const app = new Hono();
  for (const guarded of ['/admin/v1/*', '/metrics'])
    app.use(guarded, async (context, next) => {
      refuseStrangers(context.req.header(), parts.adminKey);
      await next();
    });
  app.get('/metrics', async (context) => {
    const { text, contentType } = await parts.metrics();
    return context.body(text, 200, { 'content-type': contentType });
  });
  app.post('/admin/v1/reload', async (context) => context.json(await parts.reload()));
  app.get('/admin/v1/models', (context) => context.json(parts.models.list()));
  app.post('/admin/v1/models/test', async (context) => {
    const { models } = await readJsonBody(context, modelTestRequestSchema, 'Send `{"models": [NAME…] or null}`.');
    return context.json(await parts.models.test(models));
  });
  app.get('/admin/v1/status', (context) => context.json(describeStatus(parts)));
  app.post('/admin/v1/stage', async (context) => {
    const { task, stage } = await readJsonBody(context, stageRequestSchema, stageRemedy);
    if (task !== null && !parts.engine.status().some((known) => known.task.id === task))
      throw new RightsizeError('task_not_found', `There is no task with the id \`${task}\`.`);
    parts.engine.setStage(task, stage);
    await parts.keepStage(task, stage);
    return context.json({ tasks: describeTasks(parts) });
  });
  mountEraseRoute(app, parts.erase);
  mountKeyRoutes(app, parts.access);
  app.get('/admin/v1/calls/:id', async (context) => {
    const found = await parts.findCall(context.req.param('id'));
    if (found === null) throw new RightsizeError('call_not_found', `There is no call \`${context.req.param('id')}\`.`);
    return context.json(found);
  });
  app.get('/admin/v1/openapi.json', (context) => context.json(openApiDocument(parts.facts.version)));
  app.notFound(({ req }) => errorResponse(new RightsizeError('route_not_found', `There is no route ${req.path}.`)));
  app.onError((error) =>
    errorResponse(
      error instanceof RightsizeError ? error : new RightsizeError('internal', error.message, { cause: error }),
    ),
  );
  return app;
}

/** For requests that no app can be asked about, such as one whose host is no host. */
export function answerUnaskable(error: unknown): Response {
  const why = error instanceof Error ? error.message : String(error);
  return errorResponse(new RightsizeError('malformed_request', `The request cannot be read: ${why}.`));
}

function errorResponse(error: RightsizeError): Response {
  return Response.json(errorBody(error), { status: error.status });
}

/**
 * Without a key only this machine is let in, and no web page in its browser: a page reaches loopback under a name of its
 * own (the Host header) or announces itself (the Origin header).
 */
function refuseStrangers(headers: Readonly<Record<string, string>>, adminKey: string | null): void {
  if (adminKey !== null) {
    if (carriesKey(headers.authorization, adminKey)) return;
    throw new RightsizeError('invalid_api_key', 'The admin API asks for the key named by `keys.admin`.');
  }
  if (keyIn(headers, 'authorization')?.startsWith(secretPrefix))
    throw new RightsizeError('invalid_api_key', 'A gateway key does not open the admin API.');
  const { host = '', origin } = headers;
  if (isLoopbackName(hostName(host)) && (origin === undefined || origin === `http://${host}`)) return;
  throw new RightsizeError(
    'forbidden_host',
    `The admin API was called as \`${host}\`${origin ? ` from ${origin}` : ''}.`,
  );
}

function hostName(host: string): string {
  return host.replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
}

/** Whether a host name or address always means this machine. */
export function isLoopbackName(name: string): boolean {
  return name === 'localhost' || name === '::1' || /^127(\.\d{1,3}){3}$/.test(name);
}

function openApiDocument(version: string): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const { method, path, summary, body } of adminRoutes) {
    const operation = {
      summary,
      responses: {
        200: { description: 'Done' },
        default: { description: 'An error object with `code` and `message`' },
      },
      ...(path.includes('{id}')
        ? { parameters: [{ name: 'id', in: 'path', required: true, schema: { type: 'string' } }] }
        : {}),
      ...(body === undefined
        ? {}
        : { requestBody: { content: { 'application/json': { schema: z.toJSONSchema(body, { io: 'input' }) } } } }),
    };
    paths[path] = { ...paths[path], [method]: operation };
  }
  return { openapi: '3.1.0', info: { title: 'rightsize admin API', version }, paths };
}
