import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { completionEvents } from '../providers/completion-chunks.ts';
import type { JsonObject } from '../records/call.ts';
import { assembleStream } from './assemble-stream.ts';

function whole(message: JsonObject): JsonObject {
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1,
    model: 'm',
    choices: [{ index: 0, message: { role: 'assistant', ...message }, logprobs: null, finish_reason: 'stop' }],
    usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 },
  };
}

function delta(fields: JsonObject, finish: string | null = null, index = 0): JsonObject {
  return { choices: [{ index, delta: fields, finish_reason: finish }] };
}

function stream(...chunks: JsonObject[]): string {
  return `${chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`).join('')}data: [DONE]\n\n`;
}

const awkward = fc.constantFrom(
  'a',
  ' ',
  'é',
  '💳',
  '\ud83d',
  '\n',
  '\r\n',
  '\u2028',
  '"',
  '\\',
  'data: ',
  '[DONE]',
  '\n\n',
);

describe('assembleStream', () => {
  it('undoes the cutting of any completion into events', () => {
    fc.assert(
      fc.property(fc.string({ unit: awkward, minLength: 1 }), (content) => {
        const completion = whole({ content });
        expect(assembleStream(completionEvents(completion, true).join(''))).toEqual(completion);
      }),
    );
  });

  it('undoes it however the text is cut and whatever else the chunks say', () => {
    const pieces = fc.array(fc.string({ unit: awkward }), { minLength: 1, maxLength: 12 });
    const extra = fc.constantFrom<JsonObject>({}, { obfuscation: 'x' }, { usage: null }, { note: '"content":"no"' });
    fc.assert(
      fc.property(fc.array(fc.tuple(pieces, extra, fc.nat(1))), (runs) => {
        const said = ['', ''];
        const chunks = runs.flatMap(([texts, more, index]) =>
          texts.map((content) => {
            said[index] += content;
            return { id: 'c', ...delta({ content }, null, index), ...more };
          }),
        );
        const ends = [0, 1].map((index) => delta({ content: '.' }, 'stop', index));
        const { choices } = assembleStream(stream(...chunks, ...ends)) ?? {};
        expect(choices).toMatchObject(said.map((content, index) => ({ index, message: { content: `${content}.` } })));
      }),
    );
  });

  it('undoes it for tool calls too', () => {
    const calls = ['a', 'b'].map((id) => ({ id, type: 'function', function: { name: `f-${id}`, arguments: '{}' } }));
    const completion = whole({ content: null, tool_calls: calls });
    expect(assembleStream(completionEvents(completion, true).join(''))).toEqual(completion);
  });

  it('reads every way to write events: CR and LF, no space, comments, event names, several data lines, a BOM', () => {
    const chunk = JSON.stringify(delta({ content: 'yes' }, 'stop'));
    for (const text of [
      `data: ${chunk}\r\n\r\ndata: [DONE]\r\n\r\n`,
      `\ufeffdata:${chunk}\n\n`,
      `: ping\n\nevent: x\nid: 7\ndata: ${chunk}\n\n`,
      `data: ${chunk}\r\r`,
      `data: ${chunk.replace(',', ',\ndata: ')}\n\n`,
    ])
      expect(assembleStream(text)?.choices).toMatchObject([{ message: { content: 'yes' } }]);
  });

  it('puts tool calls together from fragments, each under its own index', () => {
    const piece = (index: number, fields: JsonObject) => delta({ tool_calls: [{ index, ...fields }] });
    const text = stream(
      piece(1, { id: 'b', function: { name: 'second', arguments: '{"x":' } }),
      piece(0, { id: 'a', function: { name: 'first', arguments: '' } }),
      piece(1, { function: { arguments: '"\\u00' } }),
      piece(1, { function: { arguments: 'e9"}' } }),
      delta({}, 'tool_calls'),
    );
    expect(assembleStream(text)?.choices).toMatchObject([
      {
        finish_reason: 'tool_calls',
        message: {
          content: null,
          tool_calls: [
            { id: 'a', function: { name: 'first', arguments: '' } },
            { id: 'b', function: { name: 'second', arguments: '{"x":"\\u00e9"}' } },
          ],
        },
      },
    ]);
  });

  it('keeps interleaved choices apart and in order', () => {
    const text = stream(
      delta({ content: 'b' }, null, 1),
      delta({ content: 'a' }, null, 0),
      delta({ content: 'b' }, 'stop', 1),
      delta({}, 'stop', 0),
    );
    expect(assembleStream(text)?.choices).toMatchObject([
      { index: 0, message: { content: 'a' } },
      { index: 1, message: { content: 'bb' } },
    ]);
  });

  it('takes the usage from wherever it stands, choices or none', () => {
    const usage = { total_tokens: 3 };
    const text = stream(delta({ content: 'x' }, 'stop'), { usage });
    expect(assembleStream(text)?.usage).toEqual(usage);
  });

  it('gives nothing for a stream that ended too early, and the error where it brought one', () => {
    expect(assembleStream(stream(delta({ content: 'ye' })))).toBeNull();
    expect(assembleStream('')).toBeNull();
    expect(assembleStream(stream(delta({ content: 'ye' }), { error: { code: 'overloaded' } }))).toEqual({
      error: { code: 'overloaded' },
    });
  });
});
