import type { z } from 'zod';

/** One route of the admin API, for its description. */
export interface AdminRoute {
  readonly method: 'get' | 'post';
  readonly path: string;
  readonly summary: string;
  /** Of its request. */
  readonly body?: z.ZodType;
}
