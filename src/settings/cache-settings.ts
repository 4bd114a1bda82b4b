import { z } from 'zod';

const seconds = z.number().int().min(1).max(31_536_000);
const bytes = z.number().int().min(1);

const tenantCacheSettings = z.strictObject({
  enabled: z.boolean().optional(),
  maxAgeSeconds: seconds.optional(),
  maxBytes: bytes.optional(),
});

export const cacheSettings = z.strictObject({
  enabled: z
    .boolean()
    .default(false)
    .describe('Whether a request that was answered before, byte for byte the same, gets the same answer again.'),
  maxAgeSeconds: seconds.default(3_600).describe('Older answers are not given again.'),
  maxBytes: bytes.default(67_108_864).describe('Memory for all answers together; those used least recently go first.'),
  tenants: z
    .record(z.string(), tenantCacheSettings)
    .default({})
    .describe(
      'The same for single tenants, by name, as in `{"shop": {"enabled": true, "maxAgeSeconds": 600, "maxBytes": 1000000}}`. No tenant ever gets the answer of another.',
    ),
});
