import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { readStudent } from '../../src/learn/student.ts';
import type { Check } from '../check.ts';
import { regexLiterals } from './regex-literals.ts';
import { projectFile, projectFolder, sourceFiles } from './source-files.ts';

const ours = 'it reads the source';
/** Rooms whose patterns never see what a caller sent. */
const offThePath = /^(cli|export|economics|evaluate)\//;
/** Patterns that only see texts of the operator or of this program, and what those are. */
const elsewhere = new Map([
  ['/\\/+$/', 'the base URL in the settings'],
  ['/\\B(?<![.\\d]*\\.\\d*)(?=(\\d{3})+(?!\\d))/g', 'a number that a student answers'],
  ['/"(?:[^"\\\\]|\\\\[\\s\\S])*"|-?\\d[\\d.eE+-]*/g', 'JSON that has been parsed: every string in it ends'],
]);
const length = 20_000;
const mostMs = 10;

const pumps: readonly string[] = [
  ...' \t\n\r\u00a0aAzZ019-_./\\"\'{}[]()<>:;,@#=*+?!&%$^|~`\u00e9\u4e2d\u0000',
  'ab',
  'a ',
  ' a',
  'a.',
  '0.',
  '.0',
  '0,',
  'a@',
  'a-',
  '\r\n',
  '\n\n',
  '""',
  '\\"',
  '{}',
  '1 ',
  '0a',
  'aA',
  '://',
  '+1',
];

/** The longest time that a pattern takes on texts made to be hard for it. */
function worstMs(pattern: RegExp): { readonly ms: number; readonly text: string } {
  const lead = /^\^?((?:[\w ]|\\[.\-/])+)/.exec(pattern.source)?.[1]?.replaceAll('\\', '') ?? '';
  let worst = { ms: 0, text: '' };
  for (const pump of pumps)
    for (const prefix of new Set(['', lead]))
      for (const suffix of ['', '!', '\u0000a']) {
        const text = prefix + pump.repeat(Math.ceil(length / pump.length)) + suffix;
        const ms = Math.min(timed(pattern, text), worst.ms < mostMs ? Number.POSITIVE_INFINITY : 0);
        if (ms > worst.ms)
          worst = { ms, text: JSON.stringify((prefix + pump + pump).slice(0, 20)) + JSON.stringify(suffix) };
      }
  return worst;
}

/** The best of up to three: a busy machine is no fault of the pattern. */
function timed(pattern: RegExp, text: string): number {
  let best = Number.POSITIVE_INFINITY;
  for (let turn = 0; turn < 3 && best > mostMs; turn++) {
    pattern.lastIndex = 0;
    const startedAt = performance.now();
    pattern.test(text);
    best = Math.min(best, performance.now() - startedAt);
  }
  return best;
}

interface Manifest {
  readonly scripts: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly files: readonly string[];
}

interface LockedPackage {
  readonly version?: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly hasInstallScript?: boolean;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly peer?: boolean;
  readonly link?: boolean;
}

function manifest(): Manifest {
  return JSON.parse(projectFile('package.json'));
}

/** S9, S16, S18, S20: what the source says. */
export const staticChecks: readonly Check[] = [
  {
    number: 'S9',
    title: 'nothing is evaluated: no eval, no Function, no vm, no shell, no templates, no plugins',
    ours,
    async run() {
      const banned = /\beval\(|\bnew Function\b|\bnode:vm\b|\bchild_process\b|\bprocess\.binding\b|\bpickle\b/;
      const found = sourceFiles().filter(({ text }) => banned.test(text));
      deepEqual(
        found.map(({ path }) => path),
        [],
      );
      const engines = /^(ejs|handlebars|mustache|nunjucks|pug|liquidjs|eta|lodash|vm2|isolated-vm)$/;
      deepEqual(
        Object.keys(manifest().dependencies).filter((name) => engines.test(name)),
        [],
      );
      // Lazily loaded are modules of this program and of its dependencies, by names that stand in the source.
      const loaded = sourceFiles().flatMap(({ path, text }) =>
        [...text.matchAll(/\bimport\(([^'")][^)]*)\)/g)].map(([, name]) => `${path}: ${name}`),
      );
      deepEqual(
        loaded.filter((line) => !/worker-(encoder|trainer)\.ts: \$\{loader\}/.test(line)),
        [],
      );
    },
  },
  {
    number: 'S9',
    title: 'a student is data: what is cut, altered or swollen is refused, never run',
    ours,
    async run() {
      const bytes = new TextEncoder().encode('{"kind":"label","code":"process.exit(1)"}');
      const bomb = gzipSync(Buffer.alloc(50_000_000));
      for (const damaged of [
        new Uint8Array(),
        bytes,
        bomb,
        gunzipSync(gzipSync(bytes)),
        new Uint8Array(1_000).fill(255),
      ]) {
        let message = '';
        try {
          readStudent(damaged);
        } catch (error) {
          message = String(error);
        }
        match(message, /student|damaged|cut|altered/i);
      }
    },
  },
  {
    number: 'S16',
    title: 'no pattern on the path of a call takes more than 10 ms on 20,000 characters made to be hard for it',
    ours,
    timeoutMs: 120_000,
    async run() {
      const slow: string[] = [];
      const known = new Map<string, string>();
      for (const { path, text } of sourceFiles())
        if (!offThePath.test(path))
          for (const pattern of regexLiterals(text))
            if (!elsewhere.has(String(pattern))) known.set(String(pattern), path);
      ok(known.size > 50, `only ${known.size} patterns were found`);
      for (const [literal, path] of known) {
        const [, source = '', flags = ''] = /^\/(.*)\/([a-z]*)$/s.exec(literal) ?? [];
        const worst = worstMs(new RegExp(source, flags));
        if (worst.ms > mostMs) slow.push(`${path} ${literal}: ${worst.ms.toFixed(0)} ms on ${worst.text}`);
      }
      equal(slow.join('\n'), '');
    },
  },
  {
    number: 'S18',
    title: 'installing needs no script to run, and every package is locked with its hash',
    ours,
    async run() {
      const { scripts, dependencies, devDependencies } = manifest();
      for (const hook of ['preinstall', 'install', 'postinstall', 'prepare', 'prepublish'])
        ok(!(hook in scripts), hook);
      match(projectFile('.npmrc'), /ignore-scripts=true/);
      for (const [name, range] of Object.entries({ ...dependencies, ...devDependencies }))
        match(range, /^\d+\.\d+\.\d+(-[\w.]+)?$/, `${name} ${range} is no exact version`);
      const { packages } = JSON.parse(projectFile('package-lock.json')) as { packages: Record<string, LockedPackage> };
      // Of tools for other systems than the one that wrote the lock, npm knows no hash; they are installed nowhere else.
      const locked = Object.entries(packages).filter(
        ([path, { link, dev, optional }]) => path !== '' && link !== true && !(dev && optional),
      );
      deepEqual(
        locked.filter(([, { integrity }]) => !integrity?.startsWith('sha512-')).map(([path]) => path),
        [],
      );
      deepEqual(
        locked.filter(([, { resolved = 'https://' }]) => !resolved.startsWith('https://')).map(([path]) => path),
        [],
      );
      const shipped = locked.filter(([, each]) => !each.dev && !each.optional && !each.peer);
      // Its script only looks for the binary that it brings along for each system.
      const sqlite = 'node_modules/@photostructure/sqlite';
      ok(existsSync(join(projectFolder, sqlite, 'prebuilds', `${process.platform}-${process.arch}`)));
      deepEqual(
        shipped.filter(([path, { hasInstallScript }]) => hasInstallScript && path !== sqlite).map(([path]) => path),
        [],
      );
    },
  },
  {
    number: 'S18',
    title: 'the packed package is installed afresh on each major of Node by `.ci/run`, and carries no tests or secrets',
    ours,
    async run() {
      const ci = projectFile('.ci/run');
      match(ci, /smoke\.mjs/);
      match(ci, /node@/);
      deepEqual(
        manifest().files.filter((file) => /^(src|test|conformance|bench|\.env)/.test(file)),
        [],
      );
      ok(!existsSync(join(projectFolder, '.env')));
    },
  },
  {
    number: 'S20',
    title: 'SECURITY.md says how to report, and which versions are supported',
    ours,
    async run() {
      const page = projectFile('SECURITY.md');
      match(page, /Supported versions/);
      match(page, /Reporting/);
    },
  },
];
