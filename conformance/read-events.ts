/** One event of a stream, after the rules of the HTML standard. */
export interface StreamEvent {
  readonly event: string | null;
  readonly id: string | null;
  readonly data: string;
}

/** Reads a whole event stream as a browser would: any line ending, comments, a byte order mark, data of several lines. */
export function readEvents(text: string): readonly StreamEvent[] {
  const events: StreamEvent[] = [];
  let event: string | null = null;
  let id: string | null = null;
  let data: string[] = [];
  for (const line of text.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/)) {
    if (line === '') {
      if (data.length > 0) events.push({ event, id, data: data.join('\n') });
      [event, data] = [null, []];
      continue;
    }
    const [, field = '', value = ''] = /^([^:]*):? ?(.*)$/s.exec(line) ?? [];
    if (field === 'data') data.push(value);
    if (field === 'event') event = value;
    if (field === 'id') id = value;
  }
  return events;
}

/** The data of every event but `[DONE]`, parsed. */
// biome-ignore lint/suspicious/noExplicitAny: a check looks into whatever came back.
export function readChunks(text: string): readonly any[] {
  return readEvents(text)
    .filter(({ data }) => data !== '[DONE]')
    .map(({ data }) => JSON.parse(data));
}

/** What the stream says, all its first choice's contents together. */
export function contentOf(text: string): string {
  return readChunks(text)
    .map(({ choices }) => choices?.[0]?.delta?.content ?? '')
    .join('');
}

export function doneCount(text: string): number {
  return readEvents(text).filter(({ data }) => data === '[DONE]').length;
}
