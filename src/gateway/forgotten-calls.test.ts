import { expect, it } from 'vitest';
import { keywordCall, keywordRows } from '../../test/keyword-stream.ts';
import { follow, startEngine } from '../../test/run-engine.ts';
import type { Call } from '../records/call.ts';

const phrase = 'zanzibar heliotrope';

async function* among(calls: readonly Call[]): AsyncIterable<Call> {
  yield* calls;
}

it('S11: what retention deletes, the live loop forgets, and its certified student goes on', async () => {
  const calls = keywordRows({ count: 420, seed: 1 }).map(({ text, label }, index) =>
    keywordCall({ text: index < 150 ? `${text} ${phrase}` : text, label }, index),
  );
  const strays = [
    keywordCall({ text: phrase, label: phrase }, 3, { id: 'stray', system: 'Another thing altogether.' }),
  ];
  const running = startEngine();
  await follow(running, [...strays, ...calls]);
  expect(JSON.stringify(running.engine)).toContain(phrase);
  const before = calls[150]?.at ?? 0;
  const certificate = running.engine.status()[0]?.certificate;
  expect(certificate).not.toBeNull();

  const callsOf = () => among(calls.slice(150));
  await running.engine.forgetOlder({ before, tenant: 'another', callsOf });
  expect(JSON.stringify(running.engine)).toContain(phrase);
  await running.engine.forgetOlder({ before, callsOf });
  expect(JSON.stringify(running.engine)).not.toContain(phrase);
  expect(running.engine.status()[0]).toMatchObject({ certificate, task: { kind: 'task', shape: { kind: 'label' } } });
  const later = keywordRows({ count: 40, seed: 3 }).map((row, index) => keywordCall(row, 2_000 + index));
  const decisions = await follow(running, later);
  expect(decisions.some(({ route }) => route.answeredBy === 'student')).toBe(true);
});
