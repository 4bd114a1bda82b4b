import { deepEqual, equal, ok } from 'node:assert/strict';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { retryDelay } from '../../src/providers/fleet/retry-delay.ts';
import { seededRandom } from '../../src/records/random.ts';
import { chat, chunk, completion } from '../bodies.ts';
import { type Check, type CheckContext, NotTestable, type OurGateway } from '../check.ts';
import { ask, type Gateway, openStream, until } from '../client.ts';
import { expectError } from '../expect-error.ts';
import type { UpstreamRequest } from '../request-reader.ts';
import type { ReplyHeaders } from '../upstream-reply.ts';
import { repeat } from './facts.ts';

const ours = 'its retries are settings';
/** Late is no fault of the gateway on a busy machine; early is. */
const slackMs = 400;
/** Whatever comes within so long a standstill is seen at its end, all at once. */
const mostStallMs = 100;
const error = (code: string) => ({
  error: { message: 'The script says so.', type: 'server_error', param: null, code },
});

function retrying(context: CheckContext, upstream: Readonly<Record<string, unknown>> = {}): Promise<OurGateway> {
  return context.startOurs({ settings: { upstream: { retries: 2, retryBaseMs: 200, ...upstream } } });
}

/** Fails as told, one entry a call, then answers. */
function failing(
  gateway: Pick<Gateway, 'upstream'>,
  ...failures: readonly (readonly [number, ReplyHeaders?, string?])[]
) {
  let calls = 0;
  gateway.upstream.script = (reply) => {
    const [status, headers, code = 'scripted'] = failures[calls++] ?? [];
    if (status === undefined) reply.json(200, completion('ok'));
    else reply.json(status, error(code), headers);
  };
}

/** Requests whose very bytes had come before. */
function repeated(requests: readonly UpstreamRequest[]): readonly UpstreamRequest[] {
  const seen = new Set<string>();
  return requests.filter(({ text }) => seen.size === seen.add(text).size);
}

/** Times between the calls that the upstream got, in milliseconds. */
function gaps({ upstream }: Pick<Gateway, 'upstream'>): readonly number[] {
  return upstream.requests.slice(1).map(({ at }, i) => at - (upstream.requests[i]?.at ?? 0));
}

/** R1–R6. */
export const retryChecks: readonly Check[] = [
  {
    number: 'R1',
    title: 'two 503 and two retries end in 200, with pauses within bounds and the number of attempts told',
    ours,
    async run(context) {
      const gateway = await retrying(context);
      failing(gateway, [503], [503]);
      const { status, headers } = await ask(gateway, { body: chat(context) });
      equal(status, 200);
      equal(gateway.upstream.requests.length, 3);
      equal(headers['x-rightsize-attempts'], '3');
      const [first = 0, second = 0] = gaps(gateway);
      ok(first >= 1 && first <= 200 + slackMs, `first pause ${first} ms`);
      ok(second >= 1 && second <= 400 + slackMs, `second pause ${second} ms`);
    },
  },
  {
    number: 'R1',
    title: 'every attempt carries the same bytes',
    ours,
    async run(context) {
      const gateway = await retrying(context);
      failing(gateway, [503], [500]);
      await ask(gateway, { body: chat(context, { seed: 7 }) });
      const bodies = new Set(gateway.upstream.requests.map(({ text }) => text));
      equal(bodies.size, 1);
    },
  },
  ...(
    [
      ['seconds', () => ({ 'retry-after': '1' }), 1_000],
      ['a date', () => ({ 'retry-after': new Date(Date.now() + 2_000).toUTCString() }), 900],
      ['milliseconds', () => ({ 'retry-after-ms': '700' }), 700],
    ] as const
  ).map(
    ([form, hint, leastMs]): Check => ({
      number: 'R2',
      title: `a 429 that asks for a pause as ${form} is not asked again before`,
      ours,
      async run(context) {
        const gateway = await retrying(context, { longestWaitMs: 5_000 });
        failing(gateway, [429, hint()]);
        equal((await ask(gateway, { body: chat(context) })).status, 200);
        const [gap = 0] = gaps(gateway);
        ok(gap >= leastMs - 5, `asked again after ${gap.toFixed(0)} ms`);
        ok(gap < leastMs + 1_500 + slackMs, `only asked again after ${gap.toFixed(0)} ms`);
      },
    }),
  ),
  {
    number: 'R2',
    title: 'a pause above the cap is not waited for: the 429 and its hint come back at once',
    ours,
    async run(context) {
      const gateway = await retrying(context, { longestWaitMs: 2_000 });
      failing(gateway, [429, { 'retry-after': '60' }, 'rate_limit_exceeded']);
      const startedAt = performance.now();
      const reply = await ask(gateway, { body: chat(context) });
      ok(performance.now() - startedAt < 1_000, 'it waited');
      expectError(reply, { status: 429, code: 'rate_limit_exceeded' });
      equal(reply.headers['retry-after'], '60');
      equal(gateway.upstream.requests.length, 1);
    },
  },
  {
    number: 'R3',
    title: 'the hint of each attempt counts, not only the first',
    ours,
    async run(context) {
      const gateway = await retrying(context, { longestWaitMs: 5_000 });
      failing(gateway, [429, { 'retry-after-ms': '200' }], [429, { 'retry-after-ms': '900' }]);
      equal((await ask(gateway, { body: chat(context) })).status, 200);
      const [first = 0, second = 0] = gaps(gateway);
      ok(first >= 195 && second >= 895, `pauses ${first.toFixed(0)} and ${second.toFixed(0)} ms`);
    },
  },
  {
    number: 'R4',
    title: 'the pause before each of a thousand attempts is positive and below the cap (the pure function)',
    ours: 'it calls the function that decides',
    async run() {
      for (const draw of [0, 1e-9, 0.5, 0.999999])
        for (let retry = 1; retry <= 1_000; retry++) {
          const pause = retryDelay({ retry, baseMs: 100, longestWaitMs: 10_000, askedMs: 0, draw });
          ok(pause !== null && pause > 0 && pause <= 10_000, `attempt ${retry}: ${pause} ms`);
        }
    },
  },
  {
    number: 'R5',
    title: 'of a thousand calls that fail together no more than 5 % come back in the same 10 ms (the pure function)',
    ours: 'it calls the function that decides',
    async run() {
      const random = seededRandom(1);
      const buckets = new Map<number, number>();
      for (let call = 0; call < 1_000; call++) {
        const pause = retryDelay({ retry: 1, baseMs: 500, longestWaitMs: 10_000, askedMs: 0, draw: random() }) ?? 0;
        const bucket = Math.floor(pause / 10);
        buckets.set(bucket, (buckets.get(bucket) ?? 0) + 1);
      }
      const fullest = Math.max(...buckets.values());
      ok(fullest <= 50, `${fullest} calls within 10 ms`);
    },
  },
  {
    number: 'R5',
    title: 'the retries of a thousand calls that fail together are spread, and stay within a fifth of them',
    slow: true,
    ours,
    async run(context) {
      const gateway = await retrying(context, { retries: 1, retryBaseMs: 8_000, maxConnections: 1_024 });
      gateway.upstream.script = (reply) => reply.json(503, error('down'));
      const stalls = monitorEventLoopDelay({ resolution: 5 });
      stalls.enable();
      await repeat(1_000, 1_000, async (call) => {
        expectError(await ask(gateway, { body: chat(context, { seed: call }) }), { status: 503 });
      });
      const again = repeated(gateway.upstream.requests);
      const retries = again.length;
      ok(retries > 0, 'nothing was sent again');
      ok(retries <= 0.2 * 1_000 + 10, `${retries} retries for 1,000 calls`);
      const buckets = new Map<number, number>();
      for (const { at } of again) {
        const bucket = Math.floor(at / 10);
        buckets.set(bucket, (buckets.get(bucket) ?? 0) + 1);
      }
      const fullest = Math.max(...buckets.values());
      stalls.disable();
      const longestStallMs = stalls.max / 1e6;
      if (fullest > 0.05 * retries && longestStallMs > mostStallMs)
        throw new NotTestable(
          `the machine stood still for ${longestStallMs.toFixed(0)} ms; what came meanwhile came together`,
        );
      ok(fullest <= Math.max(3, 0.05 * retries), `${fullest} of ${retries} retries within 10 ms`);
    },
  },
  ...[400, 401, 403, 404, 413, 422].map(
    (status): Check => ({
      number: 'R6',
      title: `a ${status} is never sent again`,
      async run(context) {
        const gateway = context.isOurs ? await retrying(context) : context;
        failing(gateway, [status]);
        equal((await ask(gateway, { body: chat(context) })).status, status);
        equal(gateway.upstream.requests.length, 1);
      },
    }),
  ),
  {
    number: 'R6',
    title: '408 and 409 are sent again',
    ours,
    async run(context) {
      const gateway = await retrying(context);
      failing(gateway, [408], [409]);
      equal((await ask(gateway, { body: chat(context) })).status, 200);
      equal(gateway.upstream.requests.length, 3);
    },
  },
  {
    number: 'R6',
    title: 'a 429 of an account without money is not sent again',
    async run(context) {
      const gateway = context.isOurs ? await retrying(context) : context;
      failing(gateway, [429, {}, 'insufficient_quota']);
      equal((await ask(gateway, { body: chat(context) })).status, 429);
      equal(gateway.upstream.requests.length, 1);
    },
  },
  {
    number: 'R6',
    title: 'nothing is sent again after a byte went to the caller',
    async run(context) {
      const gateway = context.isOurs ? await retrying(context) : context;
      gateway.upstream.script = (reply) => {
        reply.stream().event(chunk({ role: 'assistant', content: 'half' }));
        setTimeout(() => reply.reset(), 50);
      };
      const stream = await openStream(gateway, { body: chat(context, { stream: true }) });
      await stream.ended;
      if (!stream.text.includes('half')) throw new NotTestable('it held the first event back');
      equal(gateway.upstream.requests.length, 1);
      deepEqual(stream.text.match(/half/g), ['half']);
    },
  },
  {
    number: 'R6',
    title: 'a caller who has hung up is not retried for',
    ours,
    async run(context) {
      const gateway = await retrying(context, { retryBaseMs: 5_000 });
      gateway.upstream.script = (reply) => reply.json(503, error('down'), { 'retry-after-ms': '600' });
      const caller = new AbortController();
      const asking = ask(gateway, { body: chat(context), signal: caller.signal }).catch(() => null);
      await until(() => gateway.upstream.requests.length === 1, 'the first attempt');
      caller.abort();
      await asking;
      await new Promise((resolve) => setTimeout(resolve, 900));
      equal(gateway.upstream.requests.length, 1);
    },
  },
];
