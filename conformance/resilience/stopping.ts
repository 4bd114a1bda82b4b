import { equal, ok } from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chat, chunk, completion } from '../bodies.ts';
import type { Check, OurGateway } from '../check.ts';
import { ask, openStream, pause, until } from '../client.ts';
import { errorOf } from '../expect-error.ts';
import { doneCount, readEvents } from '../read-events.ts';
import { repeat } from './facts.ts';

const ours = 'it sends signals to its process';
const streams = 200;

/** Streams that tick until `ms` are over, then end well. */
function ticking(gateway: OurGateway, milliseconds: number): void {
  gateway.upstream.script = async (reply) => {
    reply.stream();
    const endsAt = performance.now() + milliseconds;
    while (performance.now() < endsAt && !reply.socket.destroyed) {
      reply.event(chunk({ content: 'tick' }));
      await pause(100);
    }
    if (!reply.socket.destroyed)
      reply
        .event(chunk({}, { finish: 'stop' }))
        .event('[DONE]')
        .end();
  };
}

async function openStreams(
  gateway: OurGateway,
  model: string,
): Promise<readonly Awaited<ReturnType<typeof openStream>>[]> {
  const opened = await Promise.all(
    Array.from({ length: streams }, () => openStream(gateway, { body: chat({ model }, { stream: true }) })),
  );
  await Promise.all(opened.map((stream) => stream.until((text) => text.includes('tick'))));
  return opened;
}

/** Every call id that the data folder holds. */
function keptCalls({ data }: OurGateway): number {
  return readdirSync(data, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /sqlite|\.db/.test(entry.name))
    .reduce((sum, entry) => sum + (readFileSync(join(entry.parentPath, entry.name)).includes('call_') ? 1 : 0), 0);
}

/** R18, R25. */
export const stoppingChecks: readonly Check[] = [
  {
    number: 'R18',
    title:
      'SIGTERM with 200 live streams: readiness fails first, no new connections, every stream ends well, calls are kept',
    slow: true,
    ours,
    async run(context) {
      const gateway = await context.startOurs({ settings: { drainMs: 20_000, readinessDelayMs: 600 } });
      await fetch(`${gateway.origin}/readyz`);
      ticking(gateway, 4_000);
      const opened = await openStreams(gateway, context.model);
      gateway.signal('SIGTERM');
      await until(() => gateway.output().includes('Stopping'), 'the signal was heard');
      equal((await fetch(`${gateway.origin}/readyz`)).status, 503, 'readiness does not fail first');
      await pause(1_200);
      const refused = await fetch(`${gateway.origin}/readyz`).then(
        () => false,
        () => true,
      );
      ok(refused, 'the listener still takes connections');
      await Promise.all(opened.map(({ ended }) => ended));
      for (const stream of opened) equal(doneCount(stream.text), 1, 'a stream was cut');
      equal(await gateway.ended, 0);
      ok(keptCalls(gateway) > 0, 'no call was kept');
    },
  },
  {
    number: 'R18',
    title: 'streams that outlast the grace end in an error event',
    slow: true,
    ours,
    async run(context) {
      const gateway = await context.startOurs({ settings: { drainMs: 700 } });
      ticking(gateway, 60_000);
      const opened = await openStreams(gateway, context.model);
      const startedAt = performance.now();
      gateway.signal('SIGTERM');
      await Promise.all(opened.map(({ ended }) => ended));
      for (const stream of opened) {
        equal(doneCount(stream.text), 0);
        equal(errorOf(readEvents(stream.text).at(-1)?.data ?? '').code, 'server_stopping');
      }
      equal(await gateway.ended, 0);
      const took = performance.now() - startedAt;
      ok(took > 650 && took < 6_000, `it took ${took.toFixed(0)} ms`);
    },
  },
  {
    number: 'R18',
    title: 'a second signal ends the process at once',
    ours,
    async run(context) {
      const gateway = await context.startOurs({ settings: { drainMs: 600_000 } });
      ticking(gateway, 60_000);
      const stream = await openStream(gateway, { body: chat(context, { stream: true }) });
      await stream.until((text) => text.includes('tick'));
      gateway.signal('SIGTERM');
      await until(() => gateway.output().includes('Stopping'), 'the signal was heard');
      const startedAt = performance.now();
      gateway.signal('SIGTERM');
      await gateway.ended;
      ok(performance.now() - startedAt < 1_000, 'it did not end at once');
    },
  },
  {
    number: 'R18',
    title: 'a grace of ten minutes and more can be set',
    ours,
    async run(context) {
      const gateway = await context.startOurs({ settings: { drainMs: 900_000 } });
      equal((await fetch(`${gateway.origin}/healthz`)).status, 200);
    },
  },
  {
    number: 'R18',
    title: 'new requests on open connections get 503 and a time to wait while it stops',
    ours,
    async run(context) {
      const gateway = await context.startOurs({ settings: { drainMs: 5_000, readinessDelayMs: 3_000 } });
      await fetch(`${gateway.origin}/readyz`);
      ticking(gateway, 3_500);
      const stream = await openStream(gateway, { body: chat(context, { stream: true }) });
      gateway.signal('SIGTERM');
      await until(() => gateway.output().includes('Stopping'), 'the signal was heard');
      // Until the port closes, load balancers that have not asked yet still send calls: they are answered or told to wait.
      const reply = await ask(gateway, { body: chat(context) });
      ok(
        reply.status === 200 || (reply.status === 503 && reply.headers['retry-after'] !== undefined),
        `${reply.status}`,
      );
      await stream.ended;
    },
  },
  {
    number: 'R25',
    title: 'a bad settings file at run time fails no request, and the old settings stay',
    ours: 'it writes its settings file',
    async run(context) {
      const gateway = await context.startOurs({ settings: { maxBodyBytes: 100_000 } });
      gateway.upstream.script = (reply) => reply.json(200, completion('ok'));
      const file = join(gateway.folder, 'rightsize.config.json');
      const good = readFileSync(file, 'utf8');
      const bad = ['{', '{"maxBodyBytes":-1}', '{"nonsense":true}', good.replace('100000', '"much"')];
      const reloading = (async () => {
        for (const text of bad) {
          writeFileSync(file, text);
          gateway.signal('SIGHUP');
          await pause(200);
        }
      })();
      let isDone = false;
      // Caught: where a call fails first, the folder is gone before the last file is written.
      const reloaded = reloading
        .catch(() => {})
        .finally(() => {
          isDone = true;
        });
      await repeat(8, 8, async () => {
        while (!isDone) equal((await ask(gateway, { body: chat(context) })).status, 200);
      });
      await reloaded;
      equal((await ask(gateway, { body: chat(context, { user: 'x'.repeat(200_000) }) })).status, 413);
      writeFileSync(file, good.replace('100000', '1000000'));
      gateway.signal('SIGHUP');
      await pause(400);
      equal((await ask(gateway, { body: chat(context, { user: 'x'.repeat(200_000) }) })).status, 200);
    },
  },
];
