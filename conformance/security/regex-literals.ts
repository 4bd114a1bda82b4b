/** The regular expressions that stand in a source text, as source and flags. Strings, templates and comments are passed over. */
export function regexLiterals(text: string): readonly RegExp[] {
  const found: RegExp[] = [];
  let at = 0;
  let before = '';
  const skip = (end: number) => {
    at = end < 0 ? text.length : end;
  };
  while (at < text.length) {
    const rest = text.slice(at, at + 2);
    if (rest === '//') skip(text.indexOf('\n', at));
    else if (rest === '/*') skip(text.indexOf('*/', at) + 2);
    else if (/['"`]/.test(rest[0] ?? '')) {
      skip(endOfString(text, at));
      before = 'x';
    } else if (rest[0] === '/' && /^$|[([{,;=:!&|?+\n]|return|=>/.test(before)) {
      const literal = /^\/((?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\[\n])+)\/([a-z]*)/.exec(text.slice(at, at + 2_000));
      if (literal === null) at++;
      else {
        found.push(new RegExp(literal[1] ?? '', literal[2]));
        at += literal[0].length;
      }
      before = 'x';
    } else {
      const word = /^\w+/.exec(text.slice(at, at + 40))?.[0];
      if (!/\s/.test(rest[0] ?? '')) before = word ?? rest[0] ?? '';
      at += word?.length ?? 1;
    }
  }
  return found;
}

/** Behind the closing quote; what stands inside `${}` of a template is passed over with it. */
function endOfString(text: string, start: number): number {
  const quote = text[start];
  let at = start + 1;
  for (let depth = 0; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (quote === '`' && text.startsWith('${', at)) depth++;
    else if (depth > 0 && text[at] === '}') depth--;
    else if (depth === 0 && text[at] === quote) return at + 1;
  }
  return at;
}
