import { describe, expect, it } from 'vitest';
import { keywordCall, keywordCalls, keywordRows } from '../../test/keyword-stream.ts';
import { follow, restart, startEngine } from '../../test/run-engine.ts';
import { readStudent, type Student } from '../learn/student.ts';
import type { Call } from '../records/call.ts';
import type { Decision } from './engine.ts';

const learning = keywordCalls(keywordRows({ count: 420, seed: 1 }));
const certified = startEngine();
await follow(certified, learning);

function later(count: number, seed: number): readonly Call[] {
  return keywordRows({ count, seed }).map((row, index) => keywordCall(row, 10_000 + seed * 1_000 + index));
}

function reasons(decisions: readonly Decision[]): readonly string[] {
  return [...new Set(decisions.map(({ route }) => `${route.answeredBy} ${route.reason}`))];
}

/** The engine in another process, with another student in the place of the certified one. */
function withStudent(predict: Student['predict']) {
  return restart(certified, {}, (bytes) => ({ ...readStudent(bytes), predict }));
}

const plain = { probability: 1, margin: 1, unseenShare: 0 };

describe('R26: a student', () => {
  it('that throws, or has no score, leaves the call to the teacher, and after five times in a row serves no more', async () => {
    const faults: readonly Student['predict'][] = [
      () => {
        throw new Error('out of order');
      },
      () => ({ ...plain, label: 'billing', score: Number.NaN }),
      () => undefined as unknown as ReturnType<Student['predict']>,
    ];
    for (const predict of faults) {
      let asked = 0;
      const running = await withStudent((...input) => {
        asked++;
        return predict(...input);
      });
      const decisions = await follow(running, later(30, 5));
      expect(reasons(decisions)).toEqual(['teacher student-failed']);
      expect(asked).toBe(5);
      expect(running.events.map(({ what }) => what)).toEqual(['student-failed']);
      expect(running.failures).toEqual([]);
      // The calls are learned from all the same.
      expect(running.engine.status()[0]).toMatchObject({ waitingFor: 'student-failed', certificate: null });
      expect(running.engine.status()[0]?.teacherCalls).toBe((certified.engine.status()[0]?.teacherCalls ?? 0) + 30);
    }
  });

  it('that fails now and then goes on serving between', async () => {
    const good = [...certified.students.values()].map((bytes) => readStudent(bytes)).at(-1) as Student;
    let turn = 0;
    const running = await withStudent((...input) => {
      if (turn++ % 3 === 0) throw new Error('out of order');
      return good.predict(...input);
    });
    const decisions = await follow(running, later(60, 6));
    expect(reasons(decisions)).toContain('teacher student-failed');
    expect(reasons(decisions)).toContain('student confident');
  });

  it('that says a label which the task does not have is not believed', async () => {
    const running = await withStudent(() => ({ ...plain, label: 'launder-money', score: 1 }));
    expect(reasons(await follow(running, later(20, 7)))).toEqual(['teacher not-confident']);
  });

  it('that is gone, or was made for another version, does not serve', async () => {
    const running = await restart(certified, {}, () => null as unknown as Student);
    for (const reason of reasons(await follow(running, later(20, 8)))) expect(reason).toMatch(/^teacher no-/);
  });

  it('is silent from the next call on when all are switched off', async () => {
    const running = await withStudent(() => ({ ...plain, label: 'billing', score: 1 }));
    const started = performance.now();
    running.engine.setStage(null, 'off');
    expect(reasons(await follow(running, later(1, 9)))).toEqual(['teacher kill-switch']);
    expect(performance.now() - started).toBeLessThan(1_000);
  });
});

describe('R27: a student in the shadow', () => {
  it('that fails changes neither who answers nor what is learned', async () => {
    const running = await restart(certified, { stage: 'shadow' }, (bytes) => ({
      ...readStudent(bytes),
      predict: () => {
        throw new Error('out of order');
      },
    }));
    running.engine.setStage(null, 'shadow');
    const decisions = await follow(running, later(30, 10));
    expect(decisions.every(({ route }) => route.answeredBy === 'teacher')).toBe(true);
    expect(running.failures).toEqual([]);
    expect(running.engine.status()[0]?.calls).toBe(learning.length + 30);
  });
});

describe('S12: two tenants with the same application', () => {
  it('share no task, no count, no student and no word', async () => {
    const running = await restart(certified);
    const secret = 'zanzibar heliotrope';
    const ofBank = (call: Call): Call => ({ ...call, id: `bank ${call.id}`, tenant: 'bank' });
    const shops = later(40, 11).map((call) => ({
      ...call,
      request: {
        ...call.request,
        messages: call.request.messages.map((message, place) =>
          place === 1 ? { ...message, content: `${String(message.content)} ${secret}` } : message,
        ),
      },
    }));
    await follow(running, shops);
    const before = running.engine.status().find(({ task }) => task.tenant !== 'bank');
    const [first, ...rest] = await follow(running, later(60, 11).map(ofBank));
    expect(first?.route).toMatchObject({ answeredBy: 'teacher', reason: 'no-task', student: null });
    expect(rest.every(({ route }) => route.answeredBy === 'teacher')).toBe(true);
    const statuses = running.engine.status();
    const bank = statuses.find(({ task }) => task.tenant === 'bank');
    const shop = statuses.find(({ task }) => task.tenant !== 'bank');
    expect(bank?.task.id).not.toBe(shop?.task.id);
    expect(bank?.calls).toBe(60);
    expect(bank?.certificate).toBeNull();
    expect(shop?.calls).toBe(before?.calls);
    const finder = JSON.parse(JSON.stringify(running.engine.finder)) as {
      readonly tasks: readonly { readonly tenant: string }[];
    };
    const banks = finder.tasks.filter(({ tenant }) => tenant === 'bank');
    expect(banks.length).toBe(1);
    expect(JSON.stringify(banks)).not.toContain('zanzibar');
  });
});
