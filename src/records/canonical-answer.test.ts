import { describe, expect, it } from 'vitest';
import { answerOf, canonicalOf, isSameAnswer } from './canonical-answer.ts';
import type { StructuredShape } from './output-shape.ts';
import { seededRandom } from './random.ts';
import type { AnswerForm } from './shapes/answer-form.ts';
import { compactStyle, type JsonStyle } from './shapes/json-style.ts';
import type { FieldValue, Nothing, ShapeField } from './shapes/shape-field.ts';

const random = seededRandom(5);

function field(path: string, value: FieldValue, nothing: Nothing = 'null'): ShapeField {
  return { path: path === '' ? [] : path.split('.'), value, nothing, presence: 0.5 };
}

const span: FieldValue = { kind: 'span', type: 'string', copied: 1, labels: null };
const kinds = ['Refund', 'Card lost', 'Other'].map((written) => ({ value: written.toLowerCase(), written, count: 5 }));
const label: FieldValue = { kind: 'label', labels: kinds, unseenShare: 0 };
const labels: FieldValue = { kind: 'labels', labels: kinds, unseenShare: 0, order: { kind: 'alphabetical' } };

function jsonForm(style: Partial<JsonStyle> = {}): AnswerForm {
  return { kind: 'json', style: { ...compactStyle, ...style }, byText: [], groups: [] };
}

function shape(kind: StructuredShape['kind'], form: AnswerForm, fields: readonly ShapeField[]): StructuredShape {
  return { kind, form, fields, notes: [] };
}

const booking = shape('object', jsonForm(), [
  field('kind', label),
  field('people', { kind: 'number', type: 'number', decimals: null }),
  field('guest.name', span),
  field('guest.city', span),
  field('tags', labels),
]);

const text = (answer: string) => ({ kind: 'text', text: answer }) as const;

function canonical(of: StructuredShape, answer: string): string | null {
  return canonicalOf(of, text(answer));
}

function written(of: StructuredShape, answer: string, slots: readonly string[] = []): string | null {
  const back = answerOf(of, canonical(of, answer) ?? 'other form', slots);
  return back?.kind === 'text' ? back.text : null;
}

describe('the canonical answer of JSON', () => {
  it('knows no order of keys, no white space and no fence', () => {
    const one = canonical(booking, '{"kind":"Refund","people":2,"guest":{"name":"Ada","city":null},"tags":[]}');
    expect(one).toBe('{"guest":{"name":"Ada"},"kind":"refund","people":2,"tags":[]}');
    for (const same of [
      '```json\n{ "tags": [], "people": 2.0,\n "guest": {"name": " Ada\\n"}, "kind": "refund." }\n```\n',
      '{"guest":{"city":"","name":"Ada"},"people":2e0,"kind":"REFUND","tags":[]}',
    ])
      expect(canonical(booking, same)).toBe(one);
  });

  it('sets labels in a list in order, and counts each once', () => {
    expect(canonical(booking, '{"tags":["Refund","card lost","refund"]}')).toBe('{"tags":["card lost","refund"]}');
  });

  it.each([
    ['a trailing comma', '{"kind":"Refund",}'],
    ['single quotes', "{'kind':'Refund'}"],
    ['a cut answer', '{"kind":"Refund","peo'],
    ['a comment', '{"kind":"Refund" /* sure */}'],
    ['words around it', 'Here you are: {"kind":"Refund"}'],
    ['a key nobody knows', '{"kind":"Refund","note":"a"}'],
    ['a list where a text belongs', '{"kind":["Refund"]}'],
    ['a text where a list belongs', '{"tags":"Refund"}'],
    ['a list of objects where texts belong', '{"tags":[{"a":1}]}'],
    ['another container', '["Refund"]'],
    ['a refusal', "I'm sorry, I can't help with that."],
    ['more depth than an answer has', `{"kind":${'['.repeat(3000)}${']'.repeat(3000)}}`],
    ['nothing', ''],
  ])('is null for %s', (_, answer) => {
    expect(canonical(booking, answer)).toBeNull();
    expect(canonicalOf(booking, { kind: 'none', why: 'cut' })).toBeNull();
  });

  it('takes keys that JavaScript knows for texts like any other', () => {
    const odd = shape('object', jsonForm(), [field('__proto__', span), field('constructor', span)]);
    expect(written(odd, '{"__proto__":"a","constructor":"b"}')).toBe('{"__proto__":"a","constructor":"b"}');
    expect(canonical(booking, '{"toString":"a"}')).toBeNull();
  });
});

describe('an answer written back', () => {
  it.each<[string, Partial<JsonStyle>, string]>([
    ['compact', {}, '{"kind":"Card lost","people":null,"guest":{"name":null,"city":"Graz"},"tags":["Other","Refund"]}'],
    [
      'spaced',
      { spacing: 'spaced', after: '\n' },
      '{"kind": "Other", "people": 3, "guest": {"name": null, "city": "Köln"}, "tags": ["Other", "Refund"]}\n',
    ],
    [
      'with escapes',
      { isAscii: true },
      '{"kind":null,"people":null,"guest":{"name":null,"city":"K\\u00f6ln"},"tags":[]}',
    ],
    [
      'padded',
      { spacing: 'padded' },
      '{ "kind": null, "people": null, "guest": { "name": null, "city": null }, "tags": ["Other"] }',
    ],
    [
      'indented, in a fence',
      { spacing: 'indented', before: '```json\n', after: '\n```' },
      '```json\n{\n  "kind": null,\n  "people": 1,\n  "guest": {\n    "name": null,\n    "city": null\n  },\n  "tags": [\n    "Other"\n  ]\n}\n```',
    ],
    [
      'indented, its lists in a line',
      { spacing: 'indented', hasInlineLists: true },
      '{\n  "kind": null,\n  "people": 1,\n  "guest": {\n    "name": null,\n    "city": null\n  },\n  "tags": ["Other", "Refund"]\n}',
    ],
  ])('is the same to the byte: %s', (_, style, answer) => {
    expect(written({ ...booking, form: jsonForm(style) }, answer)).toBe(answer);
  });

  it('leaves out what the teacher leaves out, and writes its word for nothing', () => {
    const shaped = shape('object', jsonForm(), [
      field('a', span, 'left-out'),
      field('b', span, { text: 'N/A' }),
      field('c', span),
    ]);
    expect(written(shaped, '{"a":null,"b":"n/a","c":""}')).toBe('{"b":"N/A","c":null}');
  });

  it('keeps the decimals that a number always has, and more where they are too few', () => {
    const price = shape('number', jsonForm(), [field('price', { kind: 'number', type: 'number', decimals: 2 })]);
    expect(written(price, '{"price":4.50}')).toBe('{"price":4.50}');
    expect(written(price, '{"price":4.125}')).toBe('{"price":4.125}');
    const quoted = shape('number', jsonForm(), [field('price', { kind: 'number', type: 'string', decimals: 1 })]);
    expect(written(quoted, '{"price":"4.0"}')).toBe('{"price":"4.0"}');
  });

  it('lists spans as they stand in the input, or by a precedence of their types', () => {
    const typed: FieldValue = {
      kind: 'typed-spans',
      keys: ['type', 'text'],
      textKey: 'value',
      typeKey: 'label',
      types: [{ value: 'person', written: 'PERSON', count: 3 }],
      copied: 1,
      order: { kind: 'text' },
    };
    const found = shape('spans', jsonForm(), [field('found', typed)]);
    const answer =
      '{"found":[{"label":"PERSON","value":"Zoe"},{"label":"CITY","value":"Ulm"},{"label":"PERSON","value":"Al"}]}';
    expect(canonical(found, answer)).toBe(
      '{"found":[{"text":"Al","type":"person"},{"text":"Ulm","type":"city"},{"text":"Zoe","type":"person"}]}',
    );
    expect(written(found, answer.replace('CITY', 'city'), ['Zoe of Ulm', 'met Al'])).toBe(
      answer.replace('CITY', 'city'),
    );
    const ranked = shape('spans', jsonForm(), [
      field('found', { ...typed, order: { kind: 'precedence', first: ['person'] } }),
    ]);
    expect(written(ranked, answer, ['Zoe of Ulm', 'met Al'])).toMatch(/Zoe.*Al.*Ulm/);
  });

  it('is null for what the shape would read back as something else', () => {
    expect(answerOf(booking, '{"kind":"Refund"}')).toBeNull();
    expect(answerOf(booking, '{"unknown":1}')).toBeNull();
    expect(answerOf(booking, 'no JSON')).toBeNull();
  });
});

describe('other forms', () => {
  const lines = shape(
    'lines',
    {
      kind: 'lines',
      prefix: '',
      separator: ': ',
      lineBreak: '\n',
      empty: 'NONE',
      before: '',
      after: '',
      keyOrder: 'fixed',
    },
    [field('ACTOR', span, 'left-out'), field('YEAR', span, 'left-out')],
  );

  it('reads lines in any order and case of names, and writes the word for none', () => {
    expect(canonical(lines, 'year: 2012\n\n**Actor**: Ada: the first\n')).toBe(
      '{"ACTOR":"Ada: the first","YEAR":"2012"}',
    );
    expect(written(lines, 'YEAR: 2012\nACTOR: Ada')).toBe('ACTOR: Ada\nYEAR: 2012');
    expect(written(lines, 'none')).toBe('NONE');
    expect(canonical(lines, 'ACTOR: Ada\nand so on')).toBeNull();
    expect(canonical(lines, 'ACTOR: Ada\nACTOR: Bo')).toBeNull();
  });

  it('reads one tool call, and writes it; several are none', () => {
    const play = shape('tool-call', { kind: 'tool-call', style: compactStyle, byText: [['arguments']], groups: [] }, [
      field('tool', { kind: 'label', labels: [], unseenShare: 0, isExact: true }),
      field('arguments.song', span, 'left-out'),
      field('arguments.artist', span, 'left-out'),
    ]);
    const call = { name: 'PlayMusic', arguments: '{"artist":"Nina","song":"Sinnerman"}' };
    const answer = { kind: 'tool-calls', calls: [call] } as const;
    const said = canonicalOf(play, answer);
    expect(said).toBe('{"arguments":{"artist":"Nina","song":"Sinnerman"},"tool":"PlayMusic"}');
    expect(answerOf(play, said ?? '', ['play Nina with Sinnerman'])).toEqual(answer);
    expect(canonicalOf(play, { kind: 'tool-calls', calls: [call, call] })).toBeNull();
    expect(canonicalOf(play, { kind: 'tool-calls', calls: [{ name: 'Stop', arguments: '' }] })).toBe('{"tool":"Stop"}');
    expect(canonicalOf(play, { kind: 'tool-calls', calls: [{ name: 'Stop', arguments: '{"a' }] })).toBeNull();
    expect(canonicalOf(play, text('Which song?'))).toBeNull();
  });

  it('reads several labels from text', () => {
    const tags = shape(
      'labels',
      { kind: 'separated', separator: '; ', empty: 'none', before: '', after: '', mostWords: 3 },
      [field('', { ...labels, order: { kind: 'precedence', first: ['refund', 'other'] } })],
    );
    expect(canonical(tags, 'other, Refund.')).toBe('["other","refund"]');
    expect(written(tags, 'other, Refund')).toBe('Refund; Other');
    expect(written(tags, 'None.')).toBe('none');
    expect(canonical(tags, 'I cannot say which of the labels is meant here')).toBeNull();
  });

  it('reads a plain number and a plain span', () => {
    const price = shape('number', { kind: 'plain', before: '$', after: '', grouping: ',', mostWords: 1 }, [
      field('', { kind: 'number', type: 'number', decimals: 2 }),
    ]);
    expect(canonical(price, ' $1,234,567.50\n')).toBe('1234567.5');
    expect(written(price, '$1,234,567.50')).toBe('$1,234,567.50');
    expect(canonical(price, 'about five')).toBeNull();
    const city = shape('span', { kind: 'plain', before: '', after: '', grouping: '', mostWords: 6 }, [
      field('', span, { text: 'none' }),
    ]);
    expect(written(city, 'Wien')).toBe('Wien');
    expect(canonical(city, 'None')).toBe('null');
    expect(written(city, 'None')).toBe('none');
  });

  it('reads the values of a template, and repeats one in another case', () => {
    const reply = shape(
      'templated-text',
      {
        kind: 'template',
        constants: ['Hello ', ', about ', '. See Help > ', '.'],
        slots: [
          { kind: 'own', key: '0' },
          { kind: 'own', key: '1' },
          { kind: 'repeat', of: '1', letterCase: 'sentence' },
        ],
      },
      [field('0', span), field('1', span)],
    );
    const answer = 'Hello Amara, about report fraud. See Help > Report fraud.';
    expect(canonical(reply, answer)).toBe('{"0":"Amara","1":"report fraud"}');
    expect(written(reply, answer)).toBe(answer);
    expect(canonical(reply, answer.replace('Report', 'report'))).toBeNull();
    expect(canonical(reply, 'Hello Amara, please call us.')).toBeNull();
  });
});

describe('two answers', () => {
  it('are the same within the tolerance of their numbers, and only of these', () => {
    const scored = shape('object', jsonForm(), [
      field('score', { kind: 'number', type: 'number', decimals: null }),
      field('stars', { kind: 'label', labels: [], unseenShare: 0 }),
    ]);
    const tolerant = { ...scored, tolerance: 0.1 };
    expect(isSameAnswer(scored, '{"score":0.5}', '{"score":0.6}')).toBe(false);
    expect(isSameAnswer(tolerant, '{"score":0.5}', '{"score":0.6}')).toBe(true);
    expect(isSameAnswer(tolerant, '{"score":0.5}', '{"score":0.61}')).toBe(false);
    expect(isSameAnswer(tolerant, '{"stars":4}', '{"stars":4.05}')).toBe(false);
    expect(isSameAnswer(tolerant, '{"score":0.5}', '{"score":0.5,"stars":4}')).toBe(false);
    expect(isSameAnswer(tolerant, 'null', '{"score":0.5}')).toBe(false);
  });
});

describe('whatever is written', () => {
  it('is read back as what was meant', () => {
    const words = [
      'Ada',
      ' a "b"',
      'ä\u0301',
      'ß',
      'א ב',
      '{',
      '```',
      'x:y',
      '\\',
      '1.0',
      'null',
      '😀',
      'N/A',
      '\u2028',
    ];
    const pick = (): string => words[Math.floor(random() * words.length)]!;
    let said = 0;
    for (let round = 0; round < 3000; round++) {
      const style: JsonStyle = {
        ...compactStyle,
        spacing: (['compact', 'spaced', 'padded', 'indented'] as const)[round % 4]!,
        isAscii: round % 3 === 0,
        before: round % 5 === 0 ? '```\n' : '',
        after: round % 5 === 0 ? '\n```\n' : '',
      };
      const of = { ...booking, form: jsonForm(style) };
      const value = {
        kind: random() < 0.3 ? null : pick(),
        people: random() < 0.5 ? null : Math.round(random() * 1e6) / 10 ** Math.floor(random() * 5),
        guest: { name: pick(), city: random() < 0.5 ? null : pick() },
        tags: [pick(), pick()],
      };
      const meant = canonical(of, JSON.stringify(value));
      const answer = meant === null ? null : answerOf(of, meant);
      if (answer === null) continue;
      said++;
      expect(canonicalOf(of, answer)).toBe(meant);
    }
    expect(said).toBeGreaterThan(2900);
  });
});
