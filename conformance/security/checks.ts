import { type Check, type LaterLine, later } from '../check.ts';
import { addressChecks } from './addresses.ts';
import { inputChecks } from './inputs.ts';
import { keyChecks } from './keys.ts';
import { roleChecks } from './roles.ts';
import { secretChecks } from './secrets.ts';
import { staticChecks } from './static.ts';
import { tenantChecks } from './tenants.ts';

/** S1–S20. */
export const securityChecks: readonly Check[] = [
  ...keyChecks,
  ...addressChecks,
  ...roleChecks,
  ...secretChecks,
  ...tenantChecks,
  ...inputChecks,
  ...staticChecks,
];

export const laterSecurity: readonly LaterLine[] = [
  later('S13', 'feedback from callers, which there is none of'),
  later('S17', 'the dashboard'),
  later('S19', 'a container image of our own; docs/guides has an example file'),
];
