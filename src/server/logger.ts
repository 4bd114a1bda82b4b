import { type Logger, pino } from 'pino';
import type { Settings } from '../settings.ts';

/** One JSON object a line on standard error. Requests, answers and keys are never logged. */
export function createLogger(level: Settings['log']): Logger {
  return pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination({ dest: 2, sync: true }),
  );
}
