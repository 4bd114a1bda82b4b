import { equal, ok } from 'node:assert/strict';
import { connect } from 'node:net';
import { type Attack, hostileBodies, smugglings } from '../../test/fuzz/attacks.ts';
import { faultOf, readAnswers } from '../../test/fuzz/judge-answers.ts';
import { rawExchange } from '../../test/fuzz/raw-exchange.ts';
import { completion } from '../bodies.ts';
import type { Check, CheckContext } from '../check.ts';
import { until } from '../client.ts';
import { openRaw } from '../raw-client.ts';

/** The attack with the gateway's key, so that it meets the parser and not the door. */
function withKey({ request }: Attack, context: CheckContext): Buffer {
  const { authorization = '' } = context.headers();
  const at = request.indexOf('Content-Type');
  if (at < 0 || authorization === '') return request;
  const isBare = !request.includes('\r\n');
  const line = `Authorization: ${authorization}${isBare ? '\n' : '\r\n'}`;
  return Buffer.concat([request.subarray(0, at), Buffer.from(line), request.subarray(at)]);
}

async function answersTo(attack: Attack, context: CheckContext) {
  const { bytes, isHung } = await rawExchange({
    port: Number(new URL(context.origin).port),
    pieces: [withKey(attack, context)],
    quietMs: 1_500,
    patienceMs: 1_500,
  });
  ok(!isHung, `${attack.what}: neither answered nor closed`);
  return readAnswers(bytes);
}

/** S15. */
export const inputChecks: readonly Check[] = [
  {
    number: 'S15',
    title: 'a request whose end can be read in two ways is read in none',
    timeoutMs: 90_000,
    async run(context) {
      context.upstream.script = (reply) => reply.json(200, completion('ok'));
      for (const attack of smugglings) {
        context.upstream.reset();
        context.upstream.script = (reply) => reply.json(200, completion('ok'));
        const answers = await answersTo(attack, context);
        ok(answers.length <= 1, `${attack.what}: answered ${answers.length} times`);
        const [status = 'cut'] = answers.map((answer) => answer.status);
        // Other gateways may close without a word, or answer what is merely unusual.
        const isFine =
          attack.expected.includes(status) || (!context.isOurs && (status === 'cut' || Number(status) >= 400));
        ok(isFine, `${attack.what}: answered ${status}`);
        ok(context.upstream.requests.length <= (status === 200 ? 1 : 0), `${attack.what}: the upstream was asked`);
      }
    },
  },
  {
    number: 'S15',
    title: 'what it refuses, it refuses as an error object',
    timeoutMs: 90_000,
    async run(context) {
      for (const attack of smugglings)
        for (const answer of await answersTo(attack, context)) equal(faultOf(answer), null, attack.what);
    },
  },
  {
    number: 'S15',
    title: 'deep, wide, polluting, doubled, broken and huge JSON is answered or refused, and changes nothing',
    timeoutMs: 90_000,
    async run(context) {
      for (const attack of hostileBodies) {
        context.upstream.reset();
        context.upstream.script = (reply) => reply.json(200, completion('ok'));
        const [answer] = await answersTo(attack, context);
        ok(answer !== undefined, `${attack.what}: no answer`);
        ok(answer.status < 500, `${attack.what}: answered ${answer.status}`);
        if (answer.status >= 400) equal(faultOf(answer), null, attack.what);
      }
      const [after] = await answersTo(
        { what: 'after', request: hostileBodies[0]?.request ?? Buffer.alloc(0), expected: [] },
        context,
      );
      ok(after !== undefined, 'it no longer answers');
    },
  },
  {
    number: 'S15',
    title: 'who sends a byte now and then is cut off with 408',
    ours: 'its time limits are settings',
    async run(context) {
      const gateway = await context.startOurs({
        settings: { connections: { headersTimeoutMs: 500, requestTimeoutMs: 900 } },
      });
      const head = await openRaw(gateway.origin);
      const body = await openRaw(gateway.origin);
      body.write(
        `POST /v1/chat/completions HTTP/1.1\r\nhost: g\r\nauthorization: Bearer ${gateway.key}\r\ncontent-length: 1000\r\n\r\n`,
      );
      head.write('POST /v1/chat/completions HTTP/1.1\r\nhost: g\r\n');
      const drip = setInterval(() => {
        if (!head.isClosed) head.write('x-a: b\r\n');
        if (!body.isClosed) body.write(' ');
      }, 100);
      const closed = await Promise.all([head.closed(4_000), body.closed(4_000)]);
      clearInterval(drip);
      equal(closed.join(), 'true,true', 'head, body');
      ok(head.received.startsWith('HTTP/1.1 408'), head.received.slice(0, 80));
    },
  },
  {
    number: 'S15',
    title: 'ten thousand idle connections keep nobody from being answered',
    slow: true,
    ours: 'it holds the connections of one process',
    async run(context) {
      const gateway = await context.startOurs({ settings: { connections: { headersTimeoutMs: 90_000 } } });
      const port = Number(new URL(gateway.origin).port);
      const idle = Array.from({ length: 10_000 }, () => connect(port, '127.0.0.1').on('error', () => {}));
      const held = () => idle.filter(({ readyState }) => readyState === 'open').length;
      await until(() => held() > 9_900, 'ten thousand connections are held', 60_000);
      const startedAt = performance.now();
      equal((await fetch(`${gateway.origin}/readyz`)).status, 200);
      const took = performance.now() - startedAt;
      for (const socket of idle) socket.destroy();
      ok(took < 1_000, `readiness took ${took.toFixed(0)} ms`);
    },
  },
  {
    number: 'S15',
    title: 'connections beyond the limit are turned away',
    ours: 'the limit is a setting',
    async run(context) {
      const gateway = await context.startOurs({ settings: { connections: { atMost: 20 } } });
      const port = Number(new URL(gateway.origin).port);
      const sockets = Array.from({ length: 40 }, () => connect(port, '127.0.0.1').on('error', () => {}));
      await new Promise((resolve) => setTimeout(resolve, 500));
      const open = sockets.filter((socket) => socket.readyState === 'open' && !socket.destroyed).length;
      for (const socket of sockets) socket.destroy();
      ok(open <= 21, `${open} connections are open`);
    },
  },
];
