import { describe, expect, it } from 'vitest';
import { readPrompt } from '../discover/read-prompt.ts';
import { readCharacters } from '../learn/ngrams.ts';
import type { Student } from '../learn/student-contract.ts';
import type { ChatRequest } from '../records/call.ts';
import type { LabelShape } from '../records/output-shape.ts';
import { createReplier, type ReplierParts, replyTo } from './replier.ts';
import { traitsOf } from './student-obstacle.ts';

const student: Student = {
  id: 'student',
  labels: ['up', 'down'],
  encoder: null,
  predict: (slots) => ({
    label: slots[0] === 'rising' ? 'up' : 'down',
    score: slots[0] === 'unclear' ? 0.5 : 0.9,
    probability: 0.9,
    margin: 0.8,
    unseenShare: 0,
  }),
  toBytes: () => new Uint8Array(),
};

function asking(text: string, change: object = {}): ChatRequest {
  return { model: 'big-model', messages: [{ role: 'user', content: `Up or down? ${text}` }], ...change };
}

const labels: LabelShape = {
  kind: 'label',
  form: { kind: 'plain' },
  labels: [
    { label: 'up', answer: 'Up.', count: 3 },
    { label: 'down', answer: 'Down.', count: 3 },
  ],
  unseenShare: 0,
};

const parts: ReplierParts = {
  student,
  threshold: 0.8,
  tenant: 'default',
  taskGiven: null,
  template: {
    messages: [
      {
        role: 'user',
        parts: [
          { kind: 'constant', text: 'Up or down? ' },
          { kind: 'slot', slot: 0 },
        ],
      },
    ],
  },
  teacher: 'big-model',
  shape: labels,
  structure: readPrompt({ tenant: 'default', task: null, request: asking('rising') }).structure,
  traits: traitsOf(asking('rising')),
};

describe('a replier', () => {
  it('answers as the teacher writes it where the score reaches the threshold, and abstains below', () => {
    const replier = createReplier(parts);
    expect(replyTo(replier, asking('rising'))).toEqual({ kind: 'answer', answer: 'Up.', label: 'up', score: 0.9 });
    expect(replyTo(replier, asking('unclear'))).toMatchObject({ reason: 'not-confident', label: 'down', score: 0.5 });
  });

  it('never answers without a certificate, nor with an answer the application does not know', () => {
    expect(createReplier({ ...parts, threshold: null }).reply(['rising'])).toMatchObject({ reason: 'no-certificate' });
    const shape = { ...labels, labels: labels.labels.slice(1) };
    expect(createReplier({ ...parts, shape }).reply(['rising'])).toMatchObject({ reason: 'not-confident' });
  });

  it('names what else forbids an answer, without asking the student', () => {
    const replier = createReplier(parts);
    const reasonFor = (request: ChatRequest) => {
      const reply = replyTo(replier, request);
      return reply.kind === 'abstention' && reply.score === null ? reply.reason : reply;
    };
    expect(reasonFor(asking('rising', { tools: [{ type: 'function', function: { name: 'f' } }] }))).toBe(
      'unsupported-tools',
    );
    expect(reasonFor(asking('rising', { model: 'other' }))).toBe('teacher-changed');
    expect(reasonFor(asking('rising', { messages: [{ role: 'user', content: 'Left or right?' }] }))).toBe(
      'prompt-changed',
    );
    expect(reasonFor(asking('x'.repeat(readCharacters + 1)))).toBe('input-too-long');
  });

  it('asks a student that needs an encoder only with a vector', () => {
    const needy: Student = { ...student, encoder: { id: 'minilm', dimensions: 2 } };
    const replier = createReplier({ ...parts, student: needy });
    expect(replier.reply(['rising'])).toEqual({
      kind: 'abstention',
      reason: 'encoder-missing',
      label: null,
      score: null,
    });
    expect(replier.reply(['rising'], Float32Array.of(1, 0))).toMatchObject({ kind: 'answer' });
  });
});
