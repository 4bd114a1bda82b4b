// Usage: npm run bench:comparison [-- --only portkey,litellm,rightsize --no-run --no-build]
// The conformance suite against the gateways that bench/gateway/peers.ts installs and against this one, one after the
// other; writes bench/results/comparison.json and the table in docs/comparison.md. What the suite counts as failed at
// a peer stands there only as bench/gateway/findings.ts says after somebody has looked.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { LineResult } from '../conformance/suite.ts';
import {
  type ComparedLine,
  type Comparison,
  describeComparison,
  type GatewayName,
  withGenerated,
} from './gateway/comparison-table.ts';
import { findings } from './gateway/findings.ts';
import { type PeerName, peerVersions, startPeer } from './gateway/peers.ts';

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: 'portkey,litellm,rightsize' },
    'no-run': { type: 'boolean', default: false },
    'no-build': { type: 'boolean', default: false },
  },
});
const upstreamPort = 9797;
const figures = 'bench/results/comparison.json';
const page = 'docs/comparison.md';

let comparison = readComparison();
if (!values['no-run'])
  for (const name of values.only.split(',') as GatewayName[]) {
    const lines = await linesOf(name);
    if (lines === null) continue;
    comparison = withLines(comparison, name, lines);
    writeFileSync(figures, `${JSON.stringify(comparison, null, 2)}\n`);
  }
writeFileSync(page, withGenerated(readFileSync(page, 'utf8'), describeComparison(comparison, findings)));

function readComparison(): Comparison {
  return existsSync(figures) ? JSON.parse(readFileSync(figures, 'utf8')) : { gateways: [] };
}

function withLines({ gateways }: Comparison, name: GatewayName, lines: readonly ComparedLine[]): Comparison {
  const machine = { cpu: cpus()[0]?.model ?? 'unknown', cores: cpus().length, node: process.version };
  const version = name === 'rightsize' ? ownVersion() : peerVersions[name];
  const entry = { name, version, date: new Date().toISOString().slice(0, 10), machine, lines };
  return { gateways: [...gateways.filter((gateway) => gateway.name !== name), entry] };
}

function ownVersion(): string {
  return (JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }).version;
}

/** Null, with a line that says so, where it is not installed. */
async function linesOf(name: GatewayName): Promise<readonly ComparedLine[] | null> {
  if (name === 'rightsize') return runSuite(values['no-build'] ? ['--no-build'] : []);
  const peer = await startPeer(name, `http://127.0.0.1:${upstreamPort}`, ([program = '', ...line], options) =>
    spawn(program, line, { stdio: 'ignore', ...options }),
  );
  if (peer === null) {
    console.error(`${name} is not installed: npx tsx bench/gateway/peers.ts install`);
    return null;
  }
  try {
    return runSuite(addressOf(name, peer));
  } finally {
    await stopped(peer.child);
  }
}

function addressOf(name: PeerName, peer: { readonly origin: string; readonly headers: Record<string, string> }) {
  const { authorization = '', ...others } = peer.headers;
  const line = ['--base-url', `${peer.origin}/v1`, '--upstream-port', String(upstreamPort)];
  line.push('--key', authorization.replace('Bearer ', ''));
  if (name === 'portkey') line.push('--upstream-key');
  for (const [header, value] of Object.entries(others)) line.push('--header', `${header}: ${value}`);
  return line;
}

function runSuite(line: readonly string[]): readonly ComparedLine[] {
  const folder = mkdtempSync(join(tmpdir(), 'comparison-'));
  const told = join(folder, 'results.json');
  try {
    // 1 only says that a line failed.
    spawnSync('npx', ['tsx', 'conformance/run.ts', ...line, '--json', told], { stdio: 'inherit' });
    const { results } = JSON.parse(readFileSync(told, 'utf8')) as { results: readonly LineResult[] };
    return results.map(({ seconds: _, ...line }) => line);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function stopped(child: ChildProcess): Promise<void> {
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill('SIGTERM');
  return ended;
}
