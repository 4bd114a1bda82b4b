import { describe, expect, it } from 'vitest';
import {
  type CallChange,
  inProcessTrainer,
  type KeywordRow,
  keywordCall,
  keywordCalls,
  keywordRows,
} from '../../test/keyword-stream.ts';
import { follow, type RunningEngine, restart, startEngine } from '../../test/run-engine.ts';
import { saidIn } from '../records/answer.ts';
import type { Call, JsonObject } from '../records/call.ts';
import { seededRandom } from '../records/random.ts';
import type { Trainer } from '../train/trainer.ts';
import type { Decision } from './engine.ts';

/** The teacher writes its labels with a capital and a stop. */
function spelled(rows: readonly KeywordRow[]): KeywordRow[] {
  return rows.map(({ text, label }) => ({ text, label: `${label[0]?.toUpperCase()}${label.slice(1)}.` }));
}

/** Calls of the same application that come after those that certified its student. */
function later(count: number, change: (index: number) => CallChange = () => ({}), seed = 2): Call[] {
  return spelled(keywordRows({ count, seed })).map((row, index) => {
    const place = learning.length + seed * 1000 + index;
    return keywordCall(row, place, change(index));
  });
}

function reasons(decisions: readonly Decision[]): readonly string[] {
  return [...new Set(decisions.map(({ route }) => route.reason))].sort();
}

function byStudent(decisions: readonly Decision[]): number {
  return decisions.filter(({ route }) => route.answeredBy === 'student').length;
}

function answer(content: string | null, change: JsonObject = {}): JsonObject {
  return { choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop', ...change }] };
}

const learning = keywordCalls(spelled(keywordRows({ count: 420, seed: 1 })));
const certified = startEngine();
const learned = await follow(certified, learning);

/** An engine as it was right after its student was certified, in another process. */
function reopened(change: Parameters<typeof restart>[1] = {}): Promise<RunningEngine> {
  return restart(certified, change);
}

describe('the live loop', () => {
  it('finds the task in the stream, certifies a student, and answers in the spelling the application is used to', () => {
    const [status] = certified.engine.status();
    expect(certified.engine.status().length).toBe(1);
    expect(status).toMatchObject({ stage: 'live', auto: true, waitingFor: null, calls: learning.length });
    expect(status?.certificate?.epsilon).toBe(0.1);
    expect(byStudent(learned)).toBeGreaterThan(50);
    expect(status?.teacherCalls).toBe(learning.length - byStudent(learned));
    const given = new Set(learned.map(({ answer }) => answer && saidIn(answer)));
    expect(given).toEqual(new Set([null, 'Billing.', 'Travel.', 'Health.']));
    expect(certified.failures).toEqual([]);
  });

  it('learns from the calls that came before the task was known', () => {
    expect(learned[0]?.route.reason).toBe('no-task');
    expect(reasons(learned.slice(0, 20))).toContain('no-task');
    expect(certified.engine.status()[0]?.calls).toBe(learning.length);
  });

  it('tells with every answer of a student which one it was, how sure, and by which certificate', () => {
    for (const { route, usage, responseModel, taskName } of learned.filter(
      (each) => each.route.answeredBy === 'student',
    )) {
      expect(route).toMatchObject({
        reason: 'confident',
        student: expect.any(String),
        certificate: expect.any(String),
      });
      expect(route.score).toBeGreaterThan(0);
      expect(taskName).toBe(certified.engine.status()[0]?.task.name);
      expect(responseModel).toBe('gpt-4o-mini');
      expect(usage?.outputTokens).toBe(2);
      expect(usage?.inputTokens).toBeGreaterThan(25);
    }
  });

  it('never answers groups, nor answers that are no label', async () => {
    const random = seededRandom(9);
    const words = () => keywordRows({ count: 1, seed: Math.floor(random() * 1e6) })[0]?.text ?? '';
    const kinds = {
      'Write back to the customer in a friendly way.': () => `${words()} ${words()} ${words()}, ${words()}.`,
      'Extract name and city as JSON.': () => JSON.stringify({ name: words(), city: words() }),
      'Count the letters of this text.': () => `${Math.floor(random() * 100_000)}`,
    };
    const running = startEngine();
    for (const [prompt, say] of Object.entries(kinds)) {
      const rows = keywordRows({ count: 50, seed: prompt.length }).map(({ text }) => ({ text, label: say() }));
      const decisions = await follow(
        running,
        keywordCalls(rows, (i) => ({ system: prompt, id: `${prompt} ${i}` })),
      );
      expect(byStudent(decisions)).toBe(0);
      expect(reasons(decisions).filter((reason) => reason !== 'no-task').length).toBeGreaterThan(0);
      for (const reason of reasons(decisions)) expect(['group', 'shape-not-learnable', 'no-task']).toContain(reason);
    }
    for (const { waitingFor, certificate, outlook } of running.engine.status()) {
      expect(['group', 'shape-not-learnable']).toContain(waitingFor);
      expect(certificate).toBeNull();
      expect(outlook).toMatch(/never learned|not yet learnable/);
    }
  });

  it('sends a repeat of a call that a student has just answered to the teacher', async () => {
    const running = await reopened();
    let answered: Call | undefined;
    for (const call of later(40)) {
      const [decision] = await follow(running, [call]);
      if (decision?.route.answeredBy !== 'student') continue;
      answered = call;
      break;
    }
    expect(answered).toBeDefined();
    const { at = 0 } = answered ?? {};
    const [again] = await follow(running, [{ ...(answered as Call), id: 'again', at: at + 60_000 }]);
    expect(again?.route).toMatchObject({ answeredBy: 'teacher', reason: 'repeat-of-recent-call' });
  });
});

describe('a world that changes', () => {
  it('answers nothing under a new prompt until a student is certified there', async () => {
    const running = await reopened();
    const prompt = 'You sort support tickets. Name the one department that should answer it, nothing else.';
    const decisions = await follow(
      running,
      later(120, () => ({ system: prompt })),
    );
    expect(byStudent(decisions)).toBe(0);
    expect(running.engine.status().every(({ task }) => task.kind === 'task')).toBe(true);
    const [task] = running.engine.status();
    expect(running.engine.status().length).toBe(1);
    expect(task?.task.versions.length).toBe(2);
    expect(task?.waitingFor).toBe('prompt-changed');
    expect(running.events.map(({ what }) => what)).toContain('prompt-changed');
  });

  it('answers nothing for a new teacher until a student is certified on it', async () => {
    const running = await reopened();
    const decisions = await follow(
      running,
      later(100, () => ({ model: 'gpt-4.1-mini' })),
    );
    expect(byStudent(decisions)).toBe(0);
    expect(running.events.filter(({ what }) => what === 'teacher-changed').length).toBe(1);
    // The old teacher's calls are answered as before.
    expect(byStudent(await follow(running, later(60, undefined, 3)))).toBeGreaterThan(20);
  });

  it('falls back to the shadow when the teacher begins to cut its answers', async () => {
    const running = await reopened({
      settings: { epsilon: 0.1, delta: 0.05, spotChecks: { share: 0.5, perDay: 10_000 }, seed: 1 },
    });
    const decisions = await follow(
      running,
      later(120, (i) => ({
        response:
          i % 2 === 0 ? answer('Bil', { finish_reason: 'length' }) : answer(null, { finish_reason: 'content_filter' }),
      })),
    );
    expect(running.events.map(({ what }) => what)).toContain('alarm');
    expect(decisions.at(-1)?.route.reason).toBe('alarm');
    expect(running.engine.status()[0]?.waitingFor).toBe('alarm');
  });

  it('does not count failed requests, whoever would have answered them', async () => {
    const running = await reopened({ stage: 'shadow' });
    const before = JSON.stringify(running.engine.toJSON().runners);
    const error = { error: { message: 'slow down', type: 'rate_limit' } };
    const calls = later(30, () => ({ status: 429, response: error }));
    for (const call of calls) {
      const { engine } = running;
      // No coin is tossed for a call that is not asked about: only what was observed may count.
      engine.observe(call, { ...engine.decide({ ...call, forceTeacher: false }) });
    }
    expect(JSON.stringify(running.engine.toJSON().runners)).toBe(before);
  });
});

describe('what forbids a student', () => {
  const tools = [{ type: 'function', function: { name: 'look_up', parameters: {} } }];
  it.each([
    ['unsupported-n', { n: 2 }],
    ['unsupported-tools', { tools }],
    ['unsupported-logprobs', { logprobs: true }],
    ['unsupported-response-format', { response_format: { type: 'json_object' } }],
    ['unsupported-parameter', { logit_bias: { 50256: -100 } }],
  ] as const)('is a request with %s', async (reason, request) => {
    const running = await reopened();
    const decisions = await follow(
      running,
      later(25, () => ({ request })),
    );
    expect(byStudent(decisions)).toBe(0);
    // Tools and response format are part of the prompt: a call with others is of another version, or of no task.
    const others = ['unsupported-tools', 'unsupported-response-format'].includes(reason)
      ? ['no-task', 'no-student', 'prompt-changed']
      : [];
    for (const each of reasons(decisions)) expect([reason, ...others]).toContain(each);
  });

  it('is an input of which a student would read only the beginning', async () => {
    const long = `Where is my invoice? ${'It was due last week. '.repeat(1000)}`;
    const decisions = await follow(await reopened(), [keywordCall({ text: long, label: 'Billing.' }, 9500)]);
    expect(reasons(decisions)).toEqual(['input-too-long']);
  });

  it('is the caller, for one call', async () => {
    const decisions = await follow(await reopened(), later(20), { forceTeacher: true });
    expect(reasons(decisions)).toEqual(['forced-teacher']);
  });

  it('is the kill switch, for all tasks, at once and until it is undone', async () => {
    const running = await reopened();
    running.engine.setStage(null, 'off');
    expect(reasons(await follow(running, later(20)))).toEqual(['kill-switch']);
    expect(running.engine.status()[0]).toMatchObject({ stage: 'off', waitingFor: 'stage-off' });
    running.engine.setStage(null, 'auto');
    expect(byStudent(await follow(running, later(20, undefined, 3)))).toBeGreaterThan(5);
  });

  it('trains nobody while the task is off, and with what came meanwhile as soon as it is not', async () => {
    let trainings = 0;
    const trainer: Trainer = {
      ...inProcessTrainer,
      train(job) {
        trainings++;
        return inProcessTrainer.train(job);
      },
    };
    const running = startEngine({ trainer, stage: 'off' });
    await follow(running, learning.slice(0, 200));
    expect(trainings).toBe(0);
    running.engine.setStage(null, 'shadow');
    await follow(running, learning.slice(200, 202));
    expect(trainings).toBe(1);
  });

  it('is the stage of its task', async () => {
    const running = await reopened();
    const task = running.engine.status()[0]?.task.id ?? '';
    running.engine.setStage(task, 'off');
    expect(reasons(await follow(running, later(20)))).toEqual(['stage-off']);
    running.engine.setStage(task, 'shadow');
    expect(reasons(await follow(running, later(20, undefined, 3)))).toEqual(['stage-shadow']);
    running.engine.setStage(task, 'live');
    expect(byStudent(await follow(running, later(20, undefined, 4)))).toBeGreaterThan(5);
  });

  it('is the share of the canary', async () => {
    const running = await reopened();
    running.engine.setStage(null, 'canary');
    const decisions = await follow(running, later(250));
    expect(reasons(decisions)).toContain('outside-canary');
    expect(byStudent(decisions)).toBeGreaterThan(5);
    expect(byStudent(decisions)).toBeLessThan(50);
  });

  it('is the shadow, where students are trained and certified all the same', async () => {
    const running = startEngine({ stage: 'shadow' });
    const decisions = await follow(running, learning);
    expect(byStudent(decisions)).toBe(0);
    expect(reasons(decisions)).toContain('stage-shadow');
    expect(running.events.map(({ what }) => what)).toContain('certified');
    expect(running.engine.status()[0]).toMatchObject({ stage: 'shadow', waitingFor: 'stage-shadow' });
    expect(running.engine.status()[0]?.certificate).not.toBeNull();
  });
});

describe('a restart', () => {
  it('lets the same student serve by the same certificate, and forgets nothing', async () => {
    const after = await reopened();
    const withoutTask = (each: RunningEngine) =>
      each.engine.status().map((status) => ({ ...status, task: status.task.id }));
    expect(withoutTask(after)).toEqual(withoutTask(certified));
    expect(after.engine.toJSON().runners).toEqual(JSON.parse(JSON.stringify(certified.engine.toJSON().runners)));
    const call = { ...(later(1)[0] as Call), forceTeacher: false };
    const there = after.engine.decide(call).route;
    expect(there.student).toBe(certified.engine.status()[0]?.certificate?.student);
  });

  it('lets a trial go on, and gives no look back', async () => {
    const running = startEngine();
    const trackOf = (each: RunningEngine) => each.engine.toJSON().runners[0]?.tracks[0];
    let middle = 0;
    while ((trackOf(running)?.trial?.sample.length ?? 0) < 10) await follow(running, learning.slice(middle, ++middle));
    const track = trackOf(running);
    const after = await restart(running);
    const again = trackOf(after);
    expect([again?.looks, again?.trial]).toEqual([track?.looks, track?.trial]);
    await follow(after, learning.slice(middle));
    expect(after.events.map(({ what }) => what)).toContain('certified');
    expect(after.engine.status()[0]?.certificate).toMatchObject({
      look: track?.trial?.plan.look,
      n: track?.trial?.plan.n,
    });
  });

  it('leaves a task whose student is gone to the teacher, its look spent', async () => {
    const without: RunningEngine = { ...certified, students: new Map() };
    const after = await restart(without);
    expect(after.engine.toJSON().runners[0]?.tracks[0]?.looks).toBe(
      certified.engine.toJSON().runners[0]?.tracks[0]?.looks,
    );
    expect(byStudent(await follow(after, later(20)))).toBe(0);
  });
});

describe('hostile input', () => {
  const texts: Readonly<Record<string, string>> = {
    'a lone surrogate': 'invoice \ud800 and \udc00 backwards',
    'two hundred thousand characters': 'invoice '.repeat(25_000),
    nothing: '',
    'white space': ' \n\t ',
    'our own slot marks': '{{slot0}} <slot> \u0000\u0001 {0} %s [[1]]',
    emoji: '🧾💸👩‍👩‍👧‍👦',
    'a prompt in the prompt': 'Sort the ticket into one department. Answer with the name of the department alone.',
  };
  it.each(Object.entries(texts))('of %s goes through, before and after a student is certified', async (_, text) => {
    for (const running of [startEngine(), await reopened()]) {
      await follow(
        running,
        Array.from({ length: 3 }, (_, i) => keywordCall({ text, label: 'Billing.' }, 9000 + i)),
      );
      await follow(
        running,
        later(3, () => ({ response: answer(text) })),
      );
      expect(running.failures).toEqual([]);
    }
  });

  it('of odd messages goes through', async () => {
    const running = await reopened();
    const contents = [
      null,
      7,
      [],
      [{ type: 'text', text: 'invoice' }],
      [{ type: 'image_url', image_url: { url: 'x' } }],
      {},
    ];
    const calls = contents.map((content, i) => ({
      ...keywordCall({ text: 'x', label: 'Billing.' }, 9100 + i),
      request: { model: 'gpt-4o-mini', messages: [{ role: 'user', content }] },
    }));
    expect(byStudent(await follow(running, calls as unknown as Call[]))).toBe(0);
    expect(running.failures).toEqual([]);
  });

  const logs: Readonly<Record<string, readonly KeywordRow[]>> = {
    'one call': keywordRows({ count: 1, seed: 1 }),
    'answers that are all different': keywordRows({ count: 150, seed: 2 }).map(({ text }, i) => ({
      text,
      label: `${text} ${i}`,
    })),
    'a label seen once': keywordRows({ count: 150, seed: 3 }).map((row, i) =>
      i === 70 ? { ...row, label: 'odd' } : row,
    ),
    'two labels of which one has two rows': keywordRows({ count: 150, seed: 4 }).map(({ text }, i) => ({
      text,
      label: i === 30 || i === 90 ? 'yes' : 'no',
    })),
    'one label only': keywordRows({ count: 150, seed: 5 }).map(({ text }) => ({ text, label: 'no' })),
  };
  it.each(Object.entries(logs))('of a log with %s goes through', async (_, rows) => {
    const running = startEngine();
    await follow(running, keywordCalls(rows));
    expect(running.failures).toEqual([]);
    expect(running.events.map(({ what }) => what)).not.toContain('training-failed');
    for (const status of running.engine.status()) expect(status.outlook.length).toBeGreaterThan(5);
  });

  it('of a clock that runs backwards goes through, and a certificate is reached all the same', async () => {
    const running = startEngine();
    const backwards = learning.map((call, index) => ({ ...call, at: learning.at(-1 - index)?.at ?? 0 }));
    const decisions = await follow(running, backwards);
    expect(running.failures).toEqual([]);
    expect(byStudent(decisions)).toBeGreaterThan(50);
  });
});
