import type { Sink } from './output.ts';

/** How far a long piece of work has come. */
export interface Progress {
  /** `total` null: nobody knows how much there is. `note` stands behind the figures. */
  update(done: number, total: number | null, note?: string): void;
  /** Removes the bar. Idempotent. */
  end(): void;
}

export interface ProgressOptions {
  readonly label: string;
  readonly sink: Sink;
  /** Milliseconds from any origin. */
  readonly now?: () => number;
}

/** Short work shows nothing where nobody watches. */
const quietMs = 2_000;
const redrawMs = 100;
const plainLineMs = 5_000;

/** A bar that redraws itself on a terminal; elsewhere a plain line now and then, and none for work under two seconds. */
export function createProgress({ label, sink, now = () => performance.now() }: ProgressOptions): Progress {
  const startedAt = now();
  const isTerminal = sink.isTTY === true;
  let nextAt = startedAt + (isTerminal ? 0 : quietMs);
  let isDrawn = false;
  return {
    update(done, total, note = '') {
      const time = now();
      if (time < nextAt) return;
      nextAt = time + (isTerminal ? redrawMs : plainLineMs);
      const line = progressLine({ label, done, total, note, elapsedMs: time - startedAt, bar: isTerminal });
      if (isTerminal) sink.write(`\r\u001b[2K${line.slice(0, (sink.columns ?? 80) - 1)}`);
      else sink.write(`${line}\n`);
      isDrawn = true;
    },
    end() {
      if (isTerminal && isDrawn) sink.write('\r\u001b[2K');
      isDrawn = false;
    },
  };
}

interface ProgressState {
  readonly label: string;
  readonly done: number;
  readonly total: number | null;
  readonly note: string;
  readonly elapsedMs: number;
  readonly bar: boolean;
}

/** One line: label, bar, share, count, time left, note. */
export function progressLine({ label, done, total, note, elapsedMs, bar }: ProgressState): string {
  const count =
    total === null ? `${done.toLocaleString('en')}` : `${done.toLocaleString('en')} of ${total.toLocaleString('en')}`;
  if (total === null || total <= 0) return [label, count, note].filter(Boolean).join('  ');
  const share = Math.min(1, Math.max(0, done / total));
  const drawn = bar ? `[${'#'.repeat(Math.round(share * 20)).padEnd(20, '-')}]` : '';
  const left = share > 0 && share < 1 ? `${describeDuration((elapsedMs / share) * (1 - share))} left` : '';
  return [label, drawn, `${Math.floor(share * 100)}%`, count, left, note].filter(Boolean).join('  ');
}

/** "42 s", "3 min 10 s", "2 h 5 min". */
export function describeDuration(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
