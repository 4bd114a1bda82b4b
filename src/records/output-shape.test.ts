import { describe, expect, it } from 'vitest';
import type { Answer } from './answer.ts';
import { countLabelWords, foldLabel, type LabelForm, type LabelShape, labelOf, spellingOf } from './output-shape.ts';

function text(value: string): Answer {
  return { kind: 'text', text: value };
}

describe('foldLabel', () => {
  it.each([
    ['Positive.', 'positive'],
    [' positive\n', 'positive'],
    ['**Positive**', 'positive'],
    ['"positive"', 'positive'],
    ['`positive`', 'positive'],
    ['NOT  SPAM!', 'not spam'],
    ['正面。', '正面'],
    ['(B)', 'b'],
    ['B)', 'b'],
    ['« oui »', 'oui'],
    ['C++', 'c++'],
    ['-1', '-1'],
    ['card (virtual)', 'card (virtual)'],
    ['?', '?'],
    ['', ''],
  ])('folds %j to %j', (written, label) => {
    expect(foldLabel(written)).toBe(label);
  });

  it('folds what it folded to itself', () => {
    for (const written of ['"a."', '(a).', '*"x"*', '((a))', '. a', 'a b.c', '“a”.'])
      expect(foldLabel(foldLabel(written))).toBe(foldLabel(written));
  });

  it('keeps half a surrogate pair', () => {
    expect(foldLabel('\ud83d')).toBe('\ud83d');
  });
});

describe('labelOf', () => {
  const sentence: LabelForm = { kind: 'sentence', before: 'The mood is ', after: ' today.' };
  const field: LabelForm = { kind: 'json', field: 'spam', type: 'boolean' };

  it('reads a label inside a constant sentence, whatever its case and last full stop', () => {
    expect(labelOf(sentence, text('The mood is Good today.'))).toBe('good');
    expect(labelOf(sentence, text('the mood is good today'))).toBe('good');
    expect(labelOf(sentence, text('The mood was good today.'))).toBeNull();
    expect(labelOf(sentence, text('The mood is today.'))).toBeNull();
  });

  it('reads the one field of a JSON object and nothing else', () => {
    expect(labelOf(field, text('{ "spam": true }'))).toBe('true');
    expect(labelOf(field, text('{"spam":"true"}'))).toBeNull();
    expect(labelOf(field, text('{"spam":true,"why":"x"}'))).toBeNull();
    expect(labelOf(field, text('{"spam":tr'))).toBeNull();
    expect(labelOf(field, text('[true]'))).toBeNull();
    expect(labelOf({ kind: 'json', field: 'kind', type: 'string' }, text('{"kind":null}'))).toBe('null');
    expect(labelOf({ kind: 'json', field: 'kind', type: 'number' }, text('{"kind":null}'))).toBeNull();
  });

  it('returns a label that nobody has seen before', () => {
    expect(labelOf({ kind: 'plain' }, text('Brand new'))).toBe('brand new');
  });

  it('takes words beside the point for no label', () => {
    const plain: LabelForm = { kind: 'plain', mostWords: 4 };
    expect(labelOf(plain, text('Refund or exchange'))).toBe('refund or exchange');
    expect(labelOf(plain, text("I'm sorry, but I cannot help with that."))).toBeNull();
    expect(labelOf(plain, text('对不起，我无法回答'))).toBeNull();
  });

  it('finds none in answers that are no text', () => {
    expect(labelOf({ kind: 'plain' }, { kind: 'none', why: 'cut' })).toBeNull();
    expect(labelOf({ kind: 'plain' }, { kind: 'tool-calls', calls: [] })).toBeNull();
    expect(labelOf({ kind: 'plain' }, text(' \n'))).toBeNull();
  });
});

it('counts the words of a label, a character each where a script has no spaces', () => {
  expect(['', 'a', 'card_not_working', 'not at all', '正面', '正面 a'].map(countLabelWords)).toEqual([
    0, 1, 1, 3, 2, 3,
  ]);
});

it('spells a label as the teacher does, byte for byte', () => {
  const shape: LabelShape = {
    kind: 'label',
    form: { kind: 'plain' },
    labels: [{ label: 'spam', answer: ' Spam.\n', count: 3 }],
    unseenShare: 0,
  };
  expect(spellingOf(shape, 'spam')).toBe(' Spam.\n');
  expect(spellingOf(shape, 'ham')).toBeNull();
});
