import { describe, expect, it } from 'vitest';
import type { Answer } from '../records/answer.ts';
import type { OutputShape } from '../records/output-shape.ts';
import { seededRandom } from '../records/random.ts';
import { emptyTally, tallyAnswer, tallyFromJson, tallyToJson } from './answer-tally.ts';
import { findShape } from './find-shape.ts';
import { chatter, pick } from './invented-log.contract.ts';

const random = seededRandom(11);

function shapeOf(answers: readonly (string | Answer)[], constants = '', slots: readonly string[] = []): OutputShape {
  const tally = emptyTally();
  for (const answer of answers)
    tallyAnswer(tally, typeof answer === 'string' ? { kind: 'text', text: answer } : answer, slots);
  expect(findShape(tallyFromJson(JSON.parse(JSON.stringify(tallyToJson(tally)))), { constants })).toEqual(
    findShape(tally, { constants }),
  );
  return findShape(tally, { constants });
}

function times(count: number, make: (index: number) => string): string[] {
  return Array.from({ length: count }, (_, index) => make(index));
}

function labelsOf(shape: OutputShape): readonly string[] {
  return shape.kind === 'label' ? shape.labels.map(({ label }) => label).sort() : [shape.kind];
}

describe('a label', () => {
  it('is told from plain text, its spellings merged and the most frequent one kept whole', () => {
    const shape = shapeOf([
      ...times(20, () => 'Positive'),
      ...times(6, () => ' positive\n'),
      'POSITIVE.',
      ...times(12, () => 'negative'),
    ]);
    expect(shape).toMatchObject({
      kind: 'label',
      form: { kind: 'plain' },
      labels: [
        { label: 'positive', answer: 'Positive', count: 27 },
        { label: 'negative', answer: 'negative', count: 12 },
      ],
      unseenShare: 0,
    });
  });

  it('is found in a constant sentence', () => {
    const shape = shapeOf(
      times(60, () => `According to the text, prices ${pick(['go up', 'go down', 'stay the same'], random)}.`),
    );
    expect(shape).toMatchObject({
      kind: 'label',
      form: { kind: 'sentence', before: 'According to the text, prices ', after: '.' },
    });
    expect(labelsOf(shape)).toEqual(['go down', 'go up', 'stay the same']);
  });

  it.each([
    ['string', times(30, (i) => JSON.stringify({ kind: ['a', 'b'][i % 2] })), ['a', 'b']],
    ['boolean', times(30, (i) => `{"spam": ${i % 3 === 0}}`), ['false', 'true']],
    ['number', times(30, (i) => `{"stars":${1 + (i % 5)}}`), ['1', '2', '3', '4', '5']],
    [
      'string',
      times(40, (i) => (i % 4 === 0 ? '{"kind":null}' : JSON.stringify({ kind: ['a', 'b'][i % 2] }))),
      ['a', 'b', 'null'],
    ],
  ])('is found as the %s field of a JSON object', (type, answers, labels) => {
    const shape = shapeOf(answers);
    expect(shape).toMatchObject({ kind: 'label', form: { kind: 'json', type } });
    expect(labelsOf(shape)).toEqual(labels);
  });

  it.each([
    ['a code fence', (label: string) => `\`\`\`json\n{"kind": "${label}"}\n\`\`\``],
    ['a tag', (label: string) => `<kind>${label}</kind>`],
    ['an object whose other fields never change', (label: string) => `{"version":2,"kind":"${label}","by":"model"}`],
    ['a heading', (label: string) => `Category: ${label}`],
  ])('is found inside %s', (_, write) => {
    const shape = shapeOf(times(45, (i) => write(['red', 'green', 'blue'][i % 3]!)));
    expect(shape).toMatchObject({ kind: 'label', form: { kind: 'sentence' } });
    expect(labelsOf(shape)).toEqual(['blue', 'green', 'red']);
  });

  it('may have two rows, or one, beside a frequent one', () => {
    expect(labelsOf(shapeOf([...times(30, () => 'ham'), 'spam', 'spam']))).toEqual(['ham', 'spam']);
    expect(shapeOf([...times(39, () => 'ham'), 'spam'])).toMatchObject({ kind: 'label', unseenShare: 1 / 40 });
  });

  it('may be one of 150 in 600 calls', () => {
    const shape = shapeOf(times(600, () => `label_${Math.floor(random() * 150)}`));
    expect(shape.kind).toBe('label');
    expect(shape.kind === 'label' && shape.unseenShare).toBeLessThan(0.06);
  });

  it('may be one of 400, and one that came last is among them', () => {
    const shape = shapeOf([...times(4000, () => `label_${Math.floor(random() * 400)}`), 'label_late']);
    expect(labelsOf(shape)).toHaveLength(401);
    expect(labelsOf(shape)).toContain('label_late');
  });

  it('is known from few calls where the prompt lists the values', () => {
    const names = times(60, (i) => `queue_${i}`);
    const answers = times(20, (i) => names[i * 3]!);
    expect(shapeOf(answers, `Choose one of: ${names.join(', ')}`).kind).toBe('label');
    expect(shapeOf(answers).kind).toBe('too-few-answers');
  });

  it('survives refusals in words, cut and refused answers, and slips', () => {
    const answers: (string | Answer)[] = times(300, (i) => ['yes', 'no', 'maybe'][i % 3]!);
    answers.push(
      "I'm sorry, but I can't help with that request.",
      'As a language model I do not judge people like this.',
    );
    answers.push({ kind: 'none', why: 'cut' }, { kind: 'none', why: 'refusal' }, { kind: 'none', why: 'error' });
    expect(labelsOf(shapeOf(answers))).toEqual(['maybe', 'no', 'yes']);
  });

  it('may be as long as a canned reply', () => {
    const replies = [
      'Thank you for your message, we will call you back.',
      'Please send us the invoice again.',
      'The shop opens at nine.',
    ];
    expect(labelsOf(shapeOf(times(60, (i) => replies[i % 3]!)))).toHaveLength(3);
  });

  it('may be a number on a short scale', () => {
    expect(labelsOf(shapeOf(times(60, (i) => String(i % 5))))).toEqual(['0', '1', '2', '3', '4']);
  });
});

describe('what cannot be learned yet is named', () => {
  const rows: readonly [OutputShape['kind'], string, readonly string[]][] = [
    ['too-few-answers', 'five answers, all different', times(5, (i) => `answer ${i}`)],
    ['too-few-answers', 'twenty short answers, all different', times(20, (i) => `name${i}`)],
    ['too-few-answers', 'twenty equal answers', times(20, () => 'ok')],
    ['constant', 'a hundred equal answers', times(100, () => 'ok')],
    ['free-text', 'running text', times(120, () => `${chatter(random)} ${chatter(random)}`)],
    ['free-text', 'short texts that never repeat', times(400, () => chatter(random, 4))],
    [
      'object',
      'objects of several fields',
      times(60, () => JSON.stringify({ name: chatter(random, 2), city: chatter(random, 2) })),
    ],
    [
      'object',
      'objects in a code fence',
      times(60, () => `\`\`\`json\n${JSON.stringify({ name: chatter(random, 3), city: null })}\n\`\`\``),
    ],
    ['object', 'one field of free text', times(120, () => JSON.stringify({ summary: chatter(random) }))],
    ['lines', 'named lines', times(60, () => `NAME: ${chatter(random, 3)}\nCITY: ${chatter(random, 3)}`)],
    ['spans', 'lists of typed spans', times(60, () => JSON.stringify([{ type: 'person', text: chatter(random, 2) }]))],
    [
      'spans',
      'lists of typed spans in a field',
      times(60, () => JSON.stringify({ found: [{ type: 'person', text: chatter(random, 2) }] })),
    ],
    ['spans', 'lists of free texts', times(120, () => JSON.stringify([chatter(random, 4), chatter(random, 4)]))],
    [
      'templated-text',
      'a letter with gaps',
      times(
        60,
        () =>
          `Dear ${chatter(random, 2)}, thank you for writing to us about ${chatter(random, 4)}. We have opened the case ${Math.floor(random() * 1e6)} for you.`,
      ),
    ],
  ];

  it.each(rows)('%s: %s', (kind, _, answers) => {
    const shape = shapeOf(answers);
    expect(shape.kind).toBe(kind);
    expect('why' in shape && shape.why.length).toBeGreaterThan(10);
  });

  it('tool-call: the same call every time', () => {
    const call = { name: 'find', arguments: '{}' };
    const calls = Array.from({ length: 30 }, (): Answer => ({ kind: 'tool-calls', calls: [call] }));
    expect(shapeOf(calls)).toMatchObject({ kind: 'tool-call', why: expect.stringContaining('the same') });
    expect(shapeOf(calls.map((): Answer => ({ kind: 'tool-calls', calls: [call, call] })))).toMatchObject({
      why: expect.stringContaining('several tools at once'),
    });
  });

  it.each([
    [
      'free text in every answer',
      'summary',
      times(120, (i) => JSON.stringify({ kind: 'ab'[i % 2], summary: chatter(random) })),
    ],
    [
      'objects of any keys',
      'counts',
      times(120, (i) => JSON.stringify({ kind: 'ab'[i % 2], counts: { [`${i}`]: i, [`x${i}`]: 1 } })),
    ],
    [
      'lists of anything',
      'steps',
      times(120, (i) => JSON.stringify({ kind: 'ab'[i % 2], steps: [chatter(random), chatter(random)] })),
    ],
  ])('names the field: %s', (_, field, answers) => {
    expect(shapeOf(answers)).toMatchObject({
      kind: 'object',
      why: expect.stringMatching(new RegExp(`\`${field}\` is .* in 100 %`)),
    });
  });

  it('keeps its memory bounded and still knows free text', () => {
    const shape = shapeOf(times(8000, (i) => `${i} ${chatter(random)}`));
    expect(shape.kind).toBe('free-text');
  });
});
