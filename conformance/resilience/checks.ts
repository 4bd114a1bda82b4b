import { type Check, type LaterLine, later } from '../check.ts';
import { budgetChecks } from './budgets.ts';
import { connectionChecks } from './connections.ts';
import { loadChecks } from './load.ts';
import { meteringChecks } from './metering.ts';
import { retryChecks } from './retries.ts';
import { stoppingChecks } from './stopping.ts';
import { storeChecks } from './stores.ts';
import { studentChecks } from './students.ts';
import { targetChecks } from './targets.ts';

/** R1–R30. */
export const resilienceChecks: readonly Check[] = [
  ...retryChecks,
  ...connectionChecks,
  ...loadChecks,
  ...targetChecks,
  ...stoppingChecks,
  ...storeChecks,
  ...studentChecks,
  ...meteringChecks,
  ...budgetChecks,
];

export const laterResilience: readonly LaterLine[] = [
  later('R12', 'the dashboard'),
  later('R15', 'Postgres'),
  later('R22', 'several instances on one store'),
  later('R23', 'several instances on Postgres'),
  later('R28', 'canaries by key and their roll-back'),
  later('R30', 'an hour: `npx tsx bench/soak.ts --minutes 60`'),
];
