import { z } from 'zod';

export const milliseconds = z.number().int().min(1).max(86_400_000);

/** Names an environment variable or a file; the secret itself never stands in the settings. */
export const secret = z.strictObject({
  env: z.string().min(1).describe('Environment variable that holds the secret.').optional(),
  file: z.string().min(1).describe('File that holds the secret, and nothing else.').optional(),
});
