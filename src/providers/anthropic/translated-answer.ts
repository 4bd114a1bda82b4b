import { Readable, Transform } from 'node:stream';
import { RightsizeError } from '../../errors.ts';
import type { JsonObject } from '../../records/call.ts';
import type { Headers, UpstreamResponse } from '../provider.ts';
import { EventReader } from '../read-events.ts';

/** Writes the events of one API as the text of another's. */
export interface EventWriter {
  push(event: JsonObject): readonly string[];
  /** What is due at the end of the bytes. */
  end?(): readonly string[];
  /** Whether the answer has come to its end. */
  readonly isDone: boolean;
}

/** An answer whose events are translated as they come. One that ends too early fails as if the upstream had broken off. */
export function translatedStream(upstream: UpstreamResponse, writer: EventWriter): UpstreamResponse {
  const reader = new EventReader();
  const write = (events: readonly JsonObject[]) => events.flatMap((event) => writer.push(event)).join('');
  const guarded = (done: (error: Error | null) => void, act: () => void) => {
    try {
      act();
    } catch (error) {
      done(error instanceof Error ? error : new Error(String(error)));
    }
  };
  const translator = new Transform({
    transform(piece: Buffer, _encoding, done) {
      guarded(done, () => {
        const text = write(reader.push(piece));
        done(null, text === '' ? undefined : text);
      });
    },
    flush(done) {
      guarded(done, () => {
        const text = write(reader.finish()) + (writer.end?.() ?? []).join('');
        if (text !== '') this.push(text);
        done(writer.isDone ? null : new Error('the stream ended before the answer did'));
      });
    },
  });
  const { body } = upstream;
  // Whoever reads hears of it, too; but nobody may be reading yet, or any more.
  translator.on('error', () => {});
  body.on('error', (error) => translator.destroy(error));
  translator.on('close', () => body.destroy());
  return {
    ...upstream,
    headers: { ...unpackedHeaders(upstream.headers), 'content-type': 'text/event-stream; charset=utf-8' },
    body: body.pipe(translator),
  };
}

/** More than any answer; one that is longer is no answer. */
const largestBytes = 64 * 1024 * 1024;

/** The whole of an answer. Throws what its failure means. */
export async function readWhole({ body, failure }: UpstreamResponse): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const piece of body) {
      pieces.push(piece as Buffer);
      bytes += (piece as Buffer).length;
      if (bytes > largestBytes) throw new RightsizeError('upstream_failed', 'The upstream answered without end.');
    }
  } catch (error) {
    throw error instanceof RightsizeError ? error : failure(error);
  }
  return Buffer.concat(pieces, bytes);
}

/** An answer of its own making, with the status and headers of another. */
export function wholeAnswer(
  head: Pick<UpstreamResponse, 'status' | 'headers'> & Partial<UpstreamResponse>,
  value: JsonObject,
): UpstreamResponse {
  const body = Buffer.from(JSON.stringify(value));
  return {
    failure: (cause) => new RightsizeError('internal', 'A translated answer broke off.', { cause }),
    ...head,
    headers: {
      ...unpackedHeaders(head.headers),
      'content-type': 'application/json',
      'content-length': String(body.length),
    },
    body: Readable.from([body], { objectMode: false }),
  };
}

function unpackedHeaders({
  'content-length': _,
  'content-encoding': __,
  ...headers
}: Headers): Record<string, string | readonly string[] | undefined> {
  return headers;
}
