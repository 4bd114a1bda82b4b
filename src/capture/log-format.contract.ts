import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { readAnswer } from '../records/answer.ts';
import type { Call, JsonObject } from '../records/call.ts';
import { logFormats } from './formats/log-formats.ts';
import { type BadLine, readCallLog } from './read-call-log.ts';

export function fixture(name: string): string {
  return fileURLToPath(new URL(`./__fixtures__/${name}`, import.meta.url));
}

export async function collect(
  files: string | readonly string[],
  tenant?: string,
): Promise<{ readonly calls: readonly Call[]; readonly bad: readonly BadLine[] }> {
  const calls: Call[] = [];
  const bad: BadLine[] = [];
  const options = { onBadLine: (line: BadLine) => bad.push(line), ...(tenant === undefined ? {} : { tenant }) };
  for await (const call of readCallLog(files, options)) calls.push(call);
  return { calls, bad };
}

export interface FormatCase {
  readonly format: string;
  /** Fixtures that belong together. */
  readonly files: readonly string[];
  /** What the reader should find: enough to tell the calls apart. */
  readonly calls: readonly {
    readonly id: string;
    readonly at: string;
    readonly status: number;
    readonly latencyMs: number | null;
    readonly user: string;
    /** The answer's text, or why there is none. */
    readonly answer: string;
  }[];
}

/** What every format keeps. */
export function describeLogFormat({ format, files, calls: expected }: FormatCase): void {
  const paths = files.map(fixture);
  describe(`a log of ${format}`, () => {
    it('gives its calls, and passes over what is no chat completion', async () => {
      const { calls, bad } = await collect(paths);
      expect(calls.map(summary)).toEqual(expected);
      expect(bad).toEqual([]);
    });

    it('is recognised line by line, by one format alone', async () => {
      for (const path of paths.filter((file) => file.endsWith('.jsonl'))) {
        for (const line of (await readFile(path, 'utf8')).trim().split('\n')) {
          const record = JSON.parse(line) as JsonObject;
          expect(logFormats.filter((candidate) => candidate.recognises(record)).map(({ name }) => name)).toEqual([
            format,
          ]);
        }
      }
    });

    it('gives the same calls again, in any order of the files', async () => {
      const again = await collect(paths.toReversed());
      expect(sorted(again.calls)).toEqual(sorted((await collect(paths)).calls));
    });

    it('gives the same calls from a list, from a compressed file, and through CRLF, blank lines and a byte order mark', async () => {
      const folder = await mkdtemp(join(tmpdir(), 'rightsize-log-'));
      try {
        const { calls } = await collect(paths);
        for (const rewrite of [asList, compressed, asWindowsText]) {
          const copies = await Promise.all(
            paths.map(async (path, index) => {
              const copy = join(folder, `${rewrite.name}-${index}`);
              await writeFile(copy, rewrite(await readFile(path, 'utf8')));
              return copy;
            }),
          );
          expect((await collect(copies)).calls).toEqual(calls);
        }
      } finally {
        await rm(folder, { recursive: true });
      }
    });
  });
}

function asList(text: string): string {
  return text.trim().startsWith('[') ? text : `[\n${text.trim().split('\n').join(',\n')}\n]`;
}

function compressed(text: string): Buffer {
  return gzipSync(text);
}

function asWindowsText(text: string): string {
  return `\ufeff\r\n${text.replaceAll('\n', '\r\n\r\n')}`;
}

function sorted(calls: readonly Call[]): readonly Call[] {
  return [...calls].sort((a, b) => (a.id < b.id ? -1 : 1));
}

function summary({ id, at, status, latencyMs, request, response }: Call): FormatCase['calls'][number] {
  const answer = readAnswer(response, status);
  return {
    id,
    at: new Date(at).toISOString(),
    status,
    latencyMs,
    user: String(request.messages.findLast(({ role }) => role === 'user')?.content),
    answer: answer.kind === 'text' ? answer.text : answer.kind === 'none' ? answer.why : answer.kind,
  };
}
