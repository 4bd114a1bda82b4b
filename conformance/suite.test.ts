import { createServer, type Server } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { listen, shut } from '../test/scripted-upstream.ts';
import type { Check, LaterLine } from './check.ts';
import { checklist } from './checklist.ts';
import { allChecks, laterLines } from './checks.ts';
import { startScriptedUpstream } from './scripted-upstream.ts';
import { type LineResult, runSuite } from './suite.ts';

/** What a careless gateway does to the bytes of its upstream. */
type Careless = (pieces: AsyncIterable<Uint8Array>, write: (text: string | Uint8Array) => void) => Promise<void>;

let gateway: Server | null = null;
afterEach(async () => {
  if (gateway !== null) await shut(gateway);
  gateway = null;
});

/** Runs lines of the checklist against a gateway that pipes every request through, in its own way. */
async function judge(
  only: readonly string[],
  careless: Careless,
): Promise<Readonly<Record<string, LineResult['verdict']>>> {
  const spare = await startScriptedUpstream();
  const { port } = spare;
  await spare.close();
  gateway = createServer(async (request, response) => {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    const upstream = await fetch(`http://127.0.0.1:${port}${request.url}`, {
      method: 'POST',
      body: Buffer.concat(pieces),
    });
    response.writeHead(upstream.status, { 'content-type': upstream.headers.get('content-type') ?? '' });
    if (upstream.body !== null) await careless(upstream.body, (text) => void response.write(text));
    response.end();
  });
  const baseUrl = `${await listen(gateway)}/v1`;
  const target = { baseUrl, key: 'k', hasOwnKey: true, model: 'm', upstreamPort: port, headers: {} };
  const results = await runSuite({ target, checks: allChecks.filter(({ slow }) => !slow), later: [], only });
  return Object.fromEntries(results.map(({ number, verdict }) => [number, verdict]));
}

const plain: Careless = async (pieces, write) => {
  for await (const piece of pieces) write(piece);
};

describe('the suite itself', () => {
  it('passes a plain pipe in what a plain pipe does right', async () => {
    expect(await judge(['C1', 'C8', 'C11', 'C13', 'C15'], plain)).toEqual({
      C1: 'pass',
      C8: 'pass',
      C11: 'pass',
      C13: 'pass',
      C15: 'pass',
    });
  });

  it('fails a gateway that decodes every piece on its own', async () => {
    const decoding: Careless = async (pieces, write) => {
      for await (const piece of pieces) write(new TextDecoder().decode(piece));
    };
    expect(await judge(['C8', 'C11'], decoding)).toEqual({ C8: 'pass', C11: 'fail' });
  });

  it('fails a gateway that gathers a stream before it sends it', async () => {
    const gathering: Careless = async (pieces, write) => {
      const all: Uint8Array[] = [];
      for await (const piece of pieces) all.push(piece);
      write(Buffer.concat(all));
    };
    expect(await judge(['C8', 'C12', 'C14'], gathering)).toEqual({ C8: 'pass', C12: 'fail', C14: 'fail' });
  });

  it('fails a gateway that writes the stream anew and forgets indices and unknown fields', async () => {
    const forgetful: Careless = async (pieces, write) => {
      let text = '';
      for await (const piece of pieces) text += Buffer.from(piece).toString();
      write(text.replaceAll(/"index":\d/g, '"index":0').replaceAll('reasoning_content', 'thoughts'));
    };
    expect(await judge(['C15', 'C16', 'C17'], forgetful)).toEqual({ C15: 'fail', C16: 'fail', C17: 'fail' });
  });

  it('tells every number of the checklist once, and what waits', async () => {
    const check: Check = { number: 'C1', title: 'a', ours: 'only here', run: async () => {} };
    const waits: LaterLine = { number: 'C3', later: 'a part' };
    const target = {
      baseUrl: 'http://127.0.0.1:9/v1',
      key: '',
      hasOwnKey: true,
      model: 'm',
      upstreamPort: 0,
      headers: {},
    };
    const results = await runSuite({ target, checks: [check], later: [waits], only: ['C3', 'C1', 'C2'] });
    expect(results.map(({ number, verdict, reason }) => [number, verdict, reason])).toEqual([
      ['C1', 'skip', 'only here'],
      ['C2', 'skip', 'no check is written'],
      ['C3', 'later', 'a part'],
    ]);
  });

  it('has a check, or a reason to wait, for every number', () => {
    const covered = new Set([...allChecks, ...laterLines].map(({ number }) => number));
    expect(
      Object.keys(checklist).filter((number) => number.startsWith('C') && !covered.has(number as Check['number'])),
    ).toEqual([]);
  });
});
