import type { Answer } from '../../records/answer.ts';
import type { Json } from '../../records/call.ts';
import { isJsonObject } from '../../records/call.ts';
import type { OutputShape } from '../../records/output-shape.ts';
import { parseJson } from '../../records/shapes/json-text.ts';
import type { ShapeField } from '../../records/shapes/shape-field.ts';
import { type AnswerTally, toolCallOf } from '../answer-tally.ts';
import type { ShapeHints } from '../shape-evidence.ts';
import { copyLookup } from './copy-counts.ts';
import { fieldsOf } from './fields-of.ts';
import { objectsByText } from './json-answers.ts';
import { jsonStyleOf } from './json-style-of.ts';
import { structuredShape } from './structured-shape.ts';
import { sampleRows, type ValueRow } from './value-rows.ts';

/** With several calls at once in more of the answers than this there is next to nothing to learn. */
const mostSeveral = 0.8;

/** Answers that call a tool: which one, and with what. */
export function toolCallShape(tally: AnswerTally, hints: ShapeHints): OutputShape {
  const names = [...tally.toolNames.keys()].sort();
  const tools = names.slice(0, 5).join(', ');
  if (tally.severalCalls > mostSeveral * tally.toolCalls)
    return { kind: 'tool-call', why: `the answers call several tools at once: ${tools}` };
  const counted = [...tally.calls].map(([key, count]) => ({ call: toolCallOf(key), count }));
  const rows: readonly ValueRow[] = [
    ...counted.flatMap(({ call, count }) => {
      const value = valueOfCall({ kind: 'tool-calls', calls: [call] });
      return value === null ? [] : [{ value, count, input: null }];
    }),
    ...sampleRows(tally.samples, valueOfCall),
  ];
  // Told from a state of before calls were kept.
  if (counted.length === 0) return { kind: 'tool-call', why: `the answers call tools: ${tools}` };
  const { fields, groups } = fieldsOf(rows, {
    constants: hints.constants,
    before: hints.before,
    copies: copyLookup(tally.copies),
  });
  const style = jsonStyleOf(counted.map(({ call, count }) => ({ text: call.arguments, count })));
  return structuredShape({
    kind: 'tool-call',
    form: { kind: 'tool-call', style, byText: objectsByText(rows, fields).filter((path) => path.length > 0), groups },
    fields: [toolField(counted), ...fields.filter(({ path }) => path[0] === 'arguments' && path.length > 1)],
    rows,
    notes: notesOf(tally),
  });
}

function valueOfCall(answer: Answer): Json | null {
  const [call, second] = answer.kind === 'tool-calls' ? answer.calls : [];
  if (call === undefined || second !== undefined) return null;
  const made = call.arguments.trim() === '' ? {} : parseJson(call.arguments);
  return isJsonObject(made) ? { tool: call.name, arguments: made } : null;
}

/** The names of tools are a closed set whatever their number: the request lists them. */
function toolField(calls: readonly { readonly call: { readonly name: string }; readonly count: number }[]): ShapeField {
  const counts = new Map<string, number>();
  for (const { call, count } of calls) counts.set(call.name, (counts.get(call.name) ?? 0) + count);
  const labels = [...counts]
    .sort((a, b) => b[1] - a[1])
    .map(([name, count]) => ({ value: name, written: name, count }));
  return {
    path: ['tool'],
    value: { kind: 'label', labels, unseenShare: 0, isExact: true },
    nothing: 'left-out',
    presence: 1,
  };
}

function notesOf({ count, toolCalls, severalCalls }: AnswerTally): readonly string[] {
  const words = count - toolCalls;
  return [
    ...(severalCalls > 0
      ? [`${severalCalls} of ${count} answers call several tools at once: these go to the teacher`]
      : []),
    ...(words > 0 ? [`${words} of ${count} answers call no tool: these go to the teacher`] : []),
  ];
}
