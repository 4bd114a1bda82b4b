import { callLogFormat } from './call-log-format.ts';
import { langfuseFormat } from './langfuse-format.ts';
import { litellmFormat } from './litellm-format.ts';
import type { LogFormat } from './log-format.ts';
import { openaiBatchFormat } from './openai-batch-format.ts';

/** Every format that is recognised, the most particular first. */
export const logFormats: readonly LogFormat[] = [openaiBatchFormat, callLogFormat, langfuseFormat, litellmFormat];
