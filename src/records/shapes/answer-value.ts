import type { Answer, GivenAnswer } from '../answer.ts';
import { isJsonObject, type Json } from '../call.ts';
import { foldLabel } from '../label-form.ts';
import type { StructuredShape } from '../output-shape.ts';
import { treeOf } from './field-tree.ts';
import { type WrittenJson, WrittenNumber, writeJson } from './json-style.ts';
import { parseJson, parseJsonAnswer } from './json-text.ts';
import { plainText, readLines, writeLines } from './lines-codec.ts';
import { readPlain, readSeparated, writePlain, writeSeparated } from './plain-codec.ts';
import { readTemplate, writeTemplate } from './template-codec.ts';

/** The value that an answer writes, before it is made canonical; null where the answer has another form. */
export function readAnswerValue(shape: StructuredShape, answer: Answer): { readonly value: Json } | null {
  const value = answer.kind === 'text' ? readText(shape, answer.text) : readToolCall(shape, answer);
  return value === null ? null : { value: value === nothing ? null : value };
}

/** Says that the answer is there and says nothing: JSON has no second null. */
const nothing = Symbol('nothing');

function readText({ form, fields }: StructuredShape, text: string): Json | typeof nothing | null {
  switch (form.kind) {
    case 'json':
      return parseJsonAnswer(text, form.style);
    case 'lines':
      return readLines(form, treeOf(fields), text);
    case 'separated':
      return readSeparated(form, text);
    case 'plain':
      return isWordForNothing(fields, text) ? nothing : readPlain(form, fields[0]?.value.kind === 'number', text);
    case 'template':
      return readTemplate(form, text);
    case 'tool-call':
      return null;
  }
}

function isWordForNothing([field]: StructuredShape['fields'], text: string): boolean {
  return typeof field?.nothing === 'object' && foldLabel(field.nothing.text) === foldLabel(text);
}

/** One call only: of several, which comes first would have to be learned too. */
function readToolCall({ form }: StructuredShape, answer: Answer): Json | null {
  const [call, second] = answer.kind === 'tool-calls' ? answer.calls : [];
  if (form.kind !== 'tool-call' || call === undefined || second !== undefined) return null;
  const made = call.arguments.trim() === '' ? {} : parseJson(call.arguments);
  return isJsonObject(made) ? { tool: call.name, arguments: made } : null;
}

/** The answer that says a value; null where the form has no words for it. */
export function writeAnswerValue({ form, fields }: StructuredShape, value: WrittenJson): GivenAnswer | null {
  if (form.kind === 'tool-call') return writeToolCall(form, value);
  const text = textOf(form, fields, value);
  return text === null ? null : { kind: 'text', text };
}

type TextForm = Exclude<StructuredShape['form'], { kind: 'tool-call' }>;

function textOf(form: TextForm, fields: StructuredShape['fields'], value: WrittenJson): string | null {
  switch (form.kind) {
    case 'json':
      return writeJson(value, form.style);
    case 'lines':
      return writeLines(form, value);
    case 'separated':
      return writeSeparated(form, Array.isArray(value) ? value : []);
    case 'plain':
      return isWordForNothing(fields, plainText(value))
        ? plainText(value)
        : value === null
          ? null
          : writePlain(form, value);
    case 'template':
      return writeTemplate(
        form,
        new Map(Object.entries(value ?? {}).map(([key, item]) => [key, plainText(item as WrittenJson)])),
      );
  }
}

function writeToolCall(
  form: Extract<StructuredShape['form'], { kind: 'tool-call' }>,
  value: WrittenJson,
): GivenAnswer | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof WrittenNumber)
    return null;
  const { tool, arguments: made } = value as { readonly [key: string]: WrittenJson };
  return typeof tool === 'string'
    ? { kind: 'tool-calls', calls: [{ name: tool, arguments: writeJson(made ?? {}, form.style) }] }
    : null;
}
