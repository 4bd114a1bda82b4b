import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { costOfCall, costOfResponse, readUsage } from './cost-of-call.ts';
import { findPrice, type PriceTable } from './find-price.ts';
import { keepLedger } from './ledger.ts';
import { priceTable } from './price-table.ts';

const table: PriceTable = {
  source: 'a test',
  date: '2026-01-01',
  prices: [
    { model: 'big', input: 10, cachedInput: 5, output: 30 },
    { model: 'big-2024-05-13', input: 20, cachedInput: null, output: 60 },
    { model: 'riddle', input: null, cachedInput: null, output: 1 },
  ],
};
const usage = { inputTokens: 1000, outputTokens: 100, cachedInputTokens: null };

describe('findPrice', () => {
  it('knows a model by its exact name, behind a provider, and by the day of a snapshot', () => {
    expect(findPrice('big', table)?.input).toBe(10);
    expect(findPrice('provider/BIG', table)?.input).toBe(10);
    expect(findPrice('big-2025-01-01', table)?.input).toBe(10);
    expect(findPrice('big-20250101', table)?.input).toBe(10);
  });

  it('prefers the snapshot that has its own price', () => {
    expect(findPrice('big-2024-05-13', table)?.input).toBe(20);
  });

  it('guesses nothing from similar names', () => {
    expect(findPrice('big-audio', table)).toBeNull();
    expect(findPrice('bigger', table)).toBeNull();
    expect(findPrice('', table)).toBeNull();
  });
});

describe('the price table', () => {
  it('says where it is from and when, and has every model once', () => {
    expect(priceTable.source).toContain('MIT');
    expect(priceTable.date).toMatch(/^\d{4}-\d\d-\d\d$/);
    const models = priceTable.prices.map((price) => price.model);
    expect(new Set(models).size).toBe(models.length);
  });

  it('has no price of zero or less: unknown is null', () => {
    for (const { input, cachedInput, output } of priceTable.prices)
      for (const price of [input, cachedInput, output]) if (price !== null) expect(price).toBeGreaterThan(0);
  });

  it.each([
    ['gpt-4', 30, 60],
    ['gpt-4o', 2.5, 10],
    ['gpt-4o-mini', 0.15, 0.6],
    ['gpt-3.5-turbo', 0.5, 1.5],
  ])('has the published price of %s', (model, input, output) => {
    expect(findPrice(model)).toMatchObject({ input, output });
  });
});

describe('costOfCall', () => {
  it('multiplies tokens by prices per million', () => {
    expect(costOfCall(usage, findPrice('big', table))).toBeCloseTo(0.013);
  });

  it('charges cached tokens at their own price, and at the full one where there is no discount', () => {
    const cached = { ...usage, cachedInputTokens: 400 };
    expect(costOfCall(cached, findPrice('big', table))).toBeCloseTo(0.006 + 0.002 + 0.003);
    expect(costOfCall(cached, findPrice('big-2024-05-13', table))).toBeCloseTo(0.026);
  });

  it('is unknown, not free, where a token count or a price is missing', () => {
    expect(costOfCall(null, findPrice('big', table))).toBeNull();
    expect(costOfCall(usage, null)).toBeNull();
    expect(costOfCall({ ...usage, inputTokens: null }, findPrice('big', table))).toBeNull();
    expect(costOfCall(usage, findPrice('riddle', table))).toBeNull();
  });
});

describe('costOfResponse', () => {
  const body = { usage: { prompt_tokens: 1000, completion_tokens: 100 } };

  it('charges for the model that answered, or else for the one that was asked', () => {
    expect(costOfResponse({ ...body, model: 'big-2024-05-13' }, 'big', table)).toBeCloseTo(0.026);
    expect(costOfResponse({ ...body, model: 'my-deployment' }, 'big', table)).toBeCloseTo(0.013);
    expect(costOfResponse(body, 'unheard-of', table)).toBeNull();
  });
});

describe('readUsage', () => {
  it('reads completions and messages', () => {
    expect(
      readUsage({ usage: { prompt_tokens: 5, completion_tokens: 1, prompt_tokens_details: { cached_tokens: 2 } } }),
    ).toEqual({ inputTokens: 5, outputTokens: 1, cachedInputTokens: 2 });
    expect(readUsage({ usage: { input_tokens: 5, output_tokens: 1 } })).toEqual({
      inputTokens: 5,
      outputTokens: 1,
      cachedInputTokens: null,
    });
  });

  it('reads nothing out of nonsense', () => {
    for (const nonsense of [
      {},
      { usage: null },
      { usage: [] },
      { usage: { prompt_tokens: '5', completion_tokens: -1 } },
    ])
      expect(readUsage(nonsense)).toBeNull();
  });
});

describe('keepLedger', () => {
  const purposes = ['escalations', 'spotChecks'] as const;
  const cost = fc.option(fc.integer({ min: 0, max: 1000 }).map((cents) => cents / 100));
  const entries = fc.array(fc.record({ teacherCost: cost, paidFor: fc.option(fc.constantFrom(...purposes)) }));

  it('counts what is unknown instead of calling it free', () => {
    const ledger = keepLedger(
      [
        { teacherCost: null, paidFor: 'escalations' },
        { teacherCost: 2, paidFor: 'spotChecks' },
        { teacherCost: 3, paidFor: null },
        { teacherCost: null, paidFor: null },
      ],
      purposes,
    );
    expect(ledger.before).toEqual({ usd: 5, knownCalls: 2, unknownCalls: 2 });
    expect(ledger.after).toEqual({ usd: 2, knownCalls: 3, unknownCalls: 1 });
    expect(ledger.spent.escalations).toEqual({ usd: null, knownCalls: 0, unknownCalls: 1 });
  });

  it('spends after what it says it spent, and never more than before', () => {
    fc.assert(
      fc.property(entries, (list) => {
        const { before, after, spent } = keepLedger(list, purposes);
        const purposesUsd = purposes.reduce((sum, purpose) => sum + (spent[purpose].usd ?? 0), 0);
        expect(after.usd ?? 0).toBeCloseTo(purposesUsd);
        expect(after.usd ?? 0).toBeLessThanOrEqual((before.usd ?? 0) + 1e-9);
        expect(before.knownCalls + before.unknownCalls).toBe(list.length);
      }),
    );
  });

  it('knows nothing about no calls', () => {
    expect(keepLedger([], purposes).before).toEqual({ usd: null, knownCalls: 0, unknownCalls: 0 });
  });
});
