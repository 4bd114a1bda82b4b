import type { ServerResponse } from 'node:http';

/** A comment, which readers of event streams skip. */
const comment = ': keep-alive\n\n';

/** What every stream of events that begins here carries. */
export const streamHeaders = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-cache',
  'x-accel-buffering': 'no',
} as const;

/**
 * Says something in the silence of a stream, also before its first event, so that nobody on the way takes it for dead.
 * With the first comment the status is 200 for good. Comments go out between whole events only: see EventGate.
 */
export class Heartbeat {
  readonly #timer: NodeJS.Timeout;
  #hasBegun = false;

  constructor(response: ServerResponse, headers: Readonly<Record<string, string>>, everyMs: number) {
    this.#timer = setInterval(() => {
      if (response.destroyed || response.writableEnded) return this.stop();
      if (!response.headersSent) response.writeHead(200, { ...streamHeaders, ...headers });
      this.#hasBegun = true;
      if (!response.writableNeedDrain) response.write(comment);
    }, everyMs);
  }

  /** Whether a comment has gone out: from then on every failure is an event. */
  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  postpone(): void {
    this.#timer.refresh();
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
