import { describe, expect, it } from 'vitest';
import type { Call, ChatRequest } from '../records/call.ts';
import { seededRandom } from '../records/random.ts';
import type { TaskMatch } from '../records/task.ts';
import { describeFindingTasks } from './finding-tasks.contract.ts';
import {
  type Application,
  assistant,
  chatter,
  type InventedCall,
  inventLog,
  paragraph,
  pick,
  system,
  user,
} from './invented-log.contract.ts';
import { type Findings, TaskFinder } from './task-finder.ts';

describeFindingTasks('a stream of calls', (calls) => {
  const finder = new TaskFinder();
  const placed = new Map<string, string>();
  for (const call of calls) {
    const match = finder.observe(call);
    if (match !== null) placed.set(call.id, match.task);
    if (finder.isMiningDue) for (const [id, found] of finder.mine().assignments) placed.set(id, found.task);
  }
  return { tasks: finder.tasks(), placed };
});

interface Streamed {
  readonly finder: TaskFinder;
  readonly matches: ReadonlyMap<string, TaskMatch>;
  /** What `match` said before the call was observed. */
  readonly before: ReadonlyMap<string, TaskMatch | null>;
  readonly versions: Findings['versions'];
}

function stream(log: readonly InventedCall[], finder = new TaskFinder()): Streamed {
  const matches = new Map<string, TaskMatch>();
  const before = new Map<string, TaskMatch | null>();
  const versions: Findings['versions'][number][] = [];
  for (const { call } of log) {
    before.set(call.id, finder.match(call));
    const match = finder.observe(call);
    if (match !== null) matches.set(call.id, match);
    if (!finder.isMiningDue) continue;
    const findings = finder.mine();
    versions.push(...findings.versions);
    for (const [id, found] of findings.assignments) matches.set(id, found);
  }
  return { finder, matches, before, versions };
}

/** A classifier whose prompt a test writes. */
function classifier(options: {
  readonly truth?: string;
  readonly prompt: (text: string) => string;
  readonly labels?: readonly string[];
  readonly calls?: number;
  readonly from?: number;
  readonly until?: number;
  readonly model?: string;
  readonly task?: string;
  readonly tenant?: string;
}): Application {
  const {
    truth = 'it',
    prompt,
    labels = ['refund', 'delivery', 'login', 'other'],
    calls = 120,
    task,
    ...rest
  } = options;
  return {
    truth,
    calls,
    ...rest,
    make: ({ random }) => ({
      messages: [user(prompt(chatter(random)))],
      answer: pick(labels, random),
      ...(task === undefined ? {} : { task }),
    }),
  };
}

const route = (text: string): string =>
  `Route this ticket to refund, delivery, login or other.\n\nTicket: ${text}\nQueue:`;

describe('a changing application', () => {
  it('calls another teacher a new version of the same task, at its very first call', () => {
    const log = inventLog([
      classifier({ prompt: route, until: 0.5, model: 'old-model' }),
      classifier({ prompt: route, from: 0.5, model: 'new-model' }),
    ]);
    const { finder, before, versions } = stream(log);
    const [task, ...others] = finder.tasks();
    expect(others).toEqual([]);
    expect(task?.versions.map((version) => version.teacher)).toEqual(['old-model', 'new-model']);
    const firstNew = log.find(({ call }) => call.request.model === 'new-model')?.call.id ?? '';
    expect(before.get(firstNew)?.version).toBe(task?.versions[1]?.id);
    expect(versions.map((version) => version.why)).toEqual(['teacher-changed']);
  });

  it.each([
    [
      'rewritten',
      (text: string) =>
        `You sort mail. Mail follows.\n<mail>${text}</mail>\nSay where it goes: refund / delivery / login / other`,
    ],
    ['edited in one word', (text: string) => route(text).replace('ticket', 'message')],
    ['given one more sentence', (text: string) => route(text).replace('other.', 'other. Reply with the queue only.')],
    ['moved to a system message', null],
  ])('calls a prompt that was %s a new version of the same task', (_, prompt) => {
    const rewritten: Application =
      prompt !== null
        ? classifier({ prompt, from: 0.5 })
        : {
            truth: 'it',
            calls: 120,
            from: 0.5,
            make: ({ random }) => ({
              messages: [system('Route this ticket to refund, delivery, login or other.'), user(chatter(random))],
              answer: pick(['refund', 'delivery', 'login', 'other'], random),
            }),
          };
    const log = inventLog([classifier({ prompt: route, until: 0.5 }), rewritten]);
    const { finder, before, versions } = stream(log);
    const [task, ...others] = finder.tasks();
    expect(others).toEqual([]);
    expect(task?.versions).toHaveLength(2);
    expect(versions.map((version) => version.why)).toEqual(['prompt-changed']);
    const firstNew = log.find(({ call }) => call.id.startsWith('1-'))?.call.id ?? '';
    expect(before.get(firstNew), 'the changed prompt is not the old version').toBeNull();
    const newest = log.at(-1)?.call.id ?? '';
    expect(before.get(newest)?.version).toBe(task?.versions[1]?.id);
  });

  it('finds the two versions of an edited prompt in a log that is read at once, in any order', () => {
    const log = inventLog([
      classifier({ prompt: route, until: 0.5, calls: 40 }),
      classifier({ prompt: (text) => route(text).replace('ticket', 'message'), from: 0.5, calls: 40 }),
    ]);
    const finder = new TaskFinder();
    for (const { call } of [...log].reverse()) finder.observe(call);
    finder.mine();
    expect(finder.tasks().map((task) => task.versions.length)).toEqual([2]);
  });

  it('keeps two prompts for the same answers apart while both are in use', () => {
    const log = inventLog([
      classifier({ truth: 'a', prompt: route }),
      classifier({
        truth: 'b',
        prompt: (text) =>
          `Which queue is best for what the caller said? refund, delivery, login, other\nCaller: ${text}`,
      }),
    ]);
    expect(stream(log).finder.tasks()).toHaveLength(2);
  });

  it('keeps them apart when the second one starts later', () => {
    const log = inventLog([
      classifier({ truth: 'a', prompt: route, calls: 300 }),
      classifier({
        truth: 'b',
        prompt: (text) =>
          `Which queue is best for what the caller said? refund, delivery, login, other\nCaller: ${text}`,
        from: 0.6,
      }),
    ]);
    expect(stream(log).finder.tasks()).toHaveLength(2);
  });

  it('does not take another yes-or-no question for the next version of one that has ended', () => {
    const log = inventLog([
      classifier({
        truth: 'a',
        prompt: (text) => `Does the guest complain about noise? yes or no\nGuest: ${text}`,
        labels: ['yes', 'no'],
        until: 0.5,
      }),
      classifier({
        truth: 'b',
        prompt: (text) => `# Invoice check\nLine: ${text}\nIs VAT missing (yes/no)`,
        labels: ['yes', 'no'],
        from: 0.5,
      }),
    ]);
    expect(stream(log).finder.tasks()).toHaveLength(2);
  });

  it('learns that a name which was constant for a while is a slot', () => {
    const names = ['Ada', 'Bo', 'Chiara', 'Dmitri', 'Eve', 'Farid', 'Gus', 'Hal'];
    const log = inventLog(
      names.map((name, i) =>
        classifier({
          prompt: (text) => `Sort the mail of ${name} into one of its folders.\nMail: ${text}\nFolder:`,
          calls: 40,
          from: i / 8,
          until: (i + 1) / 8,
        }),
      ),
    );
    const { finder, before } = stream(log);
    expect(finder.tasks()).toHaveLength(1);
    const late = log.filter(({ call }) => /^[67]-/.test(call.id));
    expect(late.every(({ call }) => before.get(call.id) !== null)).toBe(true);
  });
});

describe('what is equal and what is not', () => {
  it('gives calls with a name from the application to the task of that name, whatever their prompts', () => {
    const log = inventLog([
      classifier({ prompt: route, task: 'queues' }),
      classifier({ prompt: (text) => text, task: 'queues' }),
      classifier({ prompt: route }),
    ]);
    const { finder, matches } = stream(log);
    const tasks = finder.tasks();
    expect(tasks.map((task) => task.name)).toContain('queues');
    expect(tasks).toHaveLength(2);
    const named = tasks.find((task) => task.name === 'queues');
    expect(
      log.filter(({ call }) => call.task === 'queues').every(({ call }) => matches.get(call.id)?.task === named?.id),
    ).toBe(true);
  });

  it('takes bare inputs for a task when all calls to that model are answered from one closed set', () => {
    const log = inventLog([
      classifier({ prompt: (text) => text, model: 'ft:small:queues', calls: 300 }),
      {
        truth: null,
        calls: 200,
        model: 'chat-model',
        make: ({ random }) => ({ messages: [user(chatter(random))], answer: paragraph(random, 2) }),
      },
    ]);
    const { finder, matches } = stream(log);
    expect(finder.tasks().map((task) => [task.kind, task.shape.kind])).toEqual([['task', 'label']]);
    expect(log.every(({ call, truth }) => truth !== null || !matches.has(call.id))).toBe(true);
  });

  it('takes example turns that change from call to call for part of the prompt', () => {
    const labels = ['refund', 'delivery', 'login'];
    const log = inventLog([
      {
        truth: 'it',
        calls: 150,
        make: ({ random }) => ({
          messages: [
            system('Route tickets.'),
            ...Array.from({ length: 3 }, () => [user(chatter(random)), assistant(pick(labels, random))]).flat(),
            user(chatter(random)),
          ],
          answer: pick(labels, random),
        }),
      },
    ]);
    expect(
      stream(log)
        .finder.tasks()
        .map((task) => [task.kind, task.shape.kind]),
    ).toEqual([['task', 'label']]);
  });

  it('makes no task of conversations, however they begin', () => {
    const log = inventLog([
      {
        truth: null,
        calls: 400,
        make: ({ random }) => ({
          messages: [
            system('You are the assistant of a bank. Be polite.'),
            ...Array.from({ length: Math.floor(random() * 5) }, () => [
              user(chatter(random)),
              assistant(chatter(random)),
            ]).flat(),
            user(chatter(random)),
          ],
          answer: paragraph(random, 1 + Math.floor(random() * 3)),
        }),
      },
    ]);
    expect(
      stream(log)
        .finder.tasks()
        .filter((task) => task.kind === 'task'),
    ).toEqual([]);
  });

  it('finds nothing in prompts that have nothing in common', () => {
    const log = inventLog([
      {
        truth: null,
        calls: 500,
        make: ({ random }) => ({ messages: [user(chatter(random, 40))], answer: chatter(random) }),
      },
    ]);
    expect(stream(log).finder.tasks()).toEqual([]);
  });

  it('finds nothing in ten calls', () => {
    expect(stream(inventLog([classifier({ prompt: route, calls: 10 })])).finder.tasks()).toEqual([]);
  });

  it('finds a task within fifty calls', () => {
    const { before } = stream(inventLog([classifier({ prompt: route, calls: 60 })]));
    expect([...before.values()].slice(50).every((match) => match !== null)).toBe(true);
  });

  it('gives the inputs back what all the first ones shared by accident', () => {
    let met = 0;
    const log = inventLog([
      classifier({
        prompt: (text) => route(met++ < 30 ? `My order ${text}` : text),
        calls: 200,
      }),
    ]);
    const { finder, before } = stream(log);
    expect(finder.tasks().map((task) => task.versions.length)).toEqual([1]);
    expect([...before.values()].slice(50).every((match) => match !== null)).toBe(true);
  });

  it("keeps the version when it finds out that words it took for constant were the inputs'", () => {
    let met = 0;
    const log = inventLog([
      classifier({
        prompt: (text) => route(met++ < 40 || met % 3 === 0 ? `Ref: the order that I placed ${text}` : text),
        calls: 300,
      }),
    ]);
    const { finder, before, versions } = stream(log);
    expect(finder.tasks().map((task) => task.versions.length)).toEqual([1]);
    expect(versions).toEqual([]);
    const version = finder.tasks()[0]?.versions[0]?.id;
    expect([...before.values()].slice(120).every((match) => match?.version === version)).toBe(true);
    expect(TaskFinder.from(JSON.parse(JSON.stringify(finder))).tasks()).toEqual(finder.tasks());
  });

  it('makes no task of a phrase that many bare inputs begin with', () => {
    const log = inventLog([
      classifier({
        prompt: (text) => (text.length % 3 === 0 ? `I would like to know how I can ${text}` : text),
        task: 'queues',
        calls: 600,
      }),
    ]);
    expect(stream(log).finder.tasks()).toHaveLength(1);
  });

  it.each([
    ['without a system message', []],
    ['under one system message', [system('You work for a library. Answer with one word.')]],
  ])('finds forty prompts that are written in one form %s', (_, before) => {
    const random = seededRandom(5);
    const log = inventLog(
      Array.from({ length: 40 }, (__, number): Application => {
        const instruction = `${paragraph(random, 2)} (${number})`;
        return {
          truth: `prompt ${number}`,
          calls: 50,
          make: (turn) => ({
            messages: [...before, user(`${instruction}\nInput: ${chatter(turn.random)}\nOutput:`)],
            answer: pick(['x', 'y'], turn.random),
          }),
        };
      }),
    );
    const { finder, matches } = stream(log);
    const homes = new Map<string, Set<string>>();
    for (const { call, truth } of log.slice(-800)) {
      const home = homes.get(truth ?? '') ?? new Set();
      homes.set(truth ?? '', home.add(matches.get(call.id)?.task ?? 'nowhere'));
    }
    expect([...homes.values()].map((home) => home.size)).toEqual(Array.from({ length: 40 }, () => 1));
    expect(new Set([...homes.values()].flatMap((home) => [...home])).size).toBe(40);
    expect(finder.tasks().length).toBeLessThanOrEqual(41);
  });

  it('survives that one call in fifty is another one with the same system message', () => {
    const log = inventLog([
      {
        truth: 'it',
        calls: 400,
        make: ({ random, index }) => ({
          messages: [
            system('You watch over the factory and answer in one word.'),
            user(index % 50 === 7 ? 'ping' : `Sensor report follows.\n${chatter(random)}\nState (green, amber, red):`),
          ],
          answer: index % 50 === 7 ? 'pong' : pick(['green', 'amber', 'red'], random),
        }),
      },
    ]);
    const { finder, matches } = stream(log);
    const tasks = finder.tasks();
    expect(tasks).toHaveLength(1);
    expect(matches.size).toBeGreaterThanOrEqual(390);
    expect(tasks[0]?.shape.kind).toBe('label');
  });
});

describe('a finder that is put away and taken up again', () => {
  const log = inventLog([
    classifier({ prompt: route, until: 0.9 }),
    classifier({ prompt: (text) => `Translate to French.\n\n${text}`, labels: ['bonjour', 'merci'] }),
  ]);

  it('goes on as if nothing had happened', () => {
    const straight = stream(log);
    let resumed = stream(log.slice(0, 70));
    for (let at = 70; at < log.length; at += 40)
      resumed = stream(log.slice(at, at + 40), TaskFinder.from(JSON.parse(JSON.stringify(resumed.finder))));
    expect(
      resumed.finder.tasks().map(({ id, name, versions }) => [id, name, versions.map((version) => version.id)]),
    ).toEqual(
      straight.finder.tasks().map(({ id, name, versions }) => [id, name, versions.map((version) => version.id)]),
    );
    expect(resumed.finder.tasks().map((task) => task.shape)).toEqual(straight.finder.tasks().map((task) => task.shape));
  });

  it('keeps the name that a person gave', () => {
    const { finder } = stream(log);
    const [task] = finder.tasks();
    expect(finder.rename(task?.id ?? '', 'queues')).toBe(true);
    expect(TaskFinder.from(JSON.parse(JSON.stringify(finder))).task(task?.id ?? '')?.name).toBe('queues');
    expect(finder.rename('task_unknown', 'x')).toBe(false);
  });
});

describe('bad input', () => {
  const requests: readonly unknown[] = [
    {},
    { model: 'm' },
    { model: 'm', messages: null },
    { model: 'm', messages: 'hello' },
    { model: 'm', messages: [] },
    { model: 'm', messages: [null, 3, 'x', [], {}] },
    { model: 'm', messages: [{ role: 'user' }] },
    { model: 'm', messages: [{ role: 'user', content: null }] },
    { model: 'm', messages: [{ role: 7, content: { text: 'x' } }] },
    {
      model: 'm',
      messages: [{ role: 'user', content: [null, 'text', { type: 'image_url', image_url: { url: 'x' } }] }],
    },
    {
      model: 'm',
      messages: [{ role: 'user', content: '\ud800 half \udc00 pairs 🙂' }],
      tools: 'none',
      response_format: 4,
    },
    { model: 'm', messages: [{ role: 'user', content: 'x'.repeat(200_000) }] },
    { model: 'm', messages: [{ role: 'user', content: 'long words '.repeat(20_000) }] },
    { model: 'm', messages: [{ role: 'user', content: '' }] },
  ];

  it('never throws, and finds no task in it', () => {
    const finder = new TaskFinder();
    for (let round = 0; round < 40; round++)
      for (const [index, request] of requests.entries()) {
        const call: Call = {
          id: `${round}-${index}`,
          at: round % 3 === 0 ? -1e15 * index : Number.NaN,
          tenant: 'shop',
          status: 200,
          latencyMs: null,
          request: request as ChatRequest,
          response: { choices: [{ message: { content: `answer ${round}` }, finish_reason: 'stop' }] },
          task: null,
          gold: null,
          tags: {},
        };
        finder.match(call);
        finder.observe(call);
        if (finder.isMiningDue) finder.mine();
      }
    expect(finder.tasks()).toEqual([]);
  });

  it('reads prompts of 20 kB with emoji and half surrogate pairs', () => {
    const long = `You are the archive clerk. ${'Rule: keep every page in its folder, never fold it. 📁 \ud83d '.repeat(400)}\n`;
    const log = inventLog([classifier({ prompt: (text) => `${long}Page: ${text} 🙂\ud800\nFolder:`, calls: 60 })]);
    const { finder, before } = stream(log);
    expect(finder.tasks()).toHaveLength(1);
    const last = log.at(-1)!.call;
    const content = last.request.messages[0]?.content;
    const slots = before.get(last.id)?.slots ?? [];
    expect(`${long}Page: ${slots.join('')}`.startsWith(String(content).slice(0, long.length + 6))).toBe(true);
    expect(slots).toHaveLength(1);
  });

  it('finds tasks when clocks run backwards', () => {
    const log = inventLog([classifier({ prompt: route })]).map(({ call, truth }, index) => ({
      truth,
      call: { ...call, at: 1_000_000 - index * 1000 },
    }));
    expect(stream(log).finder.tasks()).toHaveLength(1);
  });

  it('ignores failed requests', () => {
    const log = inventLog([classifier({ prompt: route })]).map(({ call, truth }) => ({
      truth,
      call: { ...call, status: 500, response: { error: { message: 'overloaded' } } },
    }));
    expect(stream(log).finder.tasks()).toEqual([]);
  });
});
