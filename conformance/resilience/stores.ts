import { equal, ok } from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase } from '../../src/storage/open-database.ts';
import { openStore } from '../../src/storage/open-store.ts';
import { chat, completion } from '../bodies.ts';
import { type Check, type CheckContext, NotTestable, type OurGateway } from '../check.ts';
import { ask, pause, until } from '../client.ts';
import { metric, quantile, repeat, residentMegabytes } from './facts.ts';

const ours = 'it looks into its store';

/** Holds the store as another program's transaction does, for as long as `work` takes. */
async function whileLocked({ data }: OurGateway, work: () => Promise<void>): Promise<void> {
  const database = await openDatabase(join(data, 'rightsize.db'));
  database.exec('BEGIN IMMEDIATE');
  try {
    await work();
  } finally {
    database.exec('ROLLBACK');
    database.close();
  }
}

async function timesOf(gateway: OurGateway, context: CheckContext, calls: number): Promise<readonly number[]> {
  const times: number[] = [];
  for (let call = 0; call < calls; call++) {
    const startedAt = performance.now();
    equal((await ask(gateway, { body: chat(context) })).status, 200, 'a call failed with the store');
    times.push(performance.now() - startedAt);
  }
  return times;
}

/** The calls that a stopped gateway has kept. */
async function keptCalls(data: string): Promise<number> {
  const store = await openStore(data);
  try {
    return await store.calls.count();
  } finally {
    await store.close();
  }
}

/** A disk of its own of so many megabytes, as a folder. */
async function withDisk(megabytes: number, check: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'rightsize-disk-'));
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', folder]);
  if (mounted.status !== 0) {
    rmSync(folder, { recursive: true });
    throw new NotTestable('a disk of its own cannot be mounted here');
  }
  try {
    await check(folder);
  } finally {
    spawnSync('umount', ['-l', folder]);
    rmSync(folder, { recursive: true, force: true });
  }
}

/** R15–R17, R19, R20. */
export const storeChecks: readonly Check[] = [
  {
    number: 'R15',
    title: 'while the store is locked calls are answered as fast as before, and kept when it is free again',
    ours,
    timeoutMs: 60_000,
    async run(context) {
      const gateway = await context.startOurs();
      gateway.upstream.script = (reply) => reply.json(200, completion('ok'));
      await timesOf(gateway, context, 50);
      const before = await timesOf(gateway, context, 200);
      let during: readonly number[] = [];
      await whileLocked(gateway, async () => {
        during = await timesOf(gateway, context, 200);
      });
      const added = quantile(during, 0.99) - quantile(before, 0.99);
      const longest = Math.max(...during);
      ok(longest < 500, `a call took ${longest.toFixed(0)} ms while the store was locked`);
      ok(quantile(during, 0.5) - quantile(before, 0.5) < 5, `${added.toFixed(1)} ms were added`);
      const startedAt = performance.now();
      while ((await metric(gateway, 'rightsize_capture_written_total')) < 450) {
        ok(performance.now() - startedAt < 40_000, 'the calls were not kept afterwards');
        await pause(200);
      }
      equal(await metric(gateway, 'rightsize_capture_dropped_total'), 0);
    },
  },
  {
    number: 'R15',
    title: 'on a full disk calls are answered, and kept when there is room again',
    ours,
    timeoutMs: 60_000,
    async run(context) {
      await withDisk(3, async (disk) => {
        const gateway = await context.startOurs({ data: join(disk, 'data') });
        gateway.upstream.script = (reply) => reply.json(200, completion('ok'));
        const filler = join(disk, 'filler');
        spawnSync('dd', ['if=/dev/zero', `of=${filler}`, 'bs=64k']);
        for (let call = 0; call < 60; call++) {
          const messages = [{ role: 'user', content: `${call} ${Math.random().toString(36).repeat(400)}` }];
          equal((await ask(gateway, { body: chat(context, { messages }) })).status, 200);
        }
        await pause(500);
        ok((await metric(gateway, 'rightsize_store_failures_total')) > 0, 'the disk did not fail');
        rmSync(filler);
        spawnSync('mount', ['-o', 'remount,size=64m', disk]);
        const startedAt = performance.now();
        while ((await metric(gateway, 'rightsize_capture_queued')) > 0) {
          ok(performance.now() - startedAt < 40_000, 'the calls were not kept afterwards');
          await pause(200);
        }
        equal(await metric(gateway, 'rightsize_capture_written_total'), 60);
        await gateway.stop();
      });
    },
  },
  {
    number: 'R16',
    title:
      'with a store that hangs and an upstream that fails, ten thousand calls grow neither memory nor logs without end',
    slow: true,
    ours,
    async run(context) {
      const gateway = await context.startOurs({ settings: { upstream: { retries: 1, retryBaseMs: 1 } } });
      const error = { error: { message: 'down '.repeat(200), type: 'server_error', param: null, code: 'down' } };
      gateway.upstream.script = (reply) => reply.json(503, error);
      const memory: number[] = [];
      await whileLocked(gateway, async () => {
        await repeat(10_000, 32, async (call) => {
          await ask(gateway, { body: chat(context) });
          if (call % 1_000 === 999) memory.push(residentMegabytes(gateway.pid));
        });
      });
      // By then the queue is full, and what comes is dropped. The collector lets memory rise and fall by tens of megabytes:
      // what stays is the least of the last figures, against the most of those before.
      const growth = Math.min(...memory.slice(-3)) - Math.max(...memory.slice(3, 6));
      ok(growth < 25, `memory grew by ${growth.toFixed(0)} MB over the last 4,000 calls: ${memory.map(Math.round)}`);
      const logged = gateway.output().length / 10_000;
      ok(logged < 500, `${logged.toFixed(0)} bytes were logged a call`);
    },
  },
  {
    number: 'R17',
    title: 'a full queue drops calls, counts each, and holds up none',
    slow: true,
    ours,
    async run(context) {
      const calls = 6_000;
      const gateway = await context.startOurs();
      gateway.upstream.script = (reply) => reply.json(200, completion('ok'));
      const times: number[] = [];
      await whileLocked(gateway, async () => {
        await repeat(calls, 32, async () => {
          const startedAt = performance.now();
          equal((await ask(gateway, { body: chat(context) })).status, 200);
          times.push(performance.now() - startedAt);
        });
      });
      ok(Math.max(...times) < 1_500, `a call took ${Math.max(...times).toFixed(0)} ms`);
      const startedAt = performance.now();
      while ((await metric(gateway, 'rightsize_capture_queued')) > 0) {
        ok(performance.now() - startedAt < 60_000, 'the queue was not stored afterwards');
        await pause(200);
      }
      const dropped = await metric(gateway, 'rightsize_capture_dropped_total');
      const written = await metric(gateway, 'rightsize_capture_written_total');
      ok(dropped > 0, 'nothing was dropped');
      equal(written + dropped, calls);
    },
  },
  {
    number: 'R19',
    title: 'calls that are answered while the store closes are answered well',
    ours,
    async run(context) {
      const gateway = await context.startOurs();
      gateway.upstream.script = async (reply) => {
        await pause(400);
        reply.json(200, completion('ok'));
      };
      const asking = Array.from({ length: 60 }, () => ask(gateway, { body: chat(context) }));
      await until(() => gateway.upstream.requests.length === 60, 'all calls at the upstream');
      gateway.signal('SIGTERM');
      const statuses = (await Promise.all(asking)).map(({ status }) => status);
      equal(statuses.filter((status) => status !== 200).join(), '');
      equal(await gateway.ended, 0);
    },
  },
  {
    number: 'R20',
    title: 'killed at random moments again and again, the store opens and holds whole calls',
    slow: true,
    ours,
    async run(context) {
      const data = mkdtempSync(join(tmpdir(), 'rightsize-killed-'));
      const kills = 25;
      let sent = 0;
      try {
        for (let kill = 0; kill < kills; kill++) {
          const gateway = await context.startOurs({ data, settings: { log: 'error' } });
          gateway.upstream.script = (reply) => reply.json(200, completion('ok'));
          let goesOn = true;
          const writing = repeat(8, 8, async () => {
            while (goesOn) {
              const answered = await ask(gateway, { body: chat(context) }).catch(() => null);
              if (answered !== null) sent++;
            }
          });
          await pause(50 + Math.random() * 300);
          gateway.signal('SIGKILL');
          await gateway.ended;
          goesOn = false;
          await writing;
          await gateway.stop();
        }
        const kept = await keptCalls(data);
        ok(kept > 0 && kept <= sent + 8 * kills, `${kept} of ${sent} calls`);
        // The window is what a batch waits (50 ms) and what is being answered.
        ok(kept > 0.3 * sent, `only ${kept} of ${sent} calls were kept`);
      } finally {
        rmSync(data, { recursive: true, force: true });
      }
    },
  },
];
