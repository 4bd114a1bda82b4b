import { describe, expect, it } from 'vitest';
import { callEvery, firstCallAt } from '../../test/keyword-stream.ts';
import { follow, startEngine } from '../../test/run-engine.ts';
import { inventedRows } from '../learn/fields/invented-answers.contract.ts';
import { type GivenAnswer, readAnswer, saidIn } from '../records/answer.ts';
import type { Call, Json, JsonObject } from '../records/call.ts';
import type { Decision } from './engine.ts';
import { studentCompletion } from './student-completion.ts';

type Said = JsonObject & { readonly tool?: string; readonly arguments?: JsonObject; readonly name?: string };

/** How one application asks, and how its teacher writes what it says. */
interface Application {
  readonly task: 'booking' | 'tools' | 'entities' | 'topics';
  readonly system: string;
  readonly request?: Readonly<Record<string, Json>>;
  readonly message: (said: Said) => JsonObject;
}

const tools = ['weather', 'call'].map((name) => ({
  type: 'function',
  function: { name, parameters: { type: 'object', properties: {}, additionalProperties: { type: 'string' } } },
}));

const applications: Readonly<Record<string, Application>> = {
  'an object with nulls, spaced as its teacher spaces it': {
    task: 'booking',
    system: 'Read the booking and answer in JSON with city, people and name.',
    message: ({ city, people, name }) => ({
      content: `{"city": ${JSON.stringify(city)}, "people": ${people as string}, "name": ${JSON.stringify(name ?? null)}}`,
    }),
  },
  'lines of fields': {
    task: 'booking',
    system: 'Read the booking. One line a field.',
    message: ({ city, people, name }) => ({
      content: [
        `CITY: ${city as string}`,
        `PEOPLE: ${people as string}`,
        ...(name === undefined ? [] : [`NAME: ${name}`]),
      ].join('\n'),
    }),
  },
  'a sentence with what was copied': {
    task: 'booking',
    system: 'Confirm the booking in one sentence.',
    message: ({ city, people, name }) => ({
      content: `Dear ${name ?? 'guest'}, your table for ${people as string} in ${city as string} is booked.`,
    }),
  },
  'a tool and its arguments': {
    task: 'tools',
    system: 'You are an assistant. Call one tool.',
    request: { tools },
    message: ({ tool, arguments: made }) => ({
      content: null,
      tool_calls: [
        { id: 'call_abc', type: 'function', function: { name: tool ?? '', arguments: JSON.stringify(made) } },
      ],
    }),
  },
  'a list of typed spans': {
    task: 'entities',
    system: 'Find people and places. JSON.',
    message: (said) => ({ content: JSON.stringify(said) }),
  },
  'several labels': {
    task: 'topics',
    system: 'Which topics? billing, delivery. Comma-separated.',
    message: (said) => ({ content: (said as unknown as readonly string[]).join(', ') }),
  },
};

function callsOf({ task, system, request = {}, message }: Application, count: number, seed = 1): Call[] {
  return inventedRows(task, count, seed).map(({ slots, label }, index): Call => {
    const made = message(JSON.parse(label) as Said);
    return {
      id: `call_${seed}_${index}`,
      at: firstCallAt + (seed * 100_000 + index) * callEvery,
      tenant: 'default',
      status: 200,
      latencyMs: 300,
      request: {
        model: 'gpt-4o-mini',
        messages: [
          { role: 'system', content: system },
          { role: 'user', content: slots[0] as string },
        ],
        ...request,
      },
      response: {
        model: 'gpt-4o-mini',
        choices: [
          {
            index: 0,
            message: { role: 'assistant', ...made },
            finish_reason: made.content === null ? 'tool_calls' : 'stop',
          },
        ],
        usage: { prompt_tokens: 30, completion_tokens: 9 },
      },
      task: null,
      gold: null,
      tags: {},
    };
  });
}

interface Pair {
  readonly given: GivenAnswer;
  readonly teacher: Call;
  readonly decision: Decision;
}

function answeredPairs(calls: readonly Call[], decisions: readonly Decision[]): readonly Pair[] {
  return decisions.flatMap((decision, at) =>
    decision.answer === null ? [] : [{ given: decision.answer, teacher: calls[at] as Call, decision }],
  );
}

describe.each(Object.entries(applications))('the live loop over answers that are %s', (_, application) => {
  it('certifies a student and answers byte for byte as the teacher would have', async () => {
    const running = startEngine();
    const calls = callsOf(application, 420);
    const pairs = answeredPairs(calls, await follow(running, calls));
    expect(running.failures).toEqual([]);
    expect(pairs.length).toBeGreaterThan(40);
    const same = pairs.filter(({ given, teacher }) => {
      const answer = readAnswer(teacher.response, 200);
      return answer.kind !== 'none' && JSON.stringify(saidIn(given)) === JSON.stringify(saidIn(answer));
    });
    expect(same.length / pairs.length).toBeGreaterThan(0.9);
  }, 120_000);
});

describe('a student that calls a tool', () => {
  it('is written as the upstream writes it, with an id of its own and the right finish', async () => {
    const running = startEngine();
    const calls = callsOf(applications['a tool and its arguments'] as Application, 420);
    const [pair] = answeredPairs(calls, await follow(running, calls));
    const { decision, teacher } = pair as Pair;
    const completion = studentCompletion(decision, { ...teacher, forceTeacher: false }) as Record<string, Json>;
    const [choice] = completion.choices as readonly JsonObject[];
    const message = choice?.message as JsonObject;
    expect(choice?.finish_reason).toBe('tool_calls');
    expect(message.content).toBeNull();
    const [call] = message.tool_calls as readonly JsonObject[];
    expect(call).toMatchObject({ type: 'function', id: expect.stringMatching(/^call_.+/) });
    expect(tools.map((tool) => tool.function.name)).toContain(
      (call as { readonly function: JsonObject }).function.name,
    );
  }, 120_000);
});
