import { describe, expect, it } from 'vitest';
import type { Answer } from '../records/answer.ts';
import type { Json } from '../records/call.ts';
import { answerOf, canonicalOf } from '../records/canonical-answer.ts';
import { isLearnable, type OutputShape, type StructuredShape } from '../records/output-shape.ts';
import { seededRandom } from '../records/random.ts';
import type { ShapeField } from '../records/shapes/shape-field.ts';
import { emptyTally, tallyAnswer, tallyFromJson, tallyToJson } from './answer-tally.ts';
import { findShape } from './find-shape.ts';
import { chatter, pick } from './invented-log.contract.ts';

const random = seededRandom(23);

/** An input and what the teacher made of it. */
type Row = readonly [input: string, answer: string | Answer];

function shapeOf(rows: readonly Row[], constants = '', schema?: Json): OutputShape {
  const tally = emptyTally();
  for (const [input, answer] of rows) tallyAnswer(tally, answerFrom(answer), [input]);
  const shape = findShape(tally, { constants, schema });
  const restored = tallyFromJson(JSON.parse(JSON.stringify(tallyToJson(tally))));
  expect(findShape(restored, { constants, schema })).toEqual(shape);
  return shape;
}

/** The shape of rows that can be learned; every one of them must be written back to the byte. */
function learnable(rows: readonly Row[], constants = '', schema?: Json): StructuredShape {
  const shape = shapeOf(rows, constants, schema);
  if (!isLearnable(shape) || shape.kind === 'label') throw new Error(JSON.stringify(shape));
  expect(rows.filter((row) => !isWrittenBack(shape, row)).slice(0, 3)).toEqual([]);
  return shape;
}

function isWrittenBack(shape: StructuredShape, [input, answer]: Row): boolean {
  const canonical = canonicalOf(shape, answerFrom(answer));
  if (canonical === null) return false;
  return JSON.stringify(answerOf(shape, canonical, [input])) === JSON.stringify(answerFrom(answer));
}

function answerFrom(answer: string | Answer): Answer {
  return typeof answer === 'string' ? { kind: 'text', text: answer } : answer;
}

function rowsOf(count: number, make: (index: number) => Row): Row[] {
  return Array.from({ length: count }, (_, index) => make(index));
}

function kinds(shape: StructuredShape): Readonly<Record<string, string>> {
  return Object.fromEntries(shape.fields.map(({ path, value }) => [path.join('.'), value.kind]));
}

function fieldAt(shape: StructuredShape, path: string): ShapeField | undefined {
  return shape.fields.find((field) => field.path.join('.') === path);
}

const name = (): string => `${pick(['Ada', 'Bo', 'Cy', 'Dee', 'Eli'], random)} ${chatter(random, 1)}`;

describe('an object', () => {
  it('has fields that are labels, truths, numbers, copied texts and lists, some of them empty', () => {
    const shape = learnable(
      rowsOf(200, (i) => {
        const who = name();
        return [
          `${chatter(random, 4)} from ${who}, ${chatter(random, 3)}`,
          JSON.stringify({
            topic: ['Billing', 'Login', 'Other'][i % 3],
            urgent: i % 4 === 0,
            score: Math.round(random() * 1000) / 1000,
            guest: { name: i % 5 === 0 ? null : who },
            tags: ['red', 'blue', 'green'].filter((_, k) => (i >> k) & 1),
            version: 2,
          }),
        ];
      }),
    );
    expect(shape.kind).toBe('object');
    expect(kinds(shape)).toEqual({
      topic: 'label',
      urgent: 'label',
      score: 'number',
      'guest.name': 'span',
      tags: 'labels',
      version: 'constant',
    });
    expect(fieldAt(shape, 'guest.name')).toMatchObject({ nothing: 'null', presence: 0.8, value: { copied: 1 } });
    expect(shape.notes).toEqual([]);
  });

  it('keeps the order of keys that answers of few keys agree on', () => {
    const keys = ['zeta', 'alpha', 'mid', 'beta'];
    const shape = learnable(
      rowsOf(120, (i) => {
        const kept = keys.filter((_, k) => ((i % 15) + 1) & (1 << k));
        return ['', JSON.stringify(Object.fromEntries(kept.map((key, k) => [key, ['yes', 'no'][(i + k) % 2]])))];
      }),
    );
    expect(shape.fields.map(({ path }) => path[0])).toEqual(keys);
    expect(shape.fields.every(({ nothing }) => nothing === 'left-out')).toBe(true);
  });

  it('may have keys in the order in which their values stand in the input', () => {
    const shape = learnable(
      rowsOf(120, (i) => {
        const [who, where] = [name(), `${chatter(random, 1)}-burg`];
        const entries = [
          ['who', who],
          ['where', where],
        ];
        if (i % 2 === 0) entries.reverse();
        return [entries.map(([, value]) => value).join(' meets '), JSON.stringify(Object.fromEntries(entries))];
      }),
    );
    expect(shape.form).toMatchObject({ byText: [[]] });
  });

  it('is learned all the same where a field is free text in one call of fifty', () => {
    const shape = learnable(
      rowsOf(400, (i) => [
        '',
        JSON.stringify({ topic: pick(['a', 'b', 'c'], random), note: i % 50 === 0 ? chatter(random) : null }),
      ]),
    );
    expect(fieldAt(shape, 'note')).toMatchObject({ value: { kind: 'free' }, presence: 0.02 });
    expect(shape.notes).toEqual([expect.stringContaining('`note` is free text in 2 % of the answers')]);
  });

  it('may have a field of 400 values', () => {
    const shape = learnable(
      rowsOf(4000, (i) => ['', JSON.stringify({ code: `code ${Math.floor(random() * 400)}`, ok: i % 2 === 0 })]),
    );
    const field = fieldAt(shape, 'code');
    expect(field?.value.kind === 'label' && field.value.labels.length).toBe(400);
  });

  it('takes a label that comes once, at the end, into its set', () => {
    const rows = rowsOf(400, (i) => ['', JSON.stringify({ topic: 'abc'[i % 3], ok: i % 2 === 0 })] as const);
    const shape = learnable([...rows, ['', '{"topic":"late","ok":true}']]);
    const field = fieldAt(shape, 'topic');
    expect(field?.value.kind === 'label' && field.value.labels.map(({ value }) => value)).toContain('late');
  });

  it('is written in a word for nothing where the teacher has one', () => {
    const shape = learnable(
      rowsOf(150, (i) => {
        const who = name();
        return [`hello ${who}`, JSON.stringify({ name: i % 3 === 0 ? 'N/A' : who, polite: i % 2 === 0 })];
      }),
    );
    expect(fieldAt(shape, 'name')).toMatchObject({ nothing: { text: 'N/A' }, value: { kind: 'span', copied: 1 } });
  });

  it('is told from right-to-left text and from inputs of 50,000 characters', () => {
    const long = 'w '.repeat(25_000);
    const shape = learnable(
      rowsOf(60, (i) => {
        const who = `${['שרה', 'דוד', 'נועה'][i % 3]} ${'אבגדהוזחט'[i % 9]}`;
        return [`${who} הזמינה שולחן ${i === 7 ? long : ''}`, JSON.stringify({ name: who, ok: i % 2 === 0 })];
      }),
    );
    expect(fieldAt(shape, 'name')?.value).toMatchObject({ kind: 'span', copied: 1 });
  });

  it('says that answers are too few where what is new may still turn out a closed set', () => {
    const shape = shapeOf(rowsOf(30, (i) => ['', JSON.stringify({ city: `city ${i}`, ok: i % 2 === 0 })]));
    expect(shape).toMatchObject({ kind: 'object', why: expect.stringContaining('too few to tell') });
  });
});

describe('a JSON schema', () => {
  const schema = {
    type: 'object',
    required: ['zone', 'kind'],
    additionalProperties: false,
    properties: { kind: { enum: ['a', 'b'] }, zone: { type: ['string', 'null'] } },
  };

  it('orders keys that no two answers have in common', () => {
    const shape = learnable(
      rowsOf(60, (i) => ['', i % 2 === 0 ? '{"kind":"a"}' : `{"zone":"${'xyz'[i % 3]}"}`]),
      '',
      schema,
    );
    expect(shape.fields.map(({ path }) => path[0])).toEqual(['zone', 'kind']);
  });

  it('gives way to the answers that break it, and a note says so', () => {
    const shape = learnable(
      rowsOf(60, (i) => ['', JSON.stringify({ zone: 'xyz'[i % 3], kind: i % 10 === 0 ? 'c' : 'ab'[i % 2] })]),
      '',
      schema,
    );
    expect(shape.notes).toEqual([expect.stringMatching(/^6 of 60 answers break the schema \(`kind` is "c"/)]);
    expect(canonicalOf(shape, { kind: 'text', text: '{"zone":"x","kind":"c"}' })).toBe('{"kind":"c","zone":"x"}');
  });

  it('says nothing where the answers keep it', () => {
    const shape = learnable(
      rowsOf(60, (i) => ['', JSON.stringify({ zone: 'xyz'[i % 3], kind: 'ab'[i % 2] })]),
      '',
      schema,
    );
    expect(shape.notes).toEqual([]);
  });
});

describe('answers that are almost JSON', () => {
  it('are none of the shape, and few of them do not hide it', () => {
    const rows = rowsOf(200, (i) => ['', JSON.stringify({ topic: 'abc'[i % 3], ok: i % 2 === 0 })] as const);
    const shape = shapeOf([
      ...rows,
      ['', "{'topic': 'a', 'ok': True}"],
      ['', '{"topic":"a","ok":true,}'],
      ['', '{"topic":"a"'],
    ]);
    expect(shape).toMatchObject({ kind: 'object', notes: [] });
  });

  it('may be as many as one in five, which a note says', () => {
    const rows = rowsOf(200, (i): Row => {
      const json = JSON.stringify({ topic: 'abc'[i % 3], ok: i % 2 === 0 });
      return ['', i % 5 === 0 ? json.replaceAll('"', "'") : json];
    });
    expect(shapeOf(rows)).toMatchObject({
      kind: 'object',
      notes: ['20 % of the answers are no JSON: these go to the teacher'],
    });
    expect(shapeOf(rows.map(([, answer], i): Row => ['', i % 2 ? chatter(random) : answer])).kind).not.toBe('object');
  });

  it('are read where the same words always stand around them', () => {
    const shape = learnable(
      rowsOf(60, (i) => ['', `Here is the result:\n{"topic": "${'abc'[i % 3]}", "ok": ${i % 2 === 0}}`]),
    );
    expect(kinds(shape)).toEqual({ topic: 'label', ok: 'label' });
  });
});

describe('several labels', () => {
  it('are found in a JSON list, in a field of one, and between commas', () => {
    const some = (i: number): string[] => ['work', 'home', 'sport'].filter((_, k) => ((i % 7) + 1) & (1 << k));
    expect(kinds(learnable(rowsOf(80, (i) => ['', JSON.stringify(some(i))])))).toEqual({ '': 'labels' });
    expect(kinds(learnable(rowsOf(80, (i) => ['', JSON.stringify({ tags: some(i) })])))).toEqual({ tags: 'labels' });
    const text = learnable(rowsOf(80, (i) => ['', some(i).join('; ')]));
    expect(text).toMatchObject({ kind: 'labels', form: { kind: 'separated', separator: '; ' } });
    expect(fieldAt(text, '')?.value).toMatchObject({ order: { kind: 'precedence', first: ['work', 'home', 'sport'] } });
  });
});

describe('a number', () => {
  it.each([
    ['plain', (i: number) => String(i * 37 + 5)],
    ['with its decimals', (i: number) => (i / 8).toFixed(2)],
    ['of money', (i: number) => `$${(i * 375).toLocaleString('en')}.50`],
    ['in per cent', (i: number) => `${i}%`],
    ['in a JSON field', (i: number) => `{"minutes":${i * 3}}`],
    ['quoted in a JSON field', (i: number) => `{"score":"${(i / 100).toFixed(3)}"}`],
  ])('is found: %s', (_, write) => {
    const shape = learnable(rowsOf(120, (i) => ['', write(i)]));
    expect(shape.kind === 'number' || kinds(shape)).toBe(true);
    expect(shape.fields[0]?.value.kind).toBe('number');
  });
});

describe('texts copied from the input', () => {
  it('are found plain', () => {
    const shape = learnable(
      rowsOf(120, (i) => {
        const who = name();
        return [`I met ${who} today`, i % 4 === 0 ? 'none' : who];
      }),
    );
    expect(shape).toMatchObject({ kind: 'span', fields: [{ path: [], nothing: { text: 'none' } }] });
  });

  it('are found in lists, with their types, as they stand in the input', () => {
    const rows = rowsOf(150, (i): Row => {
      const [who, where] = [name(), `${chatter(random, 1)}-burg`];
      const found = [
        { text: who, type: 'PERSON' },
        { text: where, type: 'PLACE' },
      ];
      if (i % 3 === 0) found.reverse();
      return [found.map(({ text }) => text).join(' and '), JSON.stringify({ found: i % 10 === 0 ? [] : found })];
    });
    const shape = learnable(rows);
    expect(shape).toMatchObject({
      kind: 'spans',
      fields: [{ value: { kind: 'typed-spans', order: { kind: 'text' } } }],
    });
    const bare = learnable(rows.map(([input]): Row => [input, JSON.stringify(input.split(' and '))]));
    expect(bare).toMatchObject({ kind: 'spans', fields: [{ path: [], value: { kind: 'spans', copied: 1 } }] });
  });

  it('are found through a normaliser where the answers write them otherwise', () => {
    const shape = learnable(
      rowsOf(120, (i) => {
        const [day, month] = [(i % 28) + 1, i % 12];
        const name = 'Jan,Feb,Mar,Apr,May,Jun,Jul,Aug,Sep,Oct,Nov,Dec'.split(',')[month];
        const two = (n: number): string => String(n).padStart(2, '0');
        return [
          `A table on ${day} ${name} ${2020 + (i % 7)} for $${1000 + i}.50`,
          JSON.stringify({ date: `${2020 + (i % 7)}-${two(month + 1)}-${two(day)}`, price: 1000.5 + i }),
        ];
      }),
    );
    expect(fieldAt(shape, 'date')?.value).toMatchObject({ kind: 'span', copied: 1, through: 'date' });
    expect(fieldAt(shape, 'price')?.value).toMatchObject({ kind: 'span', type: 'number', through: 'amount' });
  });

  it('may be several in one value', () => {
    const shape = learnable(
      rowsOf(120, (i) => {
        const [one, two] = [name(), name()];
        return [`with ${one} and ${two}!`, `ACTOR: ${one}${i % 3 === 0 ? `,${two}` : ''}\nKIND: ${'ab'[i % 2]}`];
      }),
    );
    expect(fieldAt(shape, 'ACTOR')?.value).toMatchObject({ kind: 'span', copied: 1, joiner: ',' });
  });
});

describe('lines', () => {
  it('have names, values and a word for none at all', () => {
    const shape = learnable(
      rowsOf(120, (i) => {
        const who = name();
        return [
          `hear ${who}`,
          i % 20 === 0
            ? 'NONE'
            : [`- Actor = ${who}`, ...(i % 2 ? [`- Mood = ${'ab'[i % 2]}`] : ['- Mood = c'])].join('\n'),
        ];
      }),
    );
    expect(shape).toMatchObject({ kind: 'lines', form: { prefix: '- ', separator: ' = ', empty: 'NONE' } });
    expect(kinds(shape)).toEqual({ Actor: 'span', Mood: 'label' });
  });
});

describe('a tool call', () => {
  it('has the choice of the tool and its arguments; several calls and words go to the teacher', () => {
    const rows = rowsOf(150, (i): Row => {
      const what = name();
      const call =
        i % 2 === 0
          ? { name: 'find', arguments: JSON.stringify({ what, limit: 10 }) }
          : { name: 'stop', arguments: '{}' };
      return [`please do ${what}`, { kind: 'tool-calls', calls: [call] }];
    });
    const shape = learnable(rows);
    expect(shape).toMatchObject({ kind: 'tool-call', notes: [] });
    expect(kinds(shape)).toEqual({ tool: 'label', 'arguments.what': 'span', 'arguments.limit': 'label' });
    const [, first] = rows[0]!;
    const calls = typeof first !== 'string' && first.kind === 'tool-calls' ? first.calls : [];
    const several = shapeOf([...rows, ['', { kind: 'tool-calls', calls: [...calls, ...calls] }], ['', 'Which one?']]);
    expect(several).toMatchObject({
      kind: 'tool-call',
      notes: [expect.stringContaining('several tools at once'), expect.stringContaining('call no tool')],
    });
  });
});

describe('templated text', () => {
  it('has constants and values, one of which comes again with a capital', () => {
    const shape = learnable(
      rowsOf(150, (i) => {
        const who = pick(['Amara', 'Bo Li', 'Çelik'], random);
        const topic = ['report fraud', 'order status', 'apr', 'change of address'][i % 4]!;
        const reference = `A-${10_000 + i}`;
        return [
          `${who}: ${chatter(random)} (${reference})`,
          `Hello ${who}, thanks for asking about ${topic}. See Help > ${topic[0]?.toUpperCase()}${topic.slice(1)}. Your reference is ${reference}.`,
        ];
      }),
    );
    expect(shape.form).toEqual({
      kind: 'template',
      constants: ['Hello ', ', thanks for asking about ', '. See Help > ', '. Your reference is ', '.'],
      slots: [
        { kind: 'own', key: '0' },
        { kind: 'own', key: '1' },
        { kind: 'repeat', of: '1', letterCase: 'sentence' },
        { kind: 'own', key: '2' },
      ],
    });
    expect(kinds(shape)).toEqual({ '0': 'span', '1': 'label', '2': 'span' });
  });
});

describe('the kind of a field', () => {
  it('stays what it was while that still fits', () => {
    // Copied in 70 % of the answers: a span to whoever sees it first, a label to whoever held it for one.
    const rows = rowsOf(200, (i): Row => {
      const city = ['Ulm', 'Graz', 'Bern'][i % 3]!;
      return [i % 10 < 7 ? `to ${city}` : 'to there', JSON.stringify({ city: `${city} ${i % 2}`, ok: i % 2 === 0 })];
    });
    const tally = emptyTally();
    for (const [input, answer] of rows)
      tallyAnswer(tally, answerFrom(answer), [input.replace(/(Ulm|Graz|Bern)/, '$1 0 $1 1')]);
    const kindsAfter = (before: OutputShape | null) => {
      const shape = findShape(tally, { constants: '', before });
      return isLearnable(shape) && shape.kind !== 'label' ? kinds(shape).city : null;
    };
    const fresh = findShape(tally, { constants: '' });
    if (!isLearnable(fresh) || fresh.kind === 'label') throw new Error(fresh.kind);
    expect(kindsAfter(null)).toBe('label');
    const asSpan = fresh.fields.map((field) =>
      field.path[0] === 'city'
        ? { ...field, value: { kind: 'span', type: 'string', copied: 1, labels: null } as const }
        : field,
    );
    expect(kindsAfter({ ...fresh, fields: asSpan })).toBe('span');
  });
});

describe('what earlier versions stored', () => {
  it('is read, and found again with what comes', () => {
    const state = {
      count: 60,
      withoutContent: 0,
      toolCalls: 60,
      toolNames: [['find', 60]],
      texts: [],
      copied: 0,
      overflow: 0,
    };
    const tally = tallyFromJson(state as unknown as Parameters<typeof tallyFromJson>[0]);
    expect(findShape(tally, { constants: '' })).toMatchObject({ kind: 'tool-call', why: expect.any(String) });
    for (let i = 0; i < 60; i++)
      tallyAnswer(tally, { kind: 'tool-calls', calls: [{ name: ['find', 'stop'][i % 2]!, arguments: '{}' }] }, ['']);
    expect(isLearnable(findShape(tally, { constants: '' }))).toBe(true);
  });
});
