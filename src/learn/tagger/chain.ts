import { portableExp, portableLog } from '../portable-math.ts';
import { first, last, middleOf, only, outside, stateCount, tagOf } from './tag-states.ts';

/**
 * Weights between neighbours. A token that closes (in no span, or the last of one) passes on to whatever may begin: tag 0
 * stands for no span, x + 1 for tag x, T + 1 for the edge of the slot. Within a span of one tag there are four steps.
 */
export interface Transitions {
  readonly tags: number;
  /** (T + 2) × (T + 2): from closing to beginning; the last row leaves the slot's start, the last column enters its end. */
  readonly between: Float64Array | Float32Array;
  /** T × 4: first → middle, first → last, middle → middle, middle → last. */
  readonly within: Float64Array | Float32Array;
}

export function zeroTransitions(tags: number): Transitions {
  return { tags, between: new Float64Array((tags + 2) ** 2), within: new Float64Array(4 * tags) };
}

/** What the tokens of one slot could be: forward–backward and Viterbi over `tag-states.ts`. Its arrays are reused. */
export class Chain {
  readonly tags: number;
  readonly states: number;
  /** tokens × states; filled by the caller before `marginals` or `best`. */
  scores = new Float64Array(0);
  /** tokens × states; filled by `marginals`. */
  probabilities = new Float64Array(0);
  /** Expected transitions less those seen, when `marginals` was asked for them. */
  readonly expected: Transitions;
  #powers = new Float64Array(0);
  #forward = new Float64Array(0);
  #scales = new Float64Array(0);
  #back = new Int32Array(0);
  readonly #closing: Float64Array;
  readonly #opening: Float64Array;
  readonly #backward: [Float64Array, Float64Array];
  readonly #between: Float64Array;
  readonly #within: Float64Array;

  constructor(tags: number) {
    this.tags = tags;
    this.states = stateCount(tags);
    this.expected = zeroTransitions(tags);
    this.#closing = new Float64Array(tags + 2);
    this.#opening = new Float64Array(tags + 2);
    this.#backward = [new Float64Array(this.states), new Float64Array(this.states)];
    this.#between = new Float64Array((tags + 2) ** 2);
    this.#within = new Float64Array(4 * tags);
  }

  /** Makes room for that many tokens, with scores of 0. */
  reset(tokens: number): void {
    const size = tokens * this.states;
    if (this.scores.length < size) {
      const room = size + (size >> 1);
      this.scores = new Float64Array(room);
      this.probabilities = new Float64Array(room);
      this.#powers = new Float64Array(room);
      this.#forward = new Float64Array(room);
      this.#back = new Int32Array(room);
      this.#scales = new Float64Array(tokens + (tokens >> 1) + 1);
    } else this.scores.fill(0, 0, size);
  }

  /** Takes over transitions for the sums to come; cheap enough to call after every change. */
  use({ between, within }: Transitions): void {
    for (let i = 0; i < between.length; i++) this.#between[i] = portableExp(between[i] as number);
    for (let i = 0; i < within.length; i++) this.#within[i] = portableExp(within[i] as number);
  }

  /**
   * Fills `probabilities`, and `expected` if wanted. Returns the logarithm of the sum over all taggings.
   * All sums are scaled per token; a score far below its token's best counts as `farBelow`, so that no sum vanishes.
   */
  marginals(tokens: number, withTransitions = false): number {
    if (withTransitions) {
      this.expected.between.fill(0);
      this.expected.within.fill(0);
    }
    if (tokens === 0) return 0;
    const shift = this.#exponentiate(tokens);
    const logarithm = this.#runForward(tokens);
    this.#runBackward(tokens, withTransitions);
    return shift + logarithm;
  }

  #exponentiate(tokens: number): number {
    const { scores, states } = this;
    const powers = this.#powers;
    let shift = 0;
    for (let token = 0; token < tokens; token++) {
      const at = token * states;
      let best = Number.NEGATIVE_INFINITY;
      for (let k = at; k < at + states; k++) if ((scores[k] as number) > best) best = scores[k] as number;
      for (let k = at; k < at + states; k++) powers[k] = portableExp(Math.max(farBelow, (scores[k] as number) - best));
      shift += best;
    }
    return shift;
  }

  #runForward(tokens: number): number {
    const { tags, states } = this;
    const forward = this.#forward;
    const powers = this.#powers;
    const opening = this.#opening;
    const within = this.#within;
    const edge = tags + 1;
    let logarithm = 0;
    for (let token = 0; token < tokens; token++) {
      const at = token * states;
      const before = at - states;
      this.#close(before, token === 0);
      this.#passForward();
      let sum = (opening[0] as number) * (powers[at] as number);
      forward[at] = sum;
      for (let tag = 0; tag < tags; tag++) {
        const k = at + 1 + 4 * tag;
        const open = opening[tag + 1] as number;
        let middle = 0;
        let ending = 0;
        if (token > 0) {
          const b = before + 1 + 4 * tag;
          const wasFirst = forward[b + first] as number;
          const wasMiddle = forward[b] as number;
          middle = wasFirst * (within[4 * tag] as number) + wasMiddle * (within[4 * tag + 2] as number);
          ending = wasFirst * (within[4 * tag + 1] as number) + wasMiddle * (within[4 * tag + 3] as number);
        }
        sum += forward[k] = middle * (powers[k] as number);
        sum += forward[k + first] = open * (powers[k + first] as number);
        sum += forward[k + last] = ending * (powers[k + last] as number);
        sum += forward[k + only] = open * (powers[k + only] as number);
      }
      const scale = 1 / sum;
      for (let k = at; k < at + states; k++) forward[k] = (forward[k] as number) * scale;
      this.#scales[token] = scale;
      logarithm += portableLog(sum);
    }
    this.#close((tokens - 1) * states, false);
    let end = 0;
    for (let tag = 0; tag <= tags; tag++)
      end += (this.#closing[tag] as number) * (this.#between[tag * (tags + 2) + edge] as number);
    this.#scales[tokens] = 1 / end;
    return logarithm + portableLog(end);
  }

  /** What closes at the token whose states begin at `at`, by tag. */
  #close(at: number, isEdge: boolean): void {
    const { tags } = this;
    const closing = this.#closing;
    const forward = this.#forward;
    closing.fill(0);
    if (isEdge) {
      closing[tags + 1] = 1;
      return;
    }
    closing[0] = forward[at] as number;
    for (let tag = 0; tag < tags; tag++) {
      const k = at + 1 + 4 * tag;
      closing[tag + 1] = (forward[k + last] as number) + (forward[k + only] as number);
    }
  }

  #passForward(): void {
    const width = this.tags + 2;
    const opening = this.#opening;
    opening.fill(0);
    for (let from = 0; from < width; from++) {
      const share = this.#closing[from] as number;
      if (share < 1e-300) continue;
      const row = from * width;
      for (let to = 0; to < width - 1; to++)
        opening[to] = (opening[to] as number) + share * (this.#between[row + to] as number);
    }
  }

  #runBackward(tokens: number, withTransitions: boolean): void {
    const { tags, states, probabilities, expected } = this;
    const forward = this.#forward;
    const powers = this.#powers;
    const opening = this.#opening;
    const width = tags + 2;
    let [after, here] = this.#backward;
    const end = this.#scales[tokens] as number;
    after.fill(0);
    for (let tag = 0; tag <= tags; tag++) {
      const weight = (this.#between[tag * width + tags + 1] as number) * end;
      if (tag === 0) after[0] = weight;
      else {
        after[middleOf(tag - 1) + last] = weight;
        after[middleOf(tag - 1) + only] = weight;
      }
    }
    if (withTransitions) this.#expectEdge((tokens - 1) * states, end);
    for (let token = tokens - 1; token >= 0; token--) {
      const at = token * states;
      for (let k = 0; k < states; k++) probabilities[at + k] = (forward[at + k] as number) * (after[k] as number);
      // `after` becomes the inner sum: power × backward × scale of this token, by state.
      const scale = this.#scales[token] as number;
      for (let k = 0; k < states; k++) after[k] = (after[k] as number) * (powers[at + k] as number) * scale;
      opening[0] = after[0] as number;
      for (let tag = 0; tag < tags; tag++)
        opening[tag + 1] = (after[middleOf(tag) + first] as number) + (after[middleOf(tag) + only] as number);
      opening[tags + 1] = 0;
      this.#close(at - states, token === 0);
      if (withTransitions) this.#expectBetween();
      if (token === 0) break;
      if (withTransitions) this.#expectWithin(at - states, after);
      this.#passBackward(after, here);
      [after, here] = [here, after];
    }
    if (withTransitions) {
      for (let i = 0; i < expected.within.length; i++)
        expected.within[i] = (expected.within[i] as number) * (this.#within[i] as number);
      for (let i = 0; i < expected.between.length; i++)
        expected.between[i] = (expected.between[i] as number) * (this.#between[i] as number);
    }
  }

  #passBackward(after: Float64Array, here: Float64Array): void {
    const { tags } = this;
    const width = tags + 2;
    const within = this.#within;
    for (let from = 0; from <= tags; from++) {
      let sum = 0;
      const row = from * width;
      for (let to = 0; to <= tags; to++) sum += (this.#between[row + to] as number) * (this.#opening[to] as number);
      if (from === 0) here[0] = sum;
      else {
        const k = middleOf(from - 1);
        const w = 4 * (from - 1);
        here[k + last] = sum;
        here[k + only] = sum;
        here[k + first] =
          (within[w] as number) * (after[k] as number) + (within[w + 1] as number) * (after[k + last] as number);
        here[k] =
          (within[w + 2] as number) * (after[k] as number) + (within[w + 3] as number) * (after[k + last] as number);
      }
    }
  }

  #expectEdge(at: number, end: number): void {
    const width = this.tags + 2;
    this.#close(at, false);
    for (let from = 0; from < width - 1; from++) {
      const cell = from * width + width - 1;
      this.expected.between[cell] = (this.expected.between[cell] as number) + (this.#closing[from] as number) * end;
    }
  }

  #expectBetween(): void {
    const width = this.tags + 2;
    const { between } = this.expected;
    for (let from = 0; from < width; from++) {
      const share = this.#closing[from] as number;
      if (share < 1e-12) continue;
      const row = from * width;
      for (let to = 0; to < width - 1; to++)
        between[row + to] = (between[row + to] as number) + share * (this.#opening[to] as number);
    }
  }

  #expectWithin(before: number, after: Float64Array): void {
    const { within } = this.expected;
    for (let tag = 0; tag < this.tags; tag++) {
      const k = middleOf(tag);
      const wasFirst = this.#forward[before + k + first] as number;
      const wasMiddle = this.#forward[before + k] as number;
      const w = 4 * tag;
      within[w] = (within[w] as number) + wasFirst * (after[k] as number);
      within[w + 1] = (within[w + 1] as number) + wasFirst * (after[k + last] as number);
      within[w + 2] = (within[w + 2] as number) + wasMiddle * (after[k] as number);
      within[w + 3] = (within[w + 3] as number) + wasMiddle * (after[k + last] as number);
    }
  }

  /** The likeliest tagging: writes a state a token to `path` and returns its score. */
  best(tokens: number, { between, within }: Transitions, path: Int32Array): number {
    const { tags, states, scores } = this;
    const width = tags + 2;
    const back = this.#back;
    const forward = this.#forward;
    const closing = this.#closing;
    if (tokens === 0) return 0;
    for (let token = 0; token < tokens; token++) {
      const at = token * states;
      const before = at - states;
      if (token > 0) this.#closeBest(before);
      for (let to = 0; to <= tags; to++) {
        let best = Number.NEGATIVE_INFINITY;
        let from = 0;
        if (token === 0) best = between[(tags + 1) * width + to] as number;
        else
          for (let tag = 0; tag <= tags; tag++) {
            const score = (closing[tag] as number) + (between[tag * width + to] as number);
            if (score > best) {
              best = score;
              from = tag;
            }
          }
        if (to === 0) {
          forward[at] = best + (scores[at] as number);
          back[at] = from;
          continue;
        }
        const k = at + middleOf(to - 1);
        forward[k + first] = best + (scores[k + first] as number);
        forward[k + only] = best + (scores[k + only] as number);
        back[k + first] = back[k + only] = from;
        forward[k] = forward[k + last] = Number.NEGATIVE_INFINITY;
        if (token === 0) continue;
        const b = before + middleOf(to - 1);
        const w = 4 * (to - 1);
        const toMiddle = (forward[b + first] as number) + (within[w] as number);
        const onMiddle = (forward[b] as number) + (within[w + 2] as number);
        const toLast = (forward[b + first] as number) + (within[w + 1] as number);
        const onLast = (forward[b] as number) + (within[w + 3] as number);
        forward[k] = Math.max(toMiddle, onMiddle) + (scores[k] as number);
        back[k] = toMiddle >= onMiddle ? first : 0;
        forward[k + last] = Math.max(toLast, onLast) + (scores[k + last] as number);
        back[k + last] = toLast >= onLast ? first : 0;
      }
    }
    return this.#trace(tokens, between, path);
  }

  /** The better of the two closing states of each tag. */
  #closeBest(at: number): void {
    const forward = this.#forward;
    this.#closing[0] = forward[at] as number;
    for (let tag = 0; tag < this.tags; tag++) {
      const k = at + middleOf(tag);
      this.#closing[tag + 1] = Math.max(forward[k + last] as number, forward[k + only] as number);
    }
  }

  #trace(tokens: number, between: Transitions['between'], path: Int32Array): number {
    const { tags, states } = this;
    const width = tags + 2;
    const forward = this.#forward;
    this.#closeBest((tokens - 1) * states);
    let best = Number.NEGATIVE_INFINITY;
    let closed = 0;
    for (let tag = 0; tag <= tags; tag++) {
      const score = (this.#closing[tag] as number) + (between[tag * width + tags + 1] as number);
      if (score > best) {
        best = score;
        closed = tag;
      }
    }
    const closingState = (token: number, tag: number): number => {
      if (tag === 0) return outside;
      const k = middleOf(tag - 1);
      const at = token * states + k;
      return (forward[at + last] as number) > (forward[at + only] as number) ? k + last : k + only;
    };
    let state = closingState(tokens - 1, closed);
    for (let token = tokens - 1; token >= 0; token--) {
      path[token] = state;
      if (token === 0) break;
      const pointer = this.#back[token * states + state] as number;
      const middle = state === outside ? -1 : middleOf(tagOf(state));
      state = state === middle || state === middle + last ? middle + pointer : closingState(token - 1, pointer);
    }
    return best;
  }

  /** Score of a given tagging, a state a token. */
  scoreOf(tokens: number, { between, within }: Transitions, path: ArrayLike<number>): number {
    let score = 0;
    forEachStep(tokens, this.tags, path, (isBetween, cell) => {
      score += (isBetween ? between : within)[cell] as number;
    });
    for (let token = 0; token < tokens; token++)
      score += this.scores[token * this.states + (path[token] as number)] as number;
    return score;
  }
}

const farBelow = -60;

/** Visits the transitions of a tagging, edges included. */
export function forEachStep(
  tokens: number,
  tags: number,
  path: ArrayLike<number>,
  visit: (isBetween: boolean, cell: number) => void,
): void {
  if (tokens === 0) return;
  const width = tags + 2;
  let closed = tags + 1;
  for (let token = 0; token < tokens; token++) {
    const state = path[token] as number;
    const tag = state === outside ? -1 : tagOf(state);
    const role = state === outside ? only : state - middleOf(tag);
    if (role === first || role === only) visit(true, closed * width + tag + 1);
    else {
      const wasFirst = path[token - 1] === middleOf(tag) + first;
      visit(false, 4 * tag + (wasFirst ? 0 : 2) + (role === last ? 1 : 0));
    }
    if (role === last || role === only) closed = tag + 1;
  }
  visit(true, closed * width + tags + 1);
}
