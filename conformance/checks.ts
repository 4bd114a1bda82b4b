import type { Check, LaterLine } from './check.ts';
import { clientChecks } from './clients/client-checks.ts';
import { compatibilityChecks } from './compatibility/checks.ts';
import { laterResilience, resilienceChecks } from './resilience/checks.ts';
import { laterSecurity, securityChecks } from './security/checks.ts';

/** Every check of the suite, in any order. */
export const allChecks: readonly Check[] = [
  ...compatibilityChecks,
  ...clientChecks,
  ...resilienceChecks,
  ...securityChecks,
];

/** Lines of the checklist that wait for parts that do not exist yet. */
export const laterLines: readonly LaterLine[] = [...laterResilience, ...laterSecurity];
