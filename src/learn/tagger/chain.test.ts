import { describe, expect, it } from 'vitest';
import { type Random, seededRandom } from '../../records/random.ts';
import { Chain, forEachStep, type Transitions, zeroTransitions } from './chain.ts';
import { first, last, middleOf, only, outside, tagOf } from './tag-states.ts';

describe('a chain of tokens', () => {
  for (const [tags, tokens] of [
    [1, 1],
    [1, 4],
    [2, 3],
    [3, 2],
    [0, 3],
  ] as const) {
    const random = seededRandom(tags * 10 + tokens);
    const { chain, transitions, scores } = randomChain(tags, tokens, random);
    const paths = allPaths(tags, tokens);
    const weights = paths.map((path) => Math.exp(chain.scoreOf(tokens, transitions, path)));
    const total = weights.reduce((sum, weight) => sum + weight, 0);

    it(`sums over all taggings as enumeration does (${tags} tags, ${tokens} tokens)`, () => {
      chain.use(transitions);
      expect(chain.marginals(tokens)).toBeCloseTo(Math.log(total), 9);
      for (let token = 0; token < tokens; token++)
        for (let state = 0; state < chain.states; state++) {
          const share = paths.reduce((sum, path, at) => sum + (path[token] === state ? (weights[at] as number) : 0), 0);
          expect(chain.probabilities[token * chain.states + state]).toBeCloseTo(share / total, 9);
        }
    });

    it(`expects transitions as enumeration does (${tags} tags, ${tokens} tokens)`, () => {
      chain.use(transitions);
      chain.marginals(tokens, true);
      const expected = zeroTransitions(tags);
      paths.forEach((path, at) => {
        forEachStep(tokens, tags, path, (isBetween, cell) => {
          const table = isBetween ? expected.between : expected.within;
          table[cell] = (table[cell] as number) + (weights[at] as number) / total;
        });
      });
      for (const kind of ['between', 'within'] as const)
        expected[kind].forEach((count, cell) => {
          expect(chain.expected[kind][cell]).toBeCloseTo(count, 9);
        });
    });

    it(`finds the likeliest tagging that enumeration finds (${tags} tags, ${tokens} tokens)`, () => {
      const path = new Int32Array(tokens);
      const score = chain.best(tokens, transitions, path);
      const best = weights.indexOf(Math.max(...weights));
      expect([...path]).toEqual(paths[best]);
      expect(score).toBeCloseTo(Math.log(weights[best] as number), 9);
    });

    it(`has the expectations as slopes of its sum (${tags} tags, ${tokens} tokens)`, () => {
      chain.use(transitions);
      chain.marginals(tokens, true);
      const slopes = { between: chain.expected.between.slice(), within: chain.expected.within.slice() };
      const nudge = 1e-5;
      for (const kind of ['between', 'within'] as const)
        slopes[kind].forEach((slope, cell) => {
          const sums = [nudge, -nudge].map((by) => {
            const moved = { ...transitions, [kind]: transitions[kind].map((w, at) => (at === cell ? w + by : w)) };
            chain.use(moved);
            return chain.marginals(tokens);
          });
          expect(((sums[0] as number) - (sums[1] as number)) / (2 * nudge)).toBeCloseTo(slope, 5);
        });
      expect(chain.scores.subarray(0, scores.length)).toEqual(scores);
    });
  }

  it('keeps its sums finite where scores are far apart', () => {
    const chain = new Chain(2);
    chain.reset(3);
    chain.scores.set([900, -900], 0);
    chain.scores[chain.states + 3] = 1e6;
    chain.use(zeroTransitions(2));
    expect(Number.isFinite(chain.marginals(3))).toBe(true);
    expect(chain.probabilities.subarray(0, 3 * chain.states).every(Number.isFinite)).toBe(true);
  });
});

function randomChain(tags: number, tokens: number, random: Random) {
  const chain = new Chain(tags);
  const transitions: Transitions = zeroTransitions(tags);
  const draw = (): number => 4 * random() - 2;
  for (let i = 0; i < transitions.between.length; i++) transitions.between[i] = draw();
  for (let i = 0; i < transitions.within.length; i++) transitions.within[i] = draw();
  chain.reset(tokens);
  for (let i = 0; i < tokens * chain.states; i++) chain.scores[i] = draw();
  return { chain, transitions, scores: chain.scores.slice(0, tokens * chain.states) };
}

function allPaths(tags: number, tokens: number): number[][] {
  const states = Array.from({ length: 1 + 4 * tags }, (_, state) => state);
  let paths: number[][] = [[]];
  for (let token = 0; token < tokens; token++) paths = paths.flatMap((path) => states.map((state) => [...path, state]));
  return paths.filter(isTagging);
}

/** Every span begins and ends as it should. */
function isTagging(path: readonly number[]): boolean {
  let open = -1;
  for (const state of path) {
    const tag = state === outside ? -1 : tagOf(state);
    const role = state === outside ? only : state - middleOf(tag);
    if (role === first || role === only ? open !== -1 : open !== tag) return false;
    open = role === last || role === only ? -1 : tag;
  }
  return open === -1;
}
