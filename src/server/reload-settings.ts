import type { Settings } from '../settings.ts';

/** What came of reading the settings again. Settings are named by their path: `upstream.baseUrl`. */
export interface ReloadReport {
  /** Changed, and in force from the next request on. */
  readonly applied: readonly string[];
  /** Changed, and in force only after a restart. */
  readonly needRestart: readonly string[];
}

/** Settings that a running server can take up; the others are bound to its port, its folder or its learning. */
const reloadable: readonly (keyof Settings)[] = [
  'upstream',
  'upstreams',
  'models',
  'recorded',
  'maxBodyBytes',
  'drainMs',
  'capture',
  'redaction',
  'limits',
  'cache',
  'streams',
  'cors',
  'log',
];

/** Which settings differ, and which of these a running server can take up. */
export function compareSettings(before: Settings, after: Settings): ReloadReport {
  const changed = changedPaths(before, after);
  const isReloadable = (path: string) =>
    path === 'keys.callers' || reloadable.some((key) => path === key || path.startsWith(`${key}.`));
  return { applied: changed.filter(isReloadable), needRestart: changed.filter((path) => !isReloadable(path)) };
}

/** The settings a running server goes on with: the new ones, less what only a restart can change. */
export function reloadedSettings(before: Settings, after: Settings): Settings {
  const taken = Object.fromEntries(reloadable.map((key) => [key, after[key]]));
  return { ...before, ...taken, keys: { ...before.keys, callers: after.keys.callers } };
}

/** Secrets are named by variable or file; those are one setting, whichever of both it is. */
function changedPaths(before: unknown, after: unknown, path = ''): readonly string[] {
  if (JSON.stringify(before) === JSON.stringify(after)) return [];
  if (!isTree(before) || !isTree(after) || isSecret(before) || isSecret(after)) return [path];
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return keys.flatMap((key) => changedPaths(before[key], after[key], path === '' ? key : `${path}.${key}`));
}

function isTree(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isSecret(value: Readonly<Record<string, unknown>>): boolean {
  return 'env' in value || 'file' in value;
}
