import { unseenRows } from '../../curate/curate.ts';
import { toExample } from '../../curate/to-example.ts';
import { costOfResponse } from '../../economics/cost-of-call.ts';
import { keepLedger, type Ledger } from '../../economics/ledger.ts';
import { createBaselines } from '../../evaluate/baselines.ts';
import { type Evaluation, evaluate } from '../../evaluate/evaluate.ts';
import type { LiveEngine } from '../../gateway/live-engine.ts';
import type { ReplayResult } from '../../gateway/replay.ts';
import type { Assignment } from '../../gateway/replay-books.ts';
import type { CertificateReport, TaskReport } from '../../gateway/replay-report.ts';
import type { Call } from '../../records/call.ts';
import { isLearnable, type LearnableShape } from '../../records/output-shape.ts';
import { describeShape } from '../describe-shape.ts';
import { percent } from '../table.ts';
import { sourceOf, type TrafficSource } from './demo-traffic.ts';
import type { RememberedStudent } from './remember-students.ts';

/** What became of one task in the replay, and how its student does on calls that it had not seen when it was certified. */
export interface TaskStory {
  readonly id: string;
  readonly name: string;
  readonly answers: string;
  readonly source: TrafficSource | null;
  readonly calls: number;
  readonly avoidedShare: number;
  readonly disagreementShare: number;
  readonly bill: Ledger<'teacher'>;
  readonly verdict: Verdict;
  /** The newest certificate that has seen enough calls to be looked at; null where nothing was certified. */
  readonly certificate: CertificateReport | null;
  /** On the calls after that certificate. */
  readonly evaluation: Evaluation | null;
}

export interface Verdict {
  readonly isWorthIt: boolean;
  readonly why: string;
}

export interface StoryParts {
  readonly result: ReplayResult;
  readonly calls: readonly Call[];
  readonly assignments: ReadonlyMap<string, Assignment>;
  readonly students: ReadonlyMap<string, RememberedStudent>;
  readonly sources: readonly TrafficSource[];
}

/** One story a task, the one with the largest bill first. */
export function tellStories(parts: StoryParts): readonly TaskStory[] {
  const byTask = groupByTask(parts.calls, parts.assignments);
  return parts.result.report.tasks
    .map((report) => tellStory(report, byTask.get(report.id) ?? [], parts))
    .sort((a, b) => (b.bill.before.usd ?? 0) - (a.bill.before.usd ?? 0));
}

function groupByTask(
  calls: readonly Call[],
  assignments: ReadonlyMap<string, Assignment>,
): ReadonlyMap<string, readonly Call[]> {
  const groups = new Map<string, Call[]>();
  for (const call of calls) {
    const task = assignments.get(call.id)?.task ?? null;
    if (task === null) continue;
    const group = groups.get(task);
    if (group) group.push(call);
    else groups.set(task, [call]);
  }
  return groups;
}

function tellStory(
  report: TaskReport,
  calls: readonly Call[],
  { result, assignments, students, sources }: StoryParts,
): TaskStory {
  const task = result.engine.finder.task(report.id);
  const shape = task !== null && isLearnable(task.shape) ? task.shape : null;
  const certificate = tellingCertificate(report.certificates);
  const remembered = certificate === null ? undefined : students.get(certificate.student);
  const isMeasurable = certificate !== null && remembered !== undefined && shape !== null;
  const evaluation = isMeasurable
    ? measureAfter({ certificate, remembered, shape, calls, engine: result.engine })
    : null;
  return {
    id: report.id,
    name: report.name,
    answers: task === null ? report.shape : describeShape(task),
    source: sourceOf(sources, calls[0]?.id ?? ''),
    calls: report.calls,
    avoidedShare: report.avoidedShare,
    disagreementShare: report.disagreementShare,
    bill: keepLedger(
      calls.map((call) => ({
        teacherCost: costOfResponse(call.response, call.request.model),
        paidFor: assignments.get(call.id)?.answeredBy === 'student' ? null : 'teacher',
      })),
      ['teacher'],
    ),
    verdict: judge(report, evaluation),
    certificate,
    evaluation,
  };
}

/** With fewer calls behind it, a certificate has nothing to show yet. */
const tellingCalls = 200;

function tellingCertificate(certificates: readonly CertificateReport[]): CertificateReport | null {
  const newest = certificates.filter(({ served }) => served.calls >= tellingCalls).at(-1);
  return newest ?? [...certificates].sort((a, b) => b.served.calls - a.served.calls)[0] ?? null;
}

/** A student that takes a smaller share of the calls is not worth looking after. */
const worthwhileShare = 0.1;
/** Nor is one that keeps its promise only because it answers so little. */
const worthwhileAgreement = 0.9;

function judge({ avoidedShare, outlook }: TaskReport, evaluation: Evaluation | null): Verdict {
  const { answered = null, agreement = null } = evaluation?.served ?? {};
  if (answered === null || agreement === null) return { isWorthIt: false, why: outlook };
  if (answered.share < worthwhileShare)
    return { isWorthIt: false, why: `it can take only ${percent(answered.share)} of the calls` };
  if (agreement.share < worthwhileAgreement)
    return {
      isWorthIt: false,
      why: `of what it would answer, only ${percent(agreement.share)} is what the teacher says`,
    };
  const month = `${percent(avoidedShare)} over the month, learning included`;
  return { isWorthIt: true, why: `it now takes ${percent(answered.share)} of the calls (${month})` };
}

function measureAfter({
  certificate,
  remembered,
  shape,
  calls,
  engine,
}: {
  readonly certificate: CertificateReport;
  readonly remembered: RememberedStudent;
  readonly shape: LearnableShape;
  readonly calls: readonly Call[];
  readonly engine: LiveEngine;
}): Evaluation {
  const examples = calls.flatMap((call) => {
    const match = engine.finder.match(call);
    const example = match?.version === certificate.version ? toExample(call, match, shape) : null;
    return example === null ? [] : [example];
  });
  return evaluate({
    shape,
    rows: unseenRows(examples, Date.parse(certificate.at)),
    predict: (slots) => remembered.student.predict(slots),
    baselines: createBaselines(remembered.rows) ?? {},
    threshold: certificate.threshold,
  });
}
