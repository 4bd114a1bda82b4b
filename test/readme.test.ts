import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { commands } from '../src/cli/commands.ts';

const root = join(import.meta.dirname, '..');
const pages = [
  'README.md',
  'demo/README.md',
  'docs/guides/getting-started.md',
  'docs/guides/call-log.md',
  'docs/guides/eject.md',
  'docs/guides/encoder.md',
  'docs/guides/keys.md',
  'docs/guides/privacy.md',
  'docs/guides/same-request-again.md',
];
const scripts: Readonly<Record<string, string>> = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).scripts;

function read(page: string): string {
  return readFileSync(join(root, page), 'utf8');
}

describe.each(pages)('%s', (page) => {
  it('names only commands that exist', () => {
    const named = [...read(page).matchAll(/(?:^|`)rightsize (?<name>[a-z]+)/gm)].map(
      (match) => match.groups?.name ?? '',
    );
    expect(named.filter((name) => commands[name] === undefined)).toEqual([]);
  });

  it('links only to files that exist', () => {
    const links = [...read(page).matchAll(/\]\((?<path>[^)#:]+)(?:#[^)]*)?\)/g)].map(
      (match) => match.groups?.path ?? '',
    );
    expect(links.filter((path) => !existsSync(join(root, dirname(page), path)))).toEqual([]);
  });
});

describe('the two lines of the README', () => {
  it.each(['demo-line', 'test-line'])('%s uses only scripts that exist', (marker) => {
    const line = new RegExp(`<!-- ${marker} -->\\s+\`\`\`\\w*\\n(?<line>npm .*)\\n`).exec(read('README.md'))?.groups
      ?.line;
    const used = [...(line ?? '').matchAll(/npm (?:run )?(?<name>\w+)/g)].map((match) => match.groups?.name ?? '');
    expect(used[0]).toBe('ci');
    expect(used.slice(1).filter((name) => scripts[name] === undefined)).toEqual([]);
    expect(used.length).toBeGreaterThan(1);
  });
});

describe('the picture of the loop', () => {
  it('is dressed for light and for dark pages', () => {
    const picture = read('docs/images/loop.svg');
    expect(picture).toContain('prefers-color-scheme: dark');
    expect(picture).not.toMatch(/<script|href="http/);
  });
});
