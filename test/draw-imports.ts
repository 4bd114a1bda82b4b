import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix, relative, sep } from 'node:path';

/** One import between two source files; paths are relative to `src`, with forward slashes. */
export interface FileImport {
  readonly from: string;
  readonly to: string;
  /** False for `import type` and `export type`, which leave nothing behind in the build. */
  readonly atRunTime: boolean;
}

const statement =
  /(?:^|[\n;])\s*(?<kind>import|export)\s+(?<type>type\s+)?(?:(?:[^'"`;]*?)\sfrom\s*)?['"](?<path>\.[^'"]*)['"]/g;
const dynamic = /\bimport\(\s*['"](?<path>\.[^'"]*)['"]\s*\)/g;

/** The relative imports in one file's text: static, re-exported, and lazy ones. Import comments are not code. */
export function importsIn(file: string, source: string): FileImport[] {
  const code = source.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
  const to = (path: string) => posix.normalize(posix.join(dirname(file), path));
  return [
    ...[...code.matchAll(statement)].map(({ groups = {} }) => ({
      from: file,
      to: to(groups.path ?? ''),
      atRunTime: groups.type === undefined,
    })),
    ...[...code.matchAll(dynamic)].map(({ groups = {} }) => ({
      from: file,
      to: to(groups.path ?? ''),
      atRunTime: true,
    })),
  ];
}

/** All imports among the files below `root`, tests left out: they may reach into any room. */
export function drawImports(root: string): FileImport[] {
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter(
      (path) => path.endsWith('.ts') && !/\.(test|test-d|contract)\.ts$/.test(path) && !path.includes('__fixtures__'),
    )
    .flatMap((path) => importsIn(relative('.', path).split(sep).join('/'), readFileSync(join(root, path), 'utf8')));
}

/** The room a file lives in: its first folder, or its own name for the few files that stand in none. */
export function roomOf(file: string): string {
  const [first = file] = file.split('/');
  return first.replace(/\.ts$/, '');
}

/** room → the rooms it may import, from the fenced block `arrows` of the architecture page. */
export function readArrows(page: string): ReadonlyMap<string, ReadonlySet<string>> {
  const block = /```arrows\n(?<lines>[\s\S]*?)\n```/.exec(page)?.groups?.lines;
  if (block === undefined) throw new Error('docs/architecture.md has no ```arrows block');
  return new Map(
    block.split('\n').map((line) => {
      const [room = '', targets = ''] = line.split('→').map((part) => part.trim());
      return [room, new Set(targets.split(/[\s,]+/).filter(Boolean))];
    }),
  );
}

/** Imports between rooms that the page does not draw, as `from → to`. */
export function forbiddenImports(
  imports: readonly FileImport[],
  arrows: ReadonlyMap<string, ReadonlySet<string>>,
): string[] {
  return imports
    .filter(({ from, to }) => roomOf(from) !== roomOf(to) && !arrows.get(roomOf(from))?.has(roomOf(to)))
    .map(({ from, to }) => `${from} → ${to}`);
}

/** The first cycle among the run-time imports as a chain of files, or null. */
export function findCycle(imports: readonly FileImport[]): readonly string[] | null {
  const targets = new Map<string, string[]>();
  for (const { from, to, atRunTime } of imports) {
    if (atRunTime) targets.set(from, [...(targets.get(from) ?? []), to]);
  }
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): readonly string[] | null => {
    const start = path.indexOf(file);
    if (start >= 0) return [...path.slice(start), file];
    if (done.has(file)) return null;
    for (const target of targets.get(file) ?? []) {
      const cycle = visit(target, [...path, file]);
      if (cycle) return cycle;
    }
    done.add(file);
    return null;
  };
  for (const file of targets.keys()) {
    const cycle = visit(file, []);
    if (cycle) return cycle;
  }
  return null;
}
