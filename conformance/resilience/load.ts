import { equal, ok } from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { chat, chunk, completion } from '../bodies.ts';
import { type Check, type CheckContext, NotTestable } from '../check.ts';
import { ask, type Gateway, pause, until } from '../client.ts';
import { metric, quantile, repeat, residentMegabytes } from './facts.ts';
import { startProbe } from './probe.ts';

const event = `data: ${JSON.stringify(chunk({ content: 'x'.repeat(16_000) }))}\n\n`;

/** Of a gateway that nobody asks: above it, the machine is measured. */
const mostIdleMs = 30;
const slowReaders = 24;

/** Writes events until so many bytes are sent, no faster than they are taken. */
async function pour(reply: Parameters<Gateway['upstream']['script']>[0], bytes: number): Promise<number> {
  reply.stream();
  let sent = 0;
  while (sent < bytes && !reply.socket.destroyed) {
    await reply.flush(event);
    sent += event.length;
  }
  if (!reply.socket.destroyed) reply.event('[DONE]').end();
  return sent;
}

/** A caller who has asked for a stream and takes nothing of it yet. What it takes later is thrown away. */
function openReader(gateway: Gateway, context: CheckContext): Socket {
  const { hostname, port } = new URL(gateway.origin);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => {});
  socket.on('data', () => {});
  socket.pause();
  socket.write(rawChat(gateway, context));
  return socket;
}

/** Aborts a stream when more than 100 KB of it have come. Reads no text: the check must not be busier than the gateway. */
async function abortEarly(gateway: Gateway, context: CheckContext): Promise<void> {
  const { hostname, port } = new URL(gateway.origin);
  const socket = connect(Number(port), hostname);
  let bytes = 0;
  socket.on('data', (piece) => {
    bytes += piece.length;
    if (bytes > 100_000) socket.destroy();
  });
  socket.on('error', () => {});
  socket.write(rawChat(gateway, context));
  await new Promise((resolve) => socket.once('close', resolve));
}

/** R10, R11, R21. */
export const loadChecks: readonly Check[] = [
  {
    number: 'R10',
    title: 'readiness takes under 100 ms (p99) while a thousand streams of 5 MB are aborted',
    slow: true,
    async run(context) {
      context.upstream.script = (reply) => void pour(reply, 5_000_000);
      const idle = await startProbe(`${context.origin}/readyz`);
      await pause(3_000);
      const idleP99 = quantile(await idle.stop(), 0.99);
      const probe = await startProbe(`${context.origin}/readyz`);
      await repeat(1_000, 24, () => abortEarly(context, context));
      const times = await probe.stop();
      const p99 = quantile(times, 0.99);
      if (p99 >= 100 && idleP99 > mostIdleMs)
        throw new NotTestable(
          `the machine is too busy: p99 ${p99.toFixed(0)} ms, ${idleP99.toFixed(0)} ms before it began`,
        );
      ok(p99 < 100, `p99 ${p99.toFixed(0)} ms of ${times.length} probes, ${idleP99.toFixed(0)} ms before it began`);
    },
  },
  {
    number: 'R11',
    title: 'streams of 200 MB to slow readers grow memory by less than 5 MB each, and pause the upstream',
    slow: true,
    ours: 'it looks at the memory of its process',
    async run(context) {
      const gateway = await context.startOurs({ settings: { capture: { default: 'figures' } } });
      await warmUp(gateway, context);
      let sent = 0;
      gateway.upstream.script = async (reply) => {
        reply.stream();
        for (let own = 0; own < 200_000_000 && !reply.socket.destroyed; own += event.length) {
          await reply.flush(event);
          sent += event.length;
        }
      };
      const memoryBefore = residentMegabytes(gateway.pid);
      const readers = Array.from({ length: slowReaders }, () => openReader(gateway, context));
      // What the system's own buffers take comes first; then the upstream must stand still.
      let before = -1;
      for (let second = 0; second < 20 && sent !== before; second++) {
        before = sent;
        await pause(1_000);
      }
      equal(sent, before, 'the upstream was not paused');
      ok(sent < slowReaders * 20_000_000, `${sent} bytes were taken though nobody read`);
      const growths: number[] = [];
      for (let turn = 0; turn < 40; turn++) {
        for (const reader of readers) reader.resume();
        await pause(20);
        for (const reader of readers) reader.pause();
        await pause(80);
        growths.push(residentMegabytes(gateway.pid) - memoryBefore);
      }
      for (const reader of readers) reader.destroy();
      const growth = quantile(growths, 0.5) / slowReaders;
      ok(growth < 5, `memory grew by ${growth.toFixed(1)} MB a stream`);
    },
  },
  {
    number: 'R11',
    title: 'a reader who has stopped is hung up on after the write timeout',
    ours: 'the write timeout is a setting',
    async run(context) {
      const gateway = await context.startOurs({ settings: { streams: { writeTimeoutMs: 700 } } });
      gateway.upstream.script = (reply) => void pour(reply, 200_000_000);
      const reader = openReader(gateway, context);
      await until(() => gateway.upstream.requests.length > 0, 'the request at the upstream');
      const { connection } = gateway.upstream.requests[0] ?? {};
      await until(() => connection?.closedAt !== null, 'the upstream was not let go', 5_000);
      await pause(100);
      equal(await metric(gateway, 'rightsize_active_requests'), 0);
      reader.destroy();
    },
  },
  {
    number: 'R21',
    title: 'after successes, errors, timeouts, aborts and broken requests on every route no slot is taken',
    slow: true,
    ours: 'it looks at its metrics',
    async run(context) {
      const gateway = await context.startOurs({
        settings: { upstream: { firstByteTimeoutMs: 150, idleTimeoutMs: 150 } },
      });
      gateway.upstream.script = (reply, { headers }) => {
        const fate = headers['x-fate'];
        if (fate === 'success') reply.json(200, completion('ok'));
        if (fate === 'error') reply.json(500, { error: { message: 'no', type: 'x', param: null, code: null } });
        if (fate === 'reset')
          reply
            .stream()
            .event(chunk({ content: 'a' }))
            .reset();
        if (fate === 'half') reply.stream().event(chunk({ content: 'a' }));
      };
      const fates = ['success', 'error', 'timeout', 'reset', 'half', 'abort', 'malformed', 'no-key'] as const;
      const paths = [
        'chat/completions',
        'completions',
        'embeddings',
        'responses',
        'messages',
        'models',
        'files',
        'nothing/here',
      ];
      await repeat(1_000, 32, async (index) => {
        const fate = fates[index % fates.length] ?? 'success';
        const path = `/v1/${paths[Math.floor(index / fates.length) % paths.length]}`;
        await meet(gateway, context, { fate, path });
      });
      await pause(500);
      equal(await metric(gateway, 'rightsize_active_requests'), 0);
    },
  },
];

async function meet(
  gateway: Gateway,
  context: CheckContext,
  { fate, path }: { readonly fate: string; readonly path: string },
): Promise<void> {
  const method = path.endsWith('/models') ? 'GET' : 'POST';
  const headers = { 'x-fate': fate, ...(fate === 'no-key' ? { authorization: 'Bearer nobody' } : {}) };
  const body =
    fate === 'malformed' ? '{"model":' : { ...chat(context), input: 'a', prompt: 'a', stream: fate === 'half' };
  const caller = new AbortController();
  const asking = ask(gateway, {
    method,
    path,
    headers,
    ...(method === 'GET' ? {} : { body }),
    signal: caller.signal,
  }).catch(() => null);
  if (fate === 'abort') setTimeout(() => caller.abort(), 10);
  await asking;
}

/** As many streams as there will be slow readers, read fast: what the collector leaves lying for a while lies there already. */
async function warmUp(gateway: Gateway, context: CheckContext): Promise<void> {
  gateway.upstream.script = (reply) => void pour(reply, 30_000_000);
  const readers = Array.from({ length: slowReaders }, () => openReader(gateway, context));
  await Promise.all(
    readers.map((reader) => {
      let bytes = 0;
      reader.on('data', (piece) => {
        bytes += piece.length;
        if (bytes > 29_000_000) reader.destroy();
      });
      reader.resume();
      return new Promise((resolve) => reader.once('close', resolve));
    }),
  );
}

function rawChat(gateway: Gateway, context: CheckContext): string {
  const body = JSON.stringify(chat(context, { stream: true }));
  const headers = Object.entries(gateway.headers()).map(([name, value]) => `${name}: ${value}\r\n`);
  return `POST /v1/chat/completions HTTP/1.1\r\nhost: gateway\r\n${headers.join('')}content-length: ${body.length}\r\n\r\n${body}`;
}
