import { describe, expect, it } from 'vitest';
import { completeSettings } from '../settings.ts';
import { dearestPrice } from './dearest-price.ts';

const upstreams = { one: {}, two: {} };
const { models } = completeSettings({
  upstreams,
  models: {
    assistant: {
      deployments: [
        { upstream: 'one', model: 'gpt-4o-mini' },
        { upstream: 'two', model: 'in-house', price: { input: 0.5, output: 0.1 } },
      ],
    },
    careful: { deployments: [{ upstream: 'one', model: 'gpt-4o-mini' }], fallbacks: ['reserve'] },
    reserve: { deployments: [{ upstream: 'two', model: 'gpt-4o' }], fallbacks: ['careful'] },
    dark: {
      deployments: [
        { upstream: 'one', model: 'gpt-4o' },
        { upstream: 'two', model: 'in-house' },
      ],
    },
  },
});

describe('what a call to a model may cost at most', () => {
  it('is the dearest of its deployments, for input and output each', () => {
    expect(dearestPrice(models, 'assistant')).toMatchObject({ input: 0.5, output: 0.6 });
  });

  it('counts fallbacks, also where they go round in a circle', () => {
    expect(dearestPrice(models, 'careful')).toMatchObject({ input: 2.5, output: 10 });
    expect(dearestPrice(models, 'reserve')).toMatchObject({ input: 2.5, output: 10 });
  });

  it('is not known where the price of one of them is not', () => {
    expect(dearestPrice(models, 'dark')).toBeNull();
    expect(dearestPrice(models, '__proto__')).toBeNull();
  });

  it('is that of the table for a name without deployments', () => {
    expect(dearestPrice(models, 'gpt-4o')).toMatchObject({ input: 2.5, output: 10 });
  });
});
