import { equal, ok } from 'node:assert/strict';
import type { Engine } from '../../src/gateway/engine.ts';
import { scriptedEngine } from '../../test/scripted-engine.ts';
import { chat, completion } from '../bodies.ts';
import type { Check, CheckContext } from '../check.ts';
import { type Addressed, ask, pause } from '../client.ts';
import { answerTickets, startWithStudent } from '../student-folder.ts';
import { withEngine } from '../with-engine.ts';
import { quantile } from './facts.ts';

const ours = 'nobody else has students';

function broken(): never {
  throw new Error('out of order');
}

/** What a student can do wrong, and that a gateway with it answers as if there were none. */
const failures: Readonly<Record<string, () => Engine>> = {
  'it crashes': () => ({ ...scriptedEngine(), decide: broken }),
  'its vector never comes in time': () => ({ ...scriptedEngine(), prepare: async () => null }),
  'its preparation fails': () => ({ ...scriptedEngine(), prepare: async () => null, decide: broken }),
  'it gives no answer': () => scriptedEngine(() => 'travel', { answer: null }),
};

async function timesOf(gateway: Addressed, context: CheckContext, calls: number): Promise<readonly number[]> {
  const times: number[] = [];
  for (let call = 0; call < calls; call++) {
    const startedAt = performance.now();
    equal((await ask(gateway, { body: chat(context) })).status, 200);
    times.push(performance.now() - startedAt);
  }
  return times;
}

/** R26, R27. */
export const studentChecks: readonly Check[] = [
  {
    number: 'R26',
    title: 'a student that crashes, is late or says nothing is not noticed: the upstream answers',
    ours,
    async run(context) {
      for (const [what, engine] of Object.entries(failures))
        await withEngine(context, engine(), async (gateway) => {
          context.upstream.script = (reply) => reply.json(200, completion('from upstream'));
          const reply = await ask(gateway, { body: chat(context) });
          equal(`${reply.status} ${reply.headers['x-rightsize-answered-by']}`, '200 teacher', what);
          ok(reply.text.includes('from upstream'), what);
        });
    },
  },
  {
    number: 'R26',
    title: 'the switch takes every student off within a second, and puts them back',
    ours,
    async run(context) {
      const { ours: gateway, next } = await startWithStudent(context);
      gateway.upstream.script = answerTickets;
      const answeredBy = async () => (await ask(gateway, { body: next() })).headers['x-rightsize-answered-by'];
      const switchTo = async (stage: string) => {
        const body = { task: null, stage };
        const { status, text } = await ask(gateway, { path: '/admin/v1/stage', body, headers: { authorization: '' } });
        equal(status, 200, text.slice(0, 200));
      };
      equal(await answeredBy(), 'student');
      const startedAt = performance.now();
      await switchTo('off');
      ok(performance.now() - startedAt < 1_000, 'the switch took too long');
      for (let call = 0; call < 5; call++) equal(await answeredBy(), 'teacher');
      await switchTo('auto');
      equal(await answeredBy(), 'student');
    },
  },
  {
    number: 'R27',
    title: 'what learns from a call behind its answer never changes the answer, its latency or its metering',
    ours,
    timeoutMs: 60_000,
    async run(context) {
      context.upstream.script = (reply) => reply.json(200, completion('ok'));
      const learning = (observe: Engine['observe']): Engine => ({ ...scriptedEngine(() => null), observe });
      let plain: readonly number[] = [];
      await withEngine(
        context,
        learning(() => {}),
        async (gateway) => {
          await timesOf(gateway, context, 100);
          plain = await timesOf(gateway, context, 300);
        },
      );
      await withEngine(context, learning(broken), async (gateway) => {
        await timesOf(gateway, context, 100);
        const failing = await timesOf(gateway, context, 300);
        const added = quantile(failing, 0.5) - quantile(plain, 0.5);
        ok(added < 1, `${added.toFixed(2)} ms were added to the median`);
      });
    },
  },
  {
    number: 'R27',
    title: 'only a clean end of the upstream is learned from',
    ours,
    async run(context) {
      let observed = 0;
      const engine: Engine = {
        ...scriptedEngine(() => null),
        observe: ({ status }) => {
          if (status === 200) observed++;
        },
      };
      await withEngine(context, engine, async (gateway) => {
        context.upstream.script = (reply) =>
          reply.json(500, { error: { message: 'a', type: 'b', param: null, code: null } });
        await ask(gateway, { body: chat(context) });
        context.upstream.script = (reply) => {
          reply.head(200, { 'content-type': 'application/json', 'content-length': '500' }).write('{"half":');
          setTimeout(() => reply.reset(), 20);
        };
        await ask(gateway, { body: chat(context) }).catch(() => null);
        await pause(100);
        equal(observed, 0);
        context.upstream.script = (reply) => reply.json(200, completion('ok'));
        await ask(gateway, { body: chat(context) });
        await pause(100);
        equal(observed, 1);
      });
    },
  },
];
