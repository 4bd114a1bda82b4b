import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

export const projectFolder = join(import.meta.dirname, '..', '..');

export interface SourceFile {
  /** Below `src/`. */
  readonly path: string;
  readonly text: string;
}

/** Everything that is shipped: the source without its tests. */
export function sourceFiles(): readonly SourceFile[] {
  const root = join(projectFolder, 'src');
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.ts$/.test(entry.name) && !/\.(test|contract|test-d)\.ts$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .map((file) => ({ path: relative(root, file), text: readFileSync(file, 'utf8') }));
}

export function projectFile(path: string): string {
  return readFileSync(join(projectFolder, path), 'utf8');
}
