import { z } from 'zod';

const limit = z.number().min(0).optional();

/** The most that a key or a tenant may use; what is left out is not limited. Names as in records/limits.ts. */
export const limitsSchema = z.strictObject({
  requestsPerMinute: limit,
  requestsPerDay: limit,
  requestsPerMonth: limit,
  tokensPerMinute: limit,
  tokensPerDay: limit,
  tokensPerMonth: limit,
  usdPerMinute: limit,
  usdPerDay: limit,
  usdPerMonth: limit,
});

/** Changes of limits: null lifts one. */
export const limitChangeSchema = z.strictObject(
  Object.fromEntries(Object.keys(limitsSchema.shape).map((name) => [name, z.number().min(0).nullable().optional()])),
);

export const limitSettings = z.strictObject({
  tenants: z
    .record(z.string(), limitsSchema)
    .default({})
    .describe(
      'The most that all calls of a tenant together may use, by its name: requests, tokens or usd, per minute, day or month, as in `{"shop": {"requestsPerMinute": 600, "usdPerMonth": 50}}`.',
    ),
  unknownPrice: z
    .enum(['refuse', 'allow'])
    .default('refuse')
    .describe(
      'What becomes of a call to a model without a known price where money is limited: it is refused, or allowed and counted as unknown.',
    ),
  assumedOutputTokens: z
    .number()
    .int()
    .min(0)
    .default(1_000)
    .describe('Tokens reserved for an answer that the request does not limit.'),
});
