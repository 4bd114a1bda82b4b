import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { RightsizeError } from './errors.ts';
import { cacheSettings } from './settings/cache-settings.ts';
import { limitSettings } from './settings/limit-settings.ts';
import { milliseconds, secret } from './settings/setting-values.ts';
import {
  defaultUpstreamSettings,
  findDanglingName,
  modelSettings,
  upstreamSettings,
} from './settings/upstream-settings.ts';

const share = z.number().min(0).max(1);
const count = z.number().int().min(0);

const capture = z.enum(['content', 'figures', 'nothing']);
const recognisers = z.union([z.enum(['none', 'standard']), z.array(z.string().min(1)).min(1)]);
const keptDays = z.number().int().min(1);

/** Everything that can be set. Strict throughout: an unknown key is an error. Every default works. */
export const settingsSchema = z.strictObject({
  data: z.string().min(1).default('.rightsize').describe('Folder that holds everything kept.'),
  host: z
    .string()
    .min(1)
    .default('127.0.0.1')
    .describe('Address to listen on. Other machines reach it only where this is not loopback.'),
  port: z.number().int().min(0).max(65_535).default(8484).describe('Port to listen on; 0 takes any free one.'),
  keys: z
    .strictObject({
      admin: secret
        .nullable()
        .default(null)
        .describe('Key that /admin/v1 asks for as a bearer token. Needed to listen beyond loopback.'),
      callers: secret
        .nullable()
        .default(null)
        .describe(
          'One key for all callers of /v1, beside those of `rightsize keys`; it is never sent upstream. Without any key every caller is let in, from this machine alone.',
        ),
    })
    .prefault({})
    .describe('Who may use this server.'),
  cache: cacheSettings.prefault({}).describe('Answers that are given again.'),
  limits: limitSettings
    .prefault({})
    .describe('Limits and budgets. Those of single keys are given with `rightsize keys add`.'),
  upstream: defaultUpstreamSettings.prefault({}).describe('Who answers what no student answers.'),
  upstreams: z
    .record(z.string().regex(/^(?!default$)[\w.-]+$/, 'is no name of an upstream'), upstreamSettings)
    .default({})
    .describe('Further upstreams, by name, for the deployments of `models`.'),
  models: z
    .record(z.string().min(1), modelSettings)
    .default({})
    .describe('Names that applications may ask for, and the deployments that answer to each; docs/guides/models.md.'),
  recorded: z
    .string()
    .min(1)
    .nullable()
    .default(null)
    .describe('A call log that plays the upstream: known requests get their recorded answer.'),
  maxBodyBytes: z
    .number()
    .int()
    .min(1_024)
    .max(1_073_741_824)
    .default(33_554_432)
    .describe('Largest request body accepted.'),
  connections: z
    .strictObject({
      atMost: z
        .number()
        .int()
        .min(1)
        .max(1_000_000)
        .default(20_000)
        .describe('Connections held open at once; further ones are closed as they come.'),
      headerBytes: z
        .number()
        .int()
        .min(1_024)
        .max(1_048_576)
        .default(32_768)
        .describe('Largest head of a request accepted.'),
      headersTimeoutMs: milliseconds.default(15_000).describe('Longest wait for the head of a request.'),
      requestTimeoutMs: milliseconds.default(300_000).describe('Longest wait for a whole request, its body included.'),
      idleTimeoutMs: milliseconds
        .default(75_000)
        .describe(
          'How long a connection may rest between requests. Keep it above the idle limit of a load balancer in front.',
        ),
    })
    .prefault({})
    .describe('What callers may hold open.'),
  drainMs: milliseconds
    .default(30_000)
    .describe('How long running answers may take to finish when the server is told to stop.'),
  readinessDelayMs: z
    .number()
    .int()
    .min(0)
    .max(600_000)
    .default(1_000)
    .describe(
      'How long /readyz says no before a stopping server closes its port, so that load balancers turn away first. Holds only where somebody asks /readyz.',
    ),
  streams: z
    .strictObject({
      heartbeatMs: milliseconds
        .nullable()
        .default(null)
        .describe(
          'Silence of a stream after which a comment is sent, also before its first event; null sends none. The first comment fixes the status at 200.',
        ),
      writeTimeoutMs: milliseconds
        .default(60_000)
        .describe('Longest wait for a caller who takes nothing of an answer; after that it is cut off.'),
    })
    .prefault({})
    .describe('How answers are streamed.'),
  cors: z
    .strictObject({
      origins: z
        .array(z.string().min(1))
        .default([])
        .describe('Origins of web pages that may call /v1, such as "https://app.example.com"; "*" lets every page in.'),
    })
    .prefault({})
    .describe('Which web pages may call from a browser.'),
  capture: z
    .strictObject({
      default: capture
        .default('content')
        .describe('What is kept of a call: content (learning needs it), figures only, or nothing.'),
      tenants: z.record(z.string(), capture).default({}).describe('The same for single tenants, by name.'),
      tasks: z
        .record(z.string(), capture)
        .default({})
        .describe(
          'The same for single tasks, by name or `tenant/name`. Of what is said of a tenant and its task the most private holds.',
        ),
    })
    .prefault({})
    .describe('What is kept of the calls.'),
  redaction: z
    .strictObject({
      recognisers: recognisers
        .default('none')
        .describe(
          'What is replaced by placeholders before a call is kept or learned from: `none`, `standard` (everything built in), or a list of names.',
        ),
      tenants: z.record(z.string(), recognisers).default({}).describe('The same for single tenants, by name.'),
      patterns: z
        .array(
          z.strictObject({
            name: z
              .string()
              .regex(/^[a-z][a-z0-9-]{0,39}$/, 'give small letters, digits and dashes')
              .describe('What placeholders, counts and lists call it.'),
            pattern: z.string().min(1).max(1_000).describe('A JavaScript regular expression, with the flag u.'),
          }),
        )
        .default([])
        .describe('Own patterns, looked for beside the standard ones. One that can be made slow is refused.'),
    })
    .prefault({})
    .describe('Personal data and secrets that never leave the process.'),
  retention: z
    .strictObject({
      days: z
        .number()
        .int()
        .min(1)
        .nullable()
        .default(null)
        .describe('Calls older than this are deleted; null keeps them.'),
      bytes: z
        .number()
        .int()
        .min(1_000_000)
        .nullable()
        .default(null)
        .describe('Oldest calls are deleted above this size; null sets no limit.'),
      tenants: z
        .record(z.string(), keptDays)
        .default({})
        .describe('Days for the calls of single tenants, by name. The shortest time that is set for a call holds.'),
      tasks: z
        .record(z.string(), keptDays)
        .default({})
        .describe('Days for the calls of single tasks, by name or `tenant/name`. The shortest time that is set holds.'),
    })
    .prefault({})
    .describe('How long calls are kept.'),
  promise: z
    .strictObject({
      kind: z
        .enum(['all-calls', 'answered-calls'])
        .default('all-calls')
        .describe('Of which calls epsilon is a share: all calls of the task, or those that the student answers.'),
      epsilon: share
        .default(0.02)
        .describe("Share of those calls that may get an answer different from the teacher's."),
      delta: share.default(0.05).describe('Chance that a certificate is issued and wrong, at most.'),
    })
    .prefault({})
    .describe('What a certificate promises.'),
  spotChecks: z
    .strictObject({
      share: share.default(0.05).describe("Random share of a task's calls that the teacher always answers."),
      perDay: count.default(200).describe('Spot checks a task and day, at most.'),
    })
    .prefault({})
    .describe('The sample that watches what is live.'),
  encoder: z
    .strictObject({
      use: z
        .string()
        .min(1)
        .nullable()
        .default('auto')
        .describe('Installed sentence encoder, by name or id; `auto` takes the only one there is, null takes none.'),
      timeoutMs: milliseconds
        .default(250)
        .describe('How long a call waits for the vector that its student needs; after that the teacher answers.'),
      cacheBytes: z
        .number()
        .int()
        .min(0)
        .default(268_435_456)
        .describe('Vectors of texts kept in memory; one of 384 dimensions takes some 1,700 bytes.'),
      slowestMs: z
        .number()
        .min(0)
        .default(50)
        .describe('Time a text of thirty tokens may take; slower encoders are not added.'),
    })
    .prefault({})
    .describe('The sentence encoder that students learn with.'),
  students: z
    .strictObject({
      memoryMb: z
        .number()
        .int()
        .min(1)
        .default(1_000)
        .describe(
          'Memory for open students, in MB. Those asked least recently are put away, and fetched when a call comes.',
        ),
    })
    .prefault({})
    .describe('The students that answer.'),
  tasks: z
    .record(
      z.string(),
      z.strictObject({
        tolerance: z
          .number()
          .min(0)
          .optional()
          .describe(
            'How far numbers in the answers may be off and still count as the same. Holds for numbers of no closed set.',
          ),
      }),
    )
    .default({})
    .describe(
      'Single tasks, by name or `tenant/name`. `tolerance`: how far numbers in the answers may be off and still count as the same; a certificate issued under a wider one ends.',
    ),
  stage: z
    .enum(['off', 'shadow', 'canary', 'live', 'auto'])
    .default('shadow')
    .describe('How far the students of new tasks are let.'),
  seed: z.number().int().min(0).max(4_294_967_295).default(20_261_001).describe('Seed of everything random.'),
  log: z
    .enum(['silent', 'error', 'warn', 'info', 'debug'])
    .default('info')
    .describe('Least important level that is logged.'),
});

/** Settings after defaults: every field is there. */
export type Settings = z.output<typeof settingsSchema>;
/** Settings as a user writes them: every field may be missing. */
export type SettingsInput = z.input<typeof settingsSchema>;
/** Flags win over variables, and those over the file. Nested like the file; `undefined` means not given. */
export type SettingsFlags = SettingsInput;

export interface SettingsSources {
  readonly flags?: SettingsFlags;
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Where `rightsize.config.json` or `.yaml` is looked for. */
  readonly folder?: string;
}

const fileNames = ['rightsize.config.json', 'rightsize.config.yaml', 'rightsize.config.yml'];

/** Defaults, then the file, then `RIGHTSIZE_*`, then flags. Throws `invalid_setting` naming key, value and source. */
export function loadSettings({
  flags = {},
  environment = process.env,
  folder = process.cwd(),
}: SettingsSources = {}): Settings {
  const file = fileNames.map((name) => join(folder, name)).find(existsSync);
  let settings: Tree = {};
  if (file !== undefined) {
    settings = parseFile(file);
    check(settings, file);
  }
  settings = merge(settings, fromEnvironment(environment));
  settings = merge(settings, flags as Tree);
  return check(settings, 'the settings');
}

/** The settings with defaults only; for tests and embedding. Throws `invalid_setting`. */
export function completeSettings(input: SettingsInput = {}): Settings {
  return check(input as Tree, 'the settings');
}

/** Reads a secret. Null where none is configured; throws `invalid_setting` where one is named but not there. */
export function readSecret(
  reference: { readonly env?: string | undefined; readonly file?: string | undefined } | null,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): string | null {
  if (reference === null) return null;
  if (reference.file !== undefined) return readSecretFile(reference.file);
  const name = reference.env ?? '';
  const value = environment[name];
  if (value) return value;
  throw new RightsizeError('invalid_setting', `The environment variable \`${name}\`, named as a secret, is not set.`, {
    remedy: `Set ${name}, or name another variable.`,
  });
}

function readSecretFile(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (cause) {
    throw new RightsizeError('invalid_setting', `The file \`${file}\`, named as a secret, cannot be read.`, { cause });
  }
}

/** JSON Schema of the settings file. */
export function settingsJsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(settingsSchema, { io: 'input' });
}

interface Tree {
  [key: string]: unknown;
}

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parseFile(file: string): Tree {
  let value: unknown;
  try {
    const text = readFileSync(file, 'utf8');
    value = file.endsWith('.json') ? JSON.parse(text) : parseYaml(text);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message.split('\n')[0] : String(cause);
    throw new RightsizeError('invalid_setting', `\`${file}\` cannot be read: ${why}`, { cause });
  }
  if (value === null || value === undefined) return {};
  if (!isTree(value)) throw new RightsizeError('invalid_setting', `\`${file}\` does not hold an object.`);
  const { $schema: _, ...settings } = value;
  return resolvePaths(settings, dirname(file));
}

/** Paths in a file are meant from where the file stands. */
function resolvePaths(settings: Tree, folder: string): Tree {
  const resolved: Tree = { ...settings };
  for (const key of ['data', 'recorded'])
    if (typeof resolved[key] === 'string') resolved[key] = resolve(folder, resolved[key]);
  return resolved;
}

function merge(below: Tree, above: Tree): Tree {
  const merged: Tree = { ...below };
  for (const [key, value] of Object.entries(above)) {
    if (value === undefined) continue;
    const under = merged[key];
    merged[key] = isTree(under) && isTree(value) ? merge(under, value) : value;
  }
  return merged;
}

/** Every setting's path, and the variable that sets it: `upstream.baseUrl` → `RIGHTSIZE_UPSTREAM_BASE_URL`. */
export function settingVariables(): ReadonlyMap<string, readonly string[]> {
  const paths = leafPaths(settingsSchema);
  return new Map(paths.map((path) => [`RIGHTSIZE_${path.map(screaming).join('_')}`, path]));
}

function screaming(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
}

function leafPaths(schema: z.ZodType): readonly string[][] {
  const inner = unwrapped(schema);
  if (!(inner instanceof z.ZodObject)) return [[]];
  return Object.entries(inner.shape).flatMap(([key, child]) =>
    leafPaths(child as z.ZodType).map((path) => [key, ...path]),
  );
}

function unwrapped(schema: z.ZodType): z.ZodType {
  if (
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodOptional
  )
    return unwrapped(schema.unwrap() as z.ZodType);
  return schema;
}

function fromEnvironment(environment: Readonly<Record<string, string | undefined>>): Tree {
  const variables = settingVariables();
  let settings: Tree = {};
  for (const [name, text] of Object.entries(environment)) {
    if (!name.startsWith('RIGHTSIZE_') || text === undefined || text === '') continue;
    const path = variables.get(name);
    const secretPath = variables.get(`${name}_ENV`);
    if (path !== undefined) settings = merge(settings, nested(path, valueOfVariable(text)));
    // RIGHTSIZE_UPSTREAM_API_KEY holds the secret itself; the settings only point at it.
    else if (secretPath !== undefined) settings = merge(settings, nested(secretPath, name));
    else rejectMisspelled(name, [...variables.keys()]);
  }
  return settings;
}

/** A variable that looks like none of ours may be the user's own (the name of a secret, say). */
function rejectMisspelled(name: string, known: readonly string[]): void {
  const nearest = nearestWord(name, known, 2);
  if (nearest === null) return;
  throw new RightsizeError('invalid_setting', `\`${name}\` is not a setting; did you mean \`${nearest}\`?`, {
    remedy: 'Correct or unset that variable.',
  });
}

/** Numbers, booleans, null and objects are written as JSON; everything else is text. */
function valueOfVariable(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

function nested(path: readonly string[], value: unknown): Tree {
  const [key = '', ...rest] = path;
  return { [key]: rest.length === 0 ? value : nested(rest, value) };
}

function check(settings: Tree, source: string): Settings {
  const result = settingsSchema.safeParse(settings);
  if (result.success) return checkNames(result.data, source);
  const issue = result.error.issues[0];
  throw new RightsizeError('invalid_setting', issue === undefined ? source : describeIssue(issue, settings, source));
}

function checkNames(settings: Settings, source: string): Settings {
  const dangling = findDanglingName(settings);
  if (dangling === null) return settings;
  const { path, known } = dangling;
  const name = String(valueAt(settings, path.map(String)));
  const nearest = nearestWord(name, known, 4);
  const hint = nearest === null ? `Known: ${known.join(', ')}.` : `Did you mean \`${nearest}\`?`;
  throw new RightsizeError(
    'invalid_setting',
    `\`${path.join('.')}\` in ${source} names no such thing: "${name}". ${hint}`,
  );
}

function valueAt(settings: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (at, key) => (typeof at === 'object' && at !== null ? Reflect.get(at, key) : undefined),
    settings,
  );
}

function describeIssue(issue: z.core.$ZodIssue, settings: Tree, source: string): string {
  const path = issue.path.map(String);
  if (issue.code === 'unrecognized_keys') {
    const key = issue.keys[0] ?? '';
    const nearest = nearestWord(key, keysAt(path), 4);
    const hint = nearest === null ? `Known: ${keysAt(path).join(', ')}.` : `Did you mean \`${nearest}\`?`;
    return `\`${[...path, key].join('.')}\` in ${source} is not a setting. ${hint}`;
  }
  const value = valueAt(settings, path);
  return `\`${path.join('.')}\` is ${JSON.stringify(value) ?? 'missing'}: ${issue.message}.`;
}

function keysAt(path: readonly string[]): readonly string[] {
  let schema: z.ZodType = settingsSchema;
  for (const key of path) {
    const child: unknown = childOf(unwrapped(schema), key);
    if (!(child instanceof z.ZodType)) return [];
    schema = child;
  }
  const inner = unwrapped(schema);
  return inner instanceof z.ZodObject ? Object.keys(inner.shape) : [];
}

function childOf(schema: z.ZodType, key: string): unknown {
  if (schema instanceof z.ZodObject) return schema.shape[key];
  if (schema instanceof z.ZodRecord) return schema.valueType;
  return schema instanceof z.ZodArray ? schema.element : undefined;
}

/** The known word nearest to a misspelled one, at most `farthest` edits away; null where none is near. */
export function nearestWord(word: string, known: readonly string[], farthest: number): string | null {
  const distances = known.map((candidate) => ({ candidate, distance: editDistance(word, candidate) }));
  const nearest = distances.sort((a, b) => a.distance - b.distance)[0];
  return nearest !== undefined && nearest.distance <= farthest ? nearest.candidate : null;
}

/** Levenshtein's distance, letters of either case counting as one. */
function editDistance(left: string, right: string): number {
  const a = left.toLowerCase();
  const b = right.toLowerCase();
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
