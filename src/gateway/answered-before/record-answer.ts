import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';

/** An answer as it went out, to be given again. */
export interface RecordedAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: Buffer;
}

export interface AnswerRecording {
  /** The whole answer; null while it is not whole, and where it was larger than is kept. */
  answer(): RecordedAnswer | null;
}

/** Of one connection, of one moment, or written anew for whoever asks next. */
const ofTheMoment = /^(?:connection|keep-alive|date|transfer-encoding|x-ratelimit-.*|x-rightsize-cache.*)$/;

/**
 * Listens in on what is written to a response, whoever writes it. Only requests that may be answered again are recorded:
 * the others keep their response as Node made it.
 */
export function recordAnswer(response: ServerResponse, largestBytes: number): AnswerRecording {
  const pieces: Buffer[] = [];
  let bytes = 0;
  let head: Pick<RecordedAnswer, 'status' | 'headers'> | null = null;
  const { writeHead, write, end } = response;
  const keep = (piece: unknown): void => {
    if (typeof piece !== 'string' && !(piece instanceof Uint8Array)) return;
    const copy = Buffer.from(piece as string);
    bytes += copy.length;
    if (bytes > largestBytes) pieces.length = 0;
    else pieces.push(copy);
  };
  Object.assign(response, {
    writeHead(status: number, ...rest: unknown[]) {
      const given = rest.find((part) => typeof part === 'object' && part !== null);
      if (status >= 200) head = { status, headers: lasting((given ?? {}) as OutgoingHttpHeaders) };
      return Reflect.apply(writeHead, response, [status, ...rest]);
    },
    write(...parts: unknown[]) {
      keep(parts[0]);
      return Reflect.apply(write, response, parts);
    },
    end(...parts: unknown[]) {
      keep(parts[0]);
      return Reflect.apply(end, response, parts);
    },
  });
  return {
    answer() {
      const isWhole = response.writableFinished || (response.writableEnded && !response.destroyed);
      if (head === null || bytes > largestBytes || !isWhole) return null;
      return { ...head, body: Buffer.concat(pieces) };
    },
  };
}

/** Gives an answer again, as one piece; a stream is a stream still, all of it at once. */
export function sendRecorded(
  response: ServerResponse,
  { status, headers, body }: RecordedAnswer,
  change: Readonly<Record<string, string>>,
): void {
  response.writeHead(status, { ...headers, ...change } as Record<string, string>).end(body);
}

function lasting(headers: OutgoingHttpHeaders): RecordedAnswer['headers'] {
  const entries = Object.entries(headers).filter(([name]) => !ofTheMoment.test(name.toLowerCase()));
  return Object.fromEntries(
    entries.flatMap(([name, value]) =>
      value === undefined ? [] : [[name.toLowerCase(), typeof value === 'number' ? String(value) : value]],
    ),
  );
}
