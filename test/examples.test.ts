import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { startInstallation } from '../src/server/start-installation.ts';
import { completeSettings, loadSettings } from '../src/settings.ts';
import { scriptedEngine } from './scripted-engine.ts';
import { listen, pause, shut, startUpstream } from './scripted-upstream.ts';

const root = join(import.meta.dirname, '..');
const example = (...path: string[]) => readFileSync(join(root, 'examples', ...path), 'utf8');
const has = (program: string, ...line: string[]) => spawnSync(program, line).error === undefined;

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), 'examples-'));
  closers.push(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

describe('the Kubernetes example', () => {
  const documents = parseAllDocuments(example('kubernetes', 'rightsize.yaml')).map((document) => document.toJS());
  const find = (kind: string) => documents.find((document) => document.kind === kind);

  it('holds settings that the program takes, and waits longer than a stop may take', () => {
    const folder = scratch();
    writeFileSync(join(folder, 'rightsize.config.yaml'), find('ConfigMap').data['rightsize.config.yaml']);
    const settings = loadSettings({ folder, environment: {} });
    const { replicas, strategy, template } = find('Deployment').spec;
    expect(template.spec.terminationGracePeriodSeconds * 1_000).toBeGreaterThan(
      settings.readinessDelayMs + settings.drainMs,
    );
    expect([replicas, strategy.type]).toEqual([1, 'Recreate']);
    const [container] = template.spec.containers;
    expect(container.ports[0].containerPort).toBe(settings.port);
    expect(container.volumeMounts.map(({ mountPath }: { mountPath: string }) => mountPath)).toContain(settings.data);
  });
});

describe('the systemd example', () => {
  it('waits longer than a stop may take', () => {
    const seconds = Number(/^TimeoutStopSec=(\d+)$/m.exec(example('systemd', 'rightsize.service'))?.[1]);
    const { readinessDelayMs, drainMs } = completeSettings();
    expect(seconds * 1_000).toBeGreaterThan(readinessDelayMs + drainMs);
  });

  it.skipIf(!has('systemd-analyze', '--version'))('is one that systemd reads without a word', () => {
    const { stderr, status } = spawnSync(
      'systemd-analyze',
      ['verify', join(root, 'examples', 'systemd', 'rightsize.service')],
      { encoding: 'utf8' },
    );
    expect(stderr.split('\n').filter((line) => line.includes('rightsize.service'))).toEqual([]);
    expect(status).toBe(0);
  });
});

describe('the container example', () => {
  it('copies files that are there or that the build makes, and runs as nobody special', () => {
    const text = example('container', 'Containerfile');
    const copied = [...text.matchAll(/^COPY (?:--from=build )?(.+) \S+$/gm)].flatMap(([, files = '']) =>
      files.split(' '),
    );
    const made = ['/build/node_modules', '/build/dist'];
    for (const file of copied.filter((name) => !made.includes(name)))
      expect(existsSync(join(root, file.replace('/build/', '')))).toBe(true);
    expect(copied.length).toBeGreaterThan(5);
    expect(text).toMatch(/^USER node$/m);
  });
});

describe.skipIf(!has('nginx', '-v'))('the nginx example, with a real nginx', () => {
  async function startBehindNginx() {
    const upstream = await startUpstream(async (response, { body }) => {
      if (!body.includes('"stream":true')) {
        response.end(JSON.stringify({ bytes: body.length }));
        return;
      }
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      for (const index of [1, 2, 3]) {
        response.write(`data: {"choices":[],"n":${index}}\n\n`);
        await pause(150);
      }
      response.end('data: [DONE]\n\n');
    });
    const installation = await startInstallation({
      settings: completeSettings({ data: scratch(), port: 0, upstream: { baseUrl: upstream.baseUrl } }),
      version: '1',
      log: pino({ level: 'silent' }),
      openEngine: async () => scriptedEngine(),
    });
    closers.push(
      () => upstream.close(),
      () => installation.stop(),
    );
    const port = await freePort();
    const folder = scratch();
    const site = example('nginx', 'rightsize.conf')
      .replace('127.0.0.1:8484', new URL(installation.origin).host)
      .replace('listen 8080', `listen 127.0.0.1:${port}`);
    const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
      (name) => `${name}_temp_path ${folder}/${name};`,
    );
    writeFileSync(
      join(folder, 'nginx.conf'),
      `daemon off; pid ${folder}/pid; error_log ${folder}/error.log; events {} http { access_log off; ${paths.join(' ')}\n${site} }`,
    );
    const nginx = spawn('nginx', ['-e', join(folder, 'early.log'), '-c', join(folder, 'nginx.conf')], {
      stdio: 'ignore',
    });
    const ended = new Promise((resolve) => nginx.once('exit', resolve));
    closers.push(() => {
      nginx.kill('SIGQUIT');
      return ended;
    });
    const origin = `http://127.0.0.1:${port}`;
    while (!(await fetch(origin).catch(() => null))) await pause(20);
    return origin;
  }

  async function freePort(): Promise<string> {
    const probe = createServer();
    const { port } = new URL(await listen(probe));
    await shut(probe);
    return port;
  }

  it('lets events through as they come, bodies above its usual limit, and nobody to the admin API', async () => {
    const origin = await startBehindNginx();
    const post = (body: object) =>
      fetch(`${origin}/v1/chat/completions`, { method: 'POST', body: JSON.stringify(body) });
    const messages = [{ role: 'user', content: 'x' }];
    const arrivals: number[] = [];
    const { body } = await post({ model: 'm', stream: true, messages });
    if (body === null) throw new Error('no body');
    for await (const _ of body) arrivals.push(performance.now());
    expect(arrivals.length).toBeGreaterThanOrEqual(3);
    expect((arrivals.at(-1) ?? 0) - (arrivals[0] ?? 0)).toBeGreaterThan(250);
    const large = await post({ model: 'm', messages: [{ role: 'user', content: 'x'.repeat(5_000_000) }] });
    expect(((await large.json()) as { bytes: number }).bytes).toBeGreaterThan(5_000_000);
    expect((await fetch(`${origin}/admin/v1/status`)).status).toBe(404);
    expect((await fetch(`${origin}/metrics`)).status).toBe(404);
  });
});
