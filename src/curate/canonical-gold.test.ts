import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { foldLabel, type LabelForm, type LabelShape, labelOf } from '../records/output-shape.ts';
import { canonicalGold } from './canonical-gold.ts';

const plain: LabelForm = { kind: 'plain' };
const sentence: LabelForm = { kind: 'sentence', before: 'The topic is ', after: '.' };
const text: LabelForm = { kind: 'json', field: 'intent', type: 'string' };
const boolean: LabelForm = { kind: 'json', field: 'spam', type: 'boolean' };
const number: LabelForm = { kind: 'json', field: 'stars', type: 'number' };

function shapeOf(form: LabelForm): LabelShape {
  return { kind: 'label', form, labels: [], unseenShare: 0 };
}

describe('canonicalGold', () => {
  it.each([
    [plain, 'Positive.', 'positive'],
    [sentence, 'Sports', 'sports'],
    [sentence, 'The topic is Sports.', 'sports'],
    [text, 'BookFlight', 'bookflight'],
    [text, { intent: 'BookFlight' }, 'bookflight'],
    [text, '{"intent": "BookFlight"}', 'bookflight'],
    [boolean, true, 'true'],
    [boolean, { spam: false }, 'false'],
    [boolean, 'No', 'false'],
    [boolean, '{"spam":true}', 'true'],
    [number, 4, '4'],
    [number, { stars: 4 }, '4'],
    [number, '4.0', '4'],
    [plain, { label: 'Up' }, 'up'],
    [plain, ['Up'], 'up'],
  ] as const)('reads %j from %j as %s', (form, gold, label) => {
    expect(canonicalGold(gold, shapeOf(form))).toBe(label);
  });

  it.each([
    [boolean, 'spam'],
    [number, 'many'],
    [plain, ['up', 'down']],
    [plain, { a: 'up', b: 'down' }],
    [text, { intent: null }],
    [plain, ''],
  ] as const)('does not guess what %j means by %j', (form, gold) => {
    expect(canonicalGold(gold, shapeOf(form))).toBeNull();
  });

  it('agrees with the label of the answer that says the same', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[A-Za-z]{1,12}$/), (label) => {
        const answers: readonly (readonly [LabelForm, string])[] = [
          [plain, `${label}.`],
          [sentence, `The topic is ${label}.`],
          [text, JSON.stringify({ intent: label })],
        ];
        for (const [form, answer] of answers) {
          const canonical = labelOf(form, { kind: 'text', text: answer });
          expect(canonical).toBe(foldLabel(label));
          expect(canonicalGold(label, shapeOf(form))).toBe(canonical);
          expect(canonicalGold(answer, shapeOf(form))).toBe(canonical);
        }
      }),
    );
  });
});
