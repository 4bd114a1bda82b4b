import { readUsage } from '../economics/cost-of-call.ts';
import type { Call, Usage } from '../records/call.ts';

/**
 * What the teacher's calls of one version of a task used, so that a student's `usage` can be estimated: input tokens by
 * a line through the length of the input, output tokens by their mean. The constants of the prompt are the line's height.
 */
export class UsageRecord {
  #count = 0;
  #meanLength = 0;
  #meanInput = 0;
  #meanOutput = 0;
  #lengthSquares = 0;
  #lengthByInput = 0;
  /** The model name that the upstream wrote into its last response. */
  responseModel: string | null = null;

  add(slots: readonly string[], call: Call): void {
    const usage = readUsage(call.response);
    if (typeof call.response.model === 'string') this.responseModel = call.response.model;
    if (usage?.inputTokens == null || usage.outputTokens == null) return;
    const length = lengthOf(slots);
    this.#count++;
    const fromMean = length - this.#meanLength;
    this.#meanLength += fromMean / this.#count;
    const inputFromMean = usage.inputTokens - this.#meanInput;
    this.#meanInput += inputFromMean / this.#count;
    this.#meanOutput += (usage.outputTokens - this.#meanOutput) / this.#count;
    this.#lengthSquares += fromMean * (length - this.#meanLength);
    this.#lengthByInput += fromMean * (usage.inputTokens - this.#meanInput);
  }

  /** Null where no call of the teacher said what it used. */
  estimate(slots: readonly string[]): Usage | null {
    if (this.#count === 0) return null;
    const slope = this.#lengthSquares > 0 ? this.#lengthByInput / this.#lengthSquares : 0;
    const input = Math.max(1, Math.round(this.#meanInput + slope * (lengthOf(slots) - this.#meanLength)));
    return { inputTokens: input, outputTokens: Math.max(1, Math.round(this.#meanOutput)), cachedInputTokens: null };
  }
}

function lengthOf(slots: readonly string[]): number {
  let length = 0;
  for (const slot of slots) length += slot.length;
  return length;
}
