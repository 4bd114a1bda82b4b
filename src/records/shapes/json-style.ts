/** How a teacher writes JSON: all that two texts of the same value may differ in, but for the order of their keys. */
export interface JsonStyle {
  /** `compact`: `{"a":1}`; `spaced`: `{"a": 1, "b": 2}`; `padded`: `{ "a": 1 }`; `indented`: one value a line. */
  readonly spacing: 'compact' | 'spaced' | 'padded' | 'indented';
  /** One level of indentation; of use where `spacing` is `indented`. */
  readonly indent: string;
  /** Lists of plain values stand in one line even where the rest is indented. */
  readonly hasInlineLists: boolean;
  /** Letters beyond ASCII are written as escapes (`\u00e9`). */
  readonly isAscii: boolean;
  /** What stands around the JSON: a code fence, a trailing newline. */
  readonly before: string;
  readonly after: string;
}

export const compactStyle: JsonStyle = {
  spacing: 'compact',
  indent: '  ',
  hasInlineLists: false,
  isAscii: false,
  before: '',
  after: '',
};

/** A number as it is to be written: `4.50`. */
export class WrittenNumber {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** JSON whose numbers may know how they are written, and whose keys stand in the order to write them in. */
export type WrittenJson =
  | null
  | boolean
  | number
  | string
  | WrittenNumber
  | readonly WrittenJson[]
  | { readonly [key: string]: WrittenJson };

/** The text of a value in a style. */
export function writeJson(value: WrittenJson, style: JsonStyle): string {
  const text = style.before + writeValue(value, style, '\n') + style.after;
  return text;
}

function writeValue(value: WrittenJson, style: JsonStyle, line: string): string {
  if (value instanceof WrittenNumber) return value.text;
  if (typeof value === 'string') return writeText(value, style);
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const isList = isWrittenList(value);
  const inner = line + style.indent;
  const parts = isList
    ? value.map((item) => writeValue(item, style, inner))
    : Object.entries(value).map(
        ([key, item]) =>
          `${writeText(key, style)}${style.spacing === 'compact' ? ':' : ': '}${writeValue(item, style, inner)}`,
      );
  const [open, close] = isList ? '[]' : '{}';
  if (parts.length === 0) return `${open}${close}`;
  const isInline = isList && style.hasInlineLists && value.every((item) => !isContainer(item));
  if (style.spacing === 'indented' && !isInline) return `${open}${inner}${parts.join(`,${inner}`)}${line}${close}`;
  const padding = style.spacing === 'padded' && !isList ? ' ' : '';
  return `${open}${padding}${parts.join(style.spacing === 'compact' ? ',' : ', ')}${padding}${close}`;
}

function isWrittenList(value: WrittenJson): value is readonly WrittenJson[] {
  return Array.isArray(value);
}

function isContainer(value: WrittenJson): boolean {
  return typeof value === 'object' && value !== null && !(value instanceof WrittenNumber);
}

function writeText(text: string, { isAscii }: JsonStyle): string {
  const json = JSON.stringify(text);
  return isAscii
    ? json.replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    : json;
}
