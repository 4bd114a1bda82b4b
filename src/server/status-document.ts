import type { CacheCounts } from '../gateway/answered-before/response-cache.ts';
import type { RedactedCount } from '../gateway/call-privacy.ts';
import type { Engine } from '../gateway/engine.ts';
import type { Gateway } from '../gateway/gateway.ts';
import type { Certificate } from '../records/certificate.ts';
import type { OutputShape } from '../records/output-shape.ts';
import type { RouteReason, Stage } from '../records/route.ts';

/** One task as `status` shows it. */
export interface TaskLine {
  readonly id: string;
  readonly name: string;
  readonly tenant: string;
  readonly kind: 'task' | 'group';
  readonly shape: OutputShape['kind'];
  readonly stage: Stage;
  readonly auto: boolean;
  readonly calls: number;
  /** Null where no server runs. */
  readonly teacherCalls: number | null;
  /** Share of the calls that no teacher had to answer; null before the first call, and where no server runs. */
  readonly avoidedShare: number | null;
  readonly certificate: Certificate | null;
  readonly spotChecks: { readonly calls: number; readonly different: number } | null;
  /** Calls that trained the certified student and were erased since; a retrained student has none. */
  readonly erasedRows: number;
  /** Why nothing is answered locally; null while something is. */
  readonly waitingFor: RouteReason | null;
  readonly outlook: string;
}

/** What `GET /admin/v1/status` and `rightsize status --json` say. `server` is null where none runs. */
export interface StatusDocument {
  readonly server: ServerLine | null;
  readonly tasks: readonly TaskLine[];
}

export interface ServerLine {
  readonly version: string;
  readonly startedAt: string;
  readonly upstream: string | null;
  readonly calls: number;
  readonly answeredByStudent: number;
  readonly failed: number;
  readonly captureFailures: number;
  /** Calls of which only figures were kept, because they could not be redacted. */
  readonly redactionFailures: number;
  /** Stretches of text replaced by placeholders since the start. */
  readonly redacted: readonly RedactedCount[];
  /** Answers given again since the start, and what is in memory for more. */
  readonly cache: CacheCounts;
  readonly active: number;
}

export interface ServerFacts {
  readonly version: string;
  /** Milliseconds since 1970, UTC. */
  readonly startedAt: number;
  readonly upstream: string | null;
}

/** What a status is told from. */
export interface StatusSources {
  readonly engine: Engine;
  readonly gateway: Gateway;
  readonly facts: ServerFacts;
  /** Rows erased since, by student. */
  readonly erasedRows: () => ReadonlyMap<string, number>;
}

export function describeStatus(sources: StatusSources): StatusDocument {
  const { gateway, facts } = sources;
  return {
    server: { ...facts, startedAt: new Date(facts.startedAt).toISOString(), ...gateway.counts, active: gateway.active },
    tasks: describeTasks(sources),
  };
}

export function describeTasks({ engine, erasedRows }: StatusSources): readonly TaskLine[] {
  const erased = erasedRows();
  return engine.status().map(({ task, ...status }) => ({
    id: task.id,
    name: task.name,
    tenant: task.tenant,
    kind: task.kind,
    shape: task.shape.kind,
    ...status,
    erasedRows: erased.get(status.certificate?.student ?? '') ?? 0,
    avoidedShare: status.calls === 0 ? null : 1 - status.teacherCalls / status.calls,
  }));
}
