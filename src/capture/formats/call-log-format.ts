import { isObject } from '../parse-call.ts';
import type { LogFormat } from './log-format.ts';

/** Our own: docs/guides/call-log.md. */
export const callLogFormat: LogFormat = {
  name: 'call log',
  recognises: (record) => isObject(record.request) && 'response' in record,
  translate: (record) => ({ kind: 'call', record }),
};
