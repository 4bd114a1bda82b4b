import { createHash } from 'node:crypto';
import { findTerms, noticeOf, type Teacher, type TermsNotice } from './provider-terms.ts';

/** A call that trained a student. */
export interface TrainedCall {
  readonly id: string;
  /** Milliseconds since 1970, UTC. */
  readonly at: number;
  /** The requested model. */
  readonly model: string;
  /** Task version id. */
  readonly version: string;
  /** False where it came from an imported log. */
  readonly isThroughGateway: boolean;
}

/** Rows that one teacher answered under one version of the task. */
export interface TeacherRows extends Teacher {
  /** Task version id. */
  readonly version: string;
  readonly rows: number;
  /** ISO 8601, of the first and the last call. */
  readonly from: string;
  readonly to: string;
}

/** Where the rows that trained a student come from. */
export interface Lineage {
  readonly rows: number;
  /** SHA-256 of the calls' ids, sorted, one a line: the same rows have the same hash. */
  readonly callsHash: string;
  /** Calls in a frozen gold set that trained all the same, by the teacher's answer: never a person's, and none in `train`. */
  readonly frozenGoldRows: number;
  /** Calls that counted less, because their answer is likely wrong; absent where a student was trained before that was kept. */
  readonly weighedDownRows?: number;
  /** Most rows first. */
  readonly teachers: readonly TeacherRows[];
}

/**
 * The lineage of the calls that trained a student. `upstream` is the host that answers calls through the gateway today;
 * of imported calls nobody knows who answered them, beside the model they name.
 */
export function lineageOf(
  trained: readonly TrainedCall[],
  {
    upstream = null,
    frozenGold,
    weighedDownRows,
  }: {
    readonly upstream?: string | null;
    readonly frozenGold: ReadonlySet<string>;
    readonly weighedDownRows?: number;
  },
): Lineage {
  const groups = new Map<string, TrainedCall[]>();
  for (const call of trained) {
    const key = JSON.stringify([call.model, call.isThroughGateway, call.version]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [call]);
    else group.push(call);
  }
  const ids = trained.map(({ id }) => id).sort();
  return {
    rows: trained.length,
    callsHash: createHash('sha256').update(ids.join('\n')).digest('hex'),
    frozenGoldRows: ids.filter((id) => frozenGold.has(id)).length,
    ...(weighedDownRows !== undefined && { weighedDownRows }),
    teachers: [...groups.values()].map((calls) => teacherRows(calls, upstream)).sort((a, b) => b.rows - a.rows),
  };
}

/** Of the calls of one group, which has at least one. */
function teacherRows(calls: readonly TrainedCall[], upstream: string | null): TeacherRows {
  const { model, version, isThroughGateway } = calls[0] as TrainedCall;
  const times = calls.map(({ at }) => at).sort((a, b) => a - b);
  return {
    model,
    upstream: isThroughGateway ? upstream : null,
    version,
    rows: calls.length,
    from: new Date(times[0] as number).toISOString(),
    to: new Date(times.at(-1) as number).toISOString(),
  };
}

/** What bears on the rows: one notice a provider, and the teachers about whom the table knows nothing. */
export function termsOfLineage({ teachers }: { readonly teachers: readonly Teacher[] }): {
  readonly notices: readonly TermsNotice[];
  readonly unknownTeachers: readonly string[];
} {
  const found = new Set(teachers.flatMap((teacher) => findTerms(teacher)));
  const unknown = teachers.filter((teacher) => findTerms(teacher).length === 0).map(({ model }) => model);
  return { notices: [...found].map(noticeOf), unknownTeachers: [...new Set(unknown)] };
}
