import { type DestinationStream, type Logger, pino } from 'pino';
import { RightsizeError } from '../errors.ts';
import type { Settings } from '../settings.ts';

/** One JSON object a line on standard error. Requests, answers and keys are never logged. */
export function createLogger(
  level: Settings['log'],
  destination: DestinationStream = pino.destination({ dest: 2, sync: true }),
): Logger {
  const options = { level, base: null, timestamp: pino.stdTimeFunctions.isoTime, serializers: { err: describeFault } };
  return pino(options, destination);
}

/**
 * An error as it is logged. The message is ours, or the operating system's: those of others may quote what they choked
 * on (`JSON.parse` does), and that is somebody's request.
 */
export function describeFault(error: unknown): unknown {
  if (!(error instanceof Error)) return typeof error;
  const { name, message, stack = '', cause } = error;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  const isOurs = error instanceof RightsizeError || 'syscall' in error;
  const frames = stack
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .map((line) => line.trim());
  return {
    type: name,
    ...(code === undefined ? {} : { code }),
    ...(isOurs ? { message } : {}),
    stack: frames.slice(0, 8),
    ...(cause === undefined ? {} : { cause: describeFault(cause) }),
  };
}
