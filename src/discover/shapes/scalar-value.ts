import { chooseNormaliser } from '../../learn/normalise/choose-normaliser.ts';
import type { Json } from '../../records/call.ts';
import { canonicalJson } from '../../records/shapes/canonical-json.ts';
import type { FieldValue } from '../../records/shapes/shape-field.ts';
import { wordsIn } from '../shape-evidence.ts';
import { type ClosedValues, closedValues } from './closed-values.ts';
import { type Copied, copiedShare } from './copied-share.ts';
import { fewestCopied } from './list-value.ts';
import { decimalsOf, isNumberText } from './number-evidence.ts';
import type { PlaceHints } from './place-hints.ts';
import { saysSomething, type ValueRow } from './value-rows.ts';

/** Inputs that show whether a field is copied. */
const fewestInputs = 5;
/** Copied so often, a field is a span even where its values are a closed set as well. */
const surelyCopied = 0.97;
/** Values of a label field that may still be new: those calls go to the teacher, the others need not. */
const mostUnseen = 0.3;
/** A field that was of a kind stays so while it fits as loosely as this. */
const stillCopied = 0.4;
const stillUnseen = 0.5;
/** Answers that tell a closed set from chance where values go on being new. */
const fewestOfLooseSet = 60;
const mostWordsOfLabel = 6;

/** What a place holds whose values are texts, numbers or truths. */
export function scalarValue(rows: readonly ValueRow[], place: PlaceHints): FieldValue {
  const said = rows.filter(({ value }) => saysSomething(value));
  const counted = said.flatMap(({ value, count }) => (count > 0 && saysSomething(value) ? [{ value, count }] : []));
  const [first] = counted;
  if (first === undefined) return { kind: 'constant', value: null };
  const closed = closedValues(counted, place.named);
  if (closed.labels.length === 1 && rows.every(({ value }) => saysSomething(value)))
    return { kind: 'constant', value: first.value };
  const copied = place.copies([]) ?? copiedShare(said);
  const numbers = counted.filter(({ value }) => isNumeric(value));
  const areNumbers = share(numbers, counted) >= 0.97;
  const span = (least: number): FieldValue | null =>
    copied.seen >= fewestInputs && copied.share >= least ? spanValue(counted, copied, closed) : null;
  const label = (most: number): FieldValue | null =>
    closed.isClosed || isLooseSet(closed, counted, most) ? labelValue(closed) : null;
  const kept = { span: span(stillCopied), label: label(stillUnseen), number: areNumbers ? numberValue(counted) : null };
  const before = place.before !== null && place.before in kept ? kept[place.before as keyof typeof kept] : null;
  if (before !== null) return before;
  const plain = span(surelyCopied) ?? (closed.isClosed ? labelValue(closed) : null) ?? span(fewestCopied);
  if (plain !== null) return plain;
  const made = copied.seen < fewestInputs ? null : throughNormaliser(said);
  if (made !== null) return { ...spanValue(counted, { ...copied, share: made.share }, closed), through: made.name };
  if (areNumbers) return numberValue(counted);
  return label(mostUnseen) ?? { kind: 'free', what: 'text' };
}

/** The normaliser that makes enough of the values out of their inputs. */
function throughNormaliser(rows: readonly ValueRow[]): { readonly name: string; readonly share: number } | null {
  const values = rows.flatMap(({ value, input }) =>
    input !== null && (typeof value === 'string' || typeof value === 'number') ? [{ value, slots: [input] }] : [],
  );
  const { normaliser, share: made } = chooseNormaliser(values);
  return made >= fewestCopied && normaliser.name !== 'exactly' ? { name: normaliser.name, share: made } : null;
}

type Counted = readonly { readonly value: Json; readonly count: number }[];

function labelValue({ labels, unseenShare }: ClosedValues): FieldValue {
  return { kind: 'label', labels, unseenShare };
}

/** Short values that mostly repeat. */
function isLooseSet({ unseenShare }: ClosedValues, values: Counted, most: number): boolean {
  const total = values.reduce((sum, { count }) => sum + count, 0);
  const short = values.filter(({ value }) => typeof value !== 'string' || wordsIn(value) <= mostWordsOfLabel);
  return total >= fewestOfLooseSet && unseenShare <= most && share(short, values) >= 0.9;
}

function spanValue(values: Counted, copied: Copied, closed: ClosedValues): FieldValue & { kind: 'span' } {
  const numbers = values.filter(({ value }) => typeof value === 'number');
  const type = share(numbers, values) > 0.5 ? 'number' : 'string';
  const decimals = type === 'number' ? decimalsOf(textsOf(numbers)) : null;
  return {
    kind: 'span',
    type,
    copied: copied.share,
    labels: closed.isClosed ? closed.labels : null,
    ...(copied.joiner === null ? {} : { joiner: copied.joiner }),
    ...(decimals === null ? {} : { decimals }),
  };
}

function numberValue(values: Counted): FieldValue {
  const areTexts = share(
    values.filter(({ value }) => typeof value === 'string'),
    values,
  );
  return { kind: 'number', type: areTexts > 0.5 ? 'string' : 'number', decimals: decimalsOf(textsOf(values)) };
}

function textsOf(values: Counted): readonly { readonly text: string; readonly count: number }[] {
  return values.map(({ value, count }) => ({ text: typeof value === 'string' ? value : canonicalJson(value), count }));
}

function isNumeric(value: Json): boolean {
  return typeof value === 'number' || (typeof value === 'string' && isNumberText(value));
}

function share(some: Counted, all: Counted): number {
  const sum = (values: Counted): number => values.reduce((total, { count }) => total + count, 0);
  return sum(all) === 0 ? 0 : sum(some) / sum(all);
}
