import { equal, ok } from 'node:assert/strict';
import type { Engine } from '../../src/gateway/engine.ts';
import { openStore } from '../../src/storage/open-store.ts';
import { scriptedEngine } from '../../test/scripted-engine.ts';
import { chat, chunk, completion } from '../bodies.ts';
import type { Check, OurGateway } from '../check.ts';
import { ask, openStream, pause } from '../client.ts';
import { contentOf, doneCount, readChunks } from '../read-events.ts';
import { copyLearned, startWithStudent, ticketRequest } from '../student-folder.ts';
import { withEngine } from '../with-engine.ts';

const needsStudent = 'nobody else has students';
/** Like the learned tickets in form, unlike them in every word. */
const strange = (at: number) => ticketRequest(`qwx${at} zzyzx plugh xyzzy ${at}`);

function medianOf(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

async function timed(ours: OurGateway, body: unknown, headers: Record<string, string> = {}): Promise<number> {
  const startedAt = performance.now();
  const reply = await ask(ours, { body, headers });
  const took = performance.now() - startedAt;
  equal(`${reply.status} ${reply.headers['x-rightsize-answered-by']}`, '200 teacher');
  return took;
}

/** Cuts every student of a stored folder in half. */
async function damageStudents(data: string): Promise<void> {
  const store = await openStore(data);
  const certificates = await store.certificates.list({});
  for (const id of new Set(certificates.map(({ student }) => student))) {
    const kept = await store.students.get(id);
    if (kept === null) continue;
    await store.students.remove(id);
    await store.students.put({ ...kept, bytes: kept.bytes.slice(0, kept.bytes.length / 2) });
  }
  await store.close();
}

const outOfOrder = () => {
  throw new Error('out of order');
};

/** Ways in which a student can fail before the first byte. */
const failing: Readonly<Record<string, () => Engine>> = {
  'the decision throws': () => ({ ...scriptedEngine(), decide: outOfOrder }),
  'its answer is missing': () => scriptedEngine(() => 'travel', { answer: null }),
  'its answer cannot be written': () =>
    scriptedEngine(() => 'travel', { answer: { kind: 'tool-calls', calls: [null] } as never }),
  'its vector is not in time': () => ({ ...scriptedEngine(), prepare: async () => null }),
  'what learns from the call throws': () => ({ ...scriptedEngine(), observe: outOfOrder }),
};

/** C39 and C40: a student that cannot or must not go on. */
export const studentFailureChecks: readonly Check[] = [
  {
    number: 'C39',
    title: 'an abstention is the upstream’s answer, at most 10 ms later',
    ours: needsStudent,
    async run(context) {
      const { ours } = await startWithStudent(context);
      ours.upstream.script = (reply) => reply.json(200, completion('from upstream'));
      const [abstained, forced]: [number[], number[]] = [[], []];
      for (let at = 0; at < 40; at++) {
        abstained.push(await timed(ours, strange(at)));
        forced.push(await timed(ours, strange(1_000 + at), { 'x-rightsize-answer': 'teacher' }));
      }
      const extra = medianOf(abstained) - medianOf(forced);
      ok(extra <= 10, `an abstention takes ${extra.toFixed(1)} ms longer`);
      equal(ours.upstream.requests.length, 80);
    },
  },
  {
    number: 'C39',
    title: 'a damaged student is not noticed by the caller',
    ours: needsStudent,
    async run(context) {
      const data = await copyLearned();
      await damageStudents(data);
      const { ours, next } = await startWithStudent(context, { data });
      ours.upstream.script = (reply) => reply.json(200, completion('from upstream'));
      for (let at = 0; at < 5; at++) {
        const reply = await ask(ours, { body: next() });
        equal(`${reply.status} ${reply.json.choices[0].message.content}`, '200 from upstream');
      }
    },
  },
  {
    number: 'C39',
    title: 'whatever fails before the first byte leads to the upstream, streamed or not',
    ours: needsStudent,
    async run(context) {
      for (const [what, engine] of Object.entries(failing))
        await withEngine(context, engine(), async (gateway) => {
          context.upstream.script = (reply, { json }) =>
            json().stream === true
              ? reply.events([chunk({ content: 'from upstream' })])
              : reply.json(200, completion('from upstream'));
          const whole = await ask(gateway, { body: chat(context) });
          equal(whole.status, 200, `${what}: ${whole.text.slice(0, 100)}`);
          equal(whole.json.choices[0].message.content, 'from upstream', what);
          const stream = await ask(gateway, { body: chat(context, { stream: true }) });
          equal(contentOf(stream.text), 'from upstream', what);
          equal(stream.headers['x-rightsize-answered-by'], 'teacher', what);
        });
    },
  },
  {
    number: 'C40',
    title: 'an upstream that dies in its stream is not followed by a student',
    ours: needsStudent,
    async run(context) {
      const { ours, next } = await startWithStudent(context);
      ours.upstream.script = async (reply) => {
        reply.stream().event(chunk({ role: 'assistant', content: 'tra' }));
        await pause(50);
        reply.reset();
      };
      const stream = await openStream(ours, {
        body: next({ stream: true }),
        headers: { 'x-rightsize-answer': 'teacher' },
      });
      await stream.ended;
      equal(stream.headers['x-rightsize-answered-by'], 'teacher');
      const got = readChunks(stream.text);
      equal(got.filter(({ choices }) => choices !== undefined).length, 1, 'something was said behind the death');
      ok(got.at(-1)?.error, 'no error event');
      equal(doneCount(stream.text), 0);
    },
  },
  {
    number: 'C40',
    title: 'a student that began is not followed by the upstream',
    ours: needsStudent,
    async run(context) {
      const { ours, next } = await startWithStudent(context);
      const { headers, text } = await ask(ours, { body: next({ stream: true }) });
      equal(headers['x-rightsize-answered-by'], 'student');
      equal(new Set(readChunks(text).map(({ id }) => id)).size, 1);
      equal(ours.upstream.requests.length, 0);
    },
  },
];
