import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { Worker } from 'node:worker_threads';
import { type Browser, chromium, type Page } from 'playwright-core';

/** What a module said somewhere: each reply as JSON, and the milliseconds from importing it to its first reply. */
export interface Said {
  readonly replies: readonly string[];
  readonly coldStartMs: number;
  readonly kernels: string;
}

export interface Questions {
  /** Text of an exported module. */
  readonly code: string;
  /** Chat completion bodies, or slots with a vector as numbers. */
  readonly questions: readonly unknown[];
}

/** Asks a module, as JSON so that no host changes anything on the way. As text: every host runs the very same. */
const asking = `
export async function ask(url, questions) {
  const asked = JSON.parse(questions);
  const startedAt = performance.now();
  const student = await import(url);
  const say = ({ slots, vector, ...request }) =>
    JSON.stringify(
      slots ? student.answer(slots, vector && Float32Array.from(vector)) : student.answerRequest(request));
  say(asked[0]);
  const coldStartMs = performance.now() - startedAt;
  return { replies: asked.map(say), coldStartMs, kernels: student.kernels };
}`;

/** In a Node process of its own, without the loaders of this one. */
export async function askInNode({ code, questions }: Questions): Promise<Said> {
  return withFiles(code, async (asker, student, folder) => {
    const said = join(folder, 'said.json');
    writeFileSync(join(folder, 'questions.json'), JSON.stringify(questions));
    const source = `
      import { readFileSync, writeFileSync } from 'node:fs';
      import { ask } from ${JSON.stringify(asker)};
      const said = await ask(${JSON.stringify(student)}, readFileSync('questions.json', 'utf8'));
      writeFileSync('said.json', JSON.stringify(said));`;
    await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', source], { cwd: folder });
    return JSON.parse(readFileSync(said, 'utf8')) as Said;
  });
}

export async function askInWorker({ code, questions }: Questions): Promise<Said> {
  return withFiles(code, async (asker, student) => {
    const source = `
      const { parentPort, workerData: [asker, student, questions] } = require('node:worker_threads');
      import(asker).then(({ ask }) => ask(student, questions)).then((said) => parentPort.postMessage(said));`;
    const workerData = [asker, student, JSON.stringify(questions)];
    const worker = new Worker(source, { eval: true, workerData, execArgv: [] });
    try {
      return await new Promise<Said>((resolve, reject) => {
        worker.once('message', resolve);
        worker.once('error', reject);
      });
    } finally {
      await worker.terminate();
    }
  });
}

/** The Chromium of this machine; null where there is none. */
export function findChromium(): string | null {
  const named = process.env.CHROMIUM_PATH;
  if (named) return named;
  const folders = (process.env.PATH ?? '').split(delimiter);
  const names = ['chromium', 'chromium-browser', 'google-chrome'];
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find(existsSync) ?? null;
}

/** `policy`: a Content-Security-Policy for the page. */
export async function askInChromium({ code, questions }: Questions, policy?: string): Promise<Said> {
  const files = { '/': '<!doctype html><title>page</title>', '/ask.mjs': asking, '/student.mjs': code };
  const text = JSON.stringify(JSON.stringify(questions));
  return inChromium(files, policy, async (page) => {
    const call = `import('/ask.mjs').then(({ ask }) => ask('/student.mjs', ${text}))`;
    return (await page.evaluate(call)) as Said;
  });
}

/** Opens the page at `/` of a small site in Chromium. */
export async function inChromium<Result>(
  files: Readonly<Record<string, string>>,
  policy: string | undefined,
  work: (page: Page) => Promise<Result>,
): Promise<Result> {
  const server = createServer(({ url = '' }, response) => {
    const file = files[url];
    response.writeHead(file === undefined ? 404 : 200, {
      'content-type': `${url.endsWith('.mjs') ? 'text/javascript' : 'text/html'}; charset=utf-8`,
      ...(policy === undefined ? {} : { 'content-security-policy': policy }),
    });
    response.end(file ?? '');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const browser = await launchChromium();
  try {
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    return await work(page);
  } finally {
    await browser.close();
    server.close();
  }
}

async function launchChromium(): Promise<Browser> {
  const executablePath = findChromium();
  if (executablePath === null) throw new Error('this machine has no Chromium');
  return chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

/** Puts the asking code and a module into files of their own, for as long as the work takes. */
async function withFiles<Result>(
  code: string,
  work: (asker: string, student: string, folder: string) => Promise<Result>,
): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), 'module-'));
  const put = (name: string, text: string): string => {
    const file = join(folder, name);
    writeFileSync(file, text);
    return pathToFileURL(file).href;
  };
  try {
    return await work(put('ask.mjs', asking), put('student.mjs', code), folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
