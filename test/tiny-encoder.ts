import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A sentence encoder of a few thousand bytes: a table of word vectors, looked up and, where told, averaged. */
export interface TinyEncoder {
  readonly dimensions?: number;
  /** Words with a vector of their own; any other word is read letter by letter. */
  readonly words?: Readonly<Record<string, readonly number[]>>;
  /** What the model gives: a state a token, or one vector a text. */
  readonly output?: 'last_hidden_state' | 'sentence_embedding';
  readonly inputs?: readonly string[];
  /** Tokens it can read; longer inputs make it fail. */
  readonly positions?: number;
}

const specials = ['[PAD]', '[UNK]', '[CLS]', '[SEP]'];
const letters = [...'abcdefghijklmnopqrstuvwxyz0123456789'];

/** Writes `model.onnx` and `tokenizer.json`. The same wishes give the same bytes. */
export function writeTinyEncoder(folder: string, wishes: TinyEncoder = {}): string {
  mkdirSync(folder, { recursive: true });
  const vocabulary = vocabularyOf(wishes);
  writeFileSync(join(folder, 'model.onnx'), tinyModel(wishes, vocabulary));
  writeFileSync(join(folder, 'tokenizer.json'), JSON.stringify(tinyTokenizer(vocabulary)));
  return folder;
}

function vocabularyOf({ words = {} }: TinyEncoder): readonly string[] {
  return [...new Set([...specials, ...letters, ...letters.map((letter) => `##${letter}`), ...Object.keys(words)])];
}

function tinyTokenizer(vocabulary: readonly string[]): object {
  const special = (content: string) => ({
    id: vocabulary.indexOf(content),
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: true,
  });
  const piece = (id: string) => ({ SpecialToken: { id, type_id: 0 } });
  const token = (id: string) => ({ id, ids: [vocabulary.indexOf(id)], tokens: [id] });
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: specials.map(special),
    normalizer: {
      type: 'BertNormalizer',
      clean_text: true,
      handle_chinese_chars: true,
      strip_accents: null,
      lowercase: true,
    },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: {
      type: 'TemplateProcessing',
      single: [piece('[CLS]'), { Sequence: { id: 'A', type_id: 0 } }, piece('[SEP]')],
      pair: [
        piece('[CLS]'),
        { Sequence: { id: 'A', type_id: 0 } },
        piece('[SEP]'),
        { Sequence: { id: 'B', type_id: 1 } },
      ],
      special_tokens: { '[CLS]': token('[CLS]'), '[SEP]': token('[SEP]') },
    },
    decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
    model: {
      type: 'WordPiece',
      unk_token: '[UNK]',
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 100,
      vocab: Object.fromEntries(vocabulary.map((word, id) => [word, id])),
    },
  };
}

/** Numbers between −1 and 1 that look random and are always the same. */
function wordVector(word: string, { dimensions = 8, words = {} }: TinyEncoder): readonly number[] {
  const own = words[word];
  if (own !== undefined) return Array.from({ length: dimensions }, (_, d) => own[d] ?? 0);
  let state = [...word].reduce((sum, letter) => Math.imul(sum ^ letter.charCodeAt(0), 0x01000193), 0x811c9dc5);
  // Special tokens say next to nothing about a text.
  const scale = specials.includes(word) ? 0.01 : 1;
  return Array.from({ length: dimensions }, () => {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9;
    return (scale * ((state >>> 8) % 2001)) / 1000 - scale;
  });
}

function tinyModel(wishes: TinyEncoder, vocabulary: readonly string[]): Uint8Array {
  const { dimensions = 8, output = 'last_hidden_state', inputs = ['input_ids', 'attention_mask'], positions } = wishes;
  const table = Float32Array.from(vocabulary.flatMap((word) => wordVector(word, wishes)));
  const states = output === 'last_hidden_state' ? output : 'states';
  const looked = positions === undefined ? states : 'looked';
  const nodes = [node('Gather', ['table', 'input_ids'], looked)];
  const constants = [tensor('table', [vocabulary.length, dimensions], float, bytesOf(table))];
  if (positions !== undefined) {
    // Added at fixed positions: a model with learned positions reads no further than they go.
    constants.push(tensor('at', [1, positions, dimensions], float, new Uint8Array(4 * positions * dimensions)));
    constants.push(tensor('from', [1], int64, int64Bytes([0])), tensor('axis', [1], int64, int64Bytes([1])));
    nodes.push(
      node('Shape', ['input_ids'], 'shape'),
      node('Gather', ['shape', 'axis'], 'length'),
      node('Slice', ['at', 'from', 'length', 'axis'], 'here'),
      node('Add', [looked, 'here'], states),
    );
  }
  if (output === 'sentence_embedding') {
    constants.push(tensor('last', [1], int64, int64Bytes([-1])), tensor('tokens', [1], int64, int64Bytes([1])));
    nodes.push(
      node('Cast', ['attention_mask'], 'mask', [attribute('to', float)]),
      node('Unsqueeze', ['mask', 'last'], 'column'),
      node('Mul', [states, 'column'], 'kept'),
      node('ReduceSum', ['kept', 'tokens'], output, [attribute('keepdims', 0)]),
    );
  }
  const shape = output === 'last_hidden_state' ? ['batch', 'tokens', dimensions] : ['batch', dimensions];
  const graph = [
    ...nodes.map((each) => message(1, each)),
    text(2, 'tiny'),
    ...constants.map((each) => message(5, each)),
    ...inputs.map((name) => message(11, value(name, int64, ['batch', 'tokens']))),
    message(12, value(output, float, shape)),
  ];
  return concatenated([
    number(1, 8),
    message(8, concatenated([text(1, ''), number(2, 17)])),
    message(7, concatenated(graph)),
  ]);
}

// ONNX's own numbers for the types of elements.
const float = 1;
const int64 = 7;

function node(
  operator: string,
  inputs: readonly string[],
  output: string,
  attributes: readonly Uint8Array[] = [],
): Uint8Array {
  return concatenated([
    ...inputs.map((name) => text(1, name)),
    text(2, output),
    text(4, operator),
    ...attributes.map((each) => message(5, each)),
  ]);
}

function attribute(name: string, integer: number): Uint8Array {
  return concatenated([text(1, name), number(3, integer), number(20, 2)]);
}

function tensor(name: string, dims: readonly number[], type: number, raw: Uint8Array): Uint8Array {
  return concatenated([...dims.map((dim) => number(1, dim)), number(2, type), text(8, name), message(9, raw)]);
}

function value(name: string, type: number, shape: readonly (string | number)[]): Uint8Array {
  const dims = shape.map((dim) => message(1, typeof dim === 'number' ? number(1, dim) : text(2, dim)));
  return concatenated([
    text(1, name),
    message(2, message(1, concatenated([number(1, type), message(2, concatenated(dims))]))),
  ]);
}

// Protocol buffers: a field is its number and kind, then a varint, or a length and so many bytes.
function number(field: number, value: number): Uint8Array {
  return concatenated([varint(field << 3), varint(value)]);
}

function text(field: number, value: string): Uint8Array {
  return message(field, new TextEncoder().encode(value));
}

function message(field: number, bytes: Uint8Array): Uint8Array {
  return concatenated([varint((field << 3) | 2), varint(bytes.length), bytes]);
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest >>>= 7) bytes.push((rest & 127) | 128);
  return Uint8Array.from([...bytes, rest]);
}

function concatenated(parts: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(parts);
}

function bytesOf(values: Float32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

function int64Bytes(values: readonly number[]): Uint8Array {
  return new Uint8Array(BigInt64Array.from(values, BigInt).buffer);
}
