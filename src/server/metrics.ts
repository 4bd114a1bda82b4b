import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { WriteBehindCounts } from '../capture/write-behind.ts';
import type { Engine } from '../gateway/engine.ts';
import type { Gateway, RequestEnd } from '../gateway/gateway.ts';
import type { DeploymentStanding } from '../providers/fleet/fleet-provider.ts';
import { registerDurations } from './duration-histogram.ts';
import { RequestTally } from './request-tally.ts';

/** What the figures are read from when somebody asks for them. */
export interface MetricSources {
  readonly engine: Pick<Engine, 'status'>;
  readonly gateway: Pick<Gateway, 'active' | 'counts'>;
  readonly capture: () => WriteBehindCounts;
  /** How the deployments of models fare; none where there are no models. */
  readonly deployments?: () => readonly DeploymentStanding[];
  readonly version: string;
}

/** One figure, for the reference page. */
export interface MetricLine {
  readonly name: string;
  readonly kind: string;
  readonly labels: readonly string[];
  readonly meaning: string;
}

export interface Metrics {
  /** Every figure of this program's own. */
  readonly list: readonly MetricLine[];
  /** Counts one request that has ended. */
  observe(end: RequestEnd): void;
  /** Prometheus' text format. */
  text(sources: MetricSources): Promise<string>;
  readonly contentType: string;
}

/** The tasks with most calls have lines of their own: the number of lines must not grow without end. */
const mostTasks = 200;

/** The figures of one server. Names and labels are stable; docs/reference/metrics.md lists them. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  const tally = new RequestTally();
  const requests = requestMetrics(registry);
  registerDurations(registry, tally);
  const figures = sourceMetrics(registry);
  const list = registry.getMetricsAsArray().map(describe);
  collectDefaultMetrics({ register: registry });
  return {
    list,
    contentType: registry.contentType,
    observe: (end) => tally.add(end),
    text(sources) {
      readRequests(requests, tally);
      read(figures, sources);
      return registry.metrics();
    },
  };
}

type RegisteredMetric = ReturnType<Registry['getMetricsAsArray']>[number];

function describe(metric: RegisteredMetric): MetricLine {
  // The typings leave out what every metric carries.
  const { name, help, type, labelNames } = metric as RegisteredMetric & { readonly labelNames: readonly string[] };
  return { name, kind: String(type), labels: labelNames, meaning: help };
}

type RequestMetrics = ReturnType<typeof requestMetrics>;

function requestMetrics(registry: Registry) {
  const registers = [registry];
  return {
    requests: new Counter({
      name: 'rightsize_requests_total',
      help: 'Requests that have ended, by endpoint, status of the answer and who answered.',
      labelNames: ['endpoint', 'status', 'answered_by'],
      registers,
    }),
    errors: new Counter({
      name: 'rightsize_errors_total',
      help: 'Requests that failed, by error code.',
      labelNames: ['code'],
      registers,
    }),
    tokens: new Counter({
      name: 'rightsize_tokens_total',
      help: 'Tokens as the answers report them; estimated for students.',
      labelNames: ['direction', 'answered_by'],
      registers,
    }),
    cost: new Counter({
      name: 'rightsize_cost_usd_total',
      help: 'US dollars paid to upstreams, of the answers whose price is known.',
      registers,
    }),
    unpriced: new Counter({
      name: 'rightsize_unpriced_requests_total',
      help: 'Answers of upstreams whose cost is not known; they are in no sum.',
      registers,
    }),
    attempts: new Counter({
      name: 'rightsize_upstream_attempts_total',
      help: 'Times an upstream was asked, retries included, by the deployment that answered last.',
      labelNames: ['deployment'],
      registers,
    }),
  };
}

/** The figures are counted in the tally; here they are only shown. */
function readRequests(metrics: RequestMetrics, tally: RequestTally): void {
  for (const metric of Object.values(metrics)) metric.reset();
  for (const { endpoint, answeredBy: answered_by, statuses, inputTokens, outputTokens } of tally.answered) {
    for (const [status, requests] of statuses) metrics.requests.inc({ endpoint, status, answered_by }, requests);
    if (inputTokens > 0) metrics.tokens.inc({ direction: 'input', answered_by }, inputTokens);
    if (outputTokens > 0) metrics.tokens.inc({ direction: 'output', answered_by }, outputTokens);
  }
  for (const [code, requests] of tally.errors) metrics.errors.inc({ code }, requests);
  for (const [deployment, attempts] of tally.attempts) metrics.attempts.inc({ deployment }, attempts);
  metrics.cost.inc(tally.cost);
  metrics.unpriced.inc(tally.unpriced);
}

type SourceMetrics = ReturnType<typeof sourceMetrics>;

function sourceMetrics(registry: Registry) {
  const gauge = <Label extends string>(name: string, help: string, labelNames: readonly Label[] = []) =>
    new Gauge({ name, help, labelNames: [...labelNames], registers: [registry] });
  const total = (name: string, help: string) => new Counter({ name, help, registers: [registry] });
  const task = ['task', 'name', 'tenant'] as const;
  const deployment = ['deployment'] as const;
  return {
    info: gauge('rightsize_build_info', 'Always 1; the version is in the label.', ['version']),
    active: gauge('rightsize_active_requests', 'Requests being answered now.'),
    captureFailures: total('rightsize_capture_failures_total', 'Calls that could not be learned from or kept.'),
    redactionFailures: total(
      'rightsize_redaction_failures_total',
      'Calls of which only figures were kept, because they could not be redacted.',
    ),
    redacted: new Counter({
      name: 'rightsize_redacted_stretches_total',
      help: 'Stretches of text replaced by placeholders.',
      labelNames: ['tenant', 'recogniser'],
      registers: [registry],
    }),
    queued: gauge('rightsize_capture_queued', 'Calls waiting to be stored.'),
    written: total('rightsize_capture_written_total', 'Calls stored.'),
    dropped: total('rightsize_capture_dropped_total', 'Calls lost: the queue was full, or the store refused them.'),
    storeFailures: total('rightsize_store_failures_total', 'Attempts to store that failed.'),
    deploymentActive: gauge('rightsize_deployment_active_requests', 'Calls a deployment answers now.', deployment),
    deploymentFailures: gauge('rightsize_deployment_failures', 'Failures of a deployment in a row.', deployment),
    deploymentState: gauge(
      'rightsize_deployment_state',
      'Always 1; closed (well), open, half-open or cooling is in the label.',
      ['deployment', 'state'],
    ),
    taskCalls: gauge('rightsize_task_calls', 'Calls of a task.', task),
    taskTeacherCalls: gauge('rightsize_task_teacher_calls', 'Of these, calls that the teacher answered.', task),
    taskStage: gauge('rightsize_task_stage', 'Always 1; how far the student is let is in the label.', [
      ...task,
      'stage',
    ]),
    certified: gauge('rightsize_task_certified', '1 where a certificate is in force, else 0.', task),
    spotChecks: gauge('rightsize_task_spot_checks', 'Spot checks under the certificate in force.', task),
    spotDifferent: gauge(
      'rightsize_task_spot_checks_different',
      'Of these, answers different from the teacher’s.',
      task,
    ),
  };
}

function read(metrics: SourceMetrics, sources: MetricSources): void {
  const { engine, gateway, capture, version } = sources;
  metrics.info.set({ version }, 1);
  metrics.active.set(gateway.active);
  const { queued, written, dropped, failures } = capture();
  metrics.queued.set(queued);
  const { captureFailures, redactionFailures, redacted: covered } = gateway.counts;
  setTotal(metrics.captureFailures, captureFailures);
  setTotal(metrics.redactionFailures, redactionFailures);
  metrics.redacted.reset();
  for (const { tenant, recogniser, count } of covered) metrics.redacted.inc({ tenant, recogniser }, count);
  setTotal(metrics.written, written);
  setTotal(metrics.dropped, dropped);
  setTotal(metrics.storeFailures, failures);
  readTasks(metrics, engine);
  readDeployments(metrics, sources.deployments?.() ?? []);
}

function readDeployments(metrics: SourceMetrics, standings: readonly DeploymentStanding[]): void {
  for (const gauge of [metrics.deploymentActive, metrics.deploymentFailures, metrics.deploymentState]) gauge.reset();
  for (const { name: deployment, state, inFlight, failures } of standings) {
    metrics.deploymentActive.set({ deployment }, inFlight);
    metrics.deploymentFailures.set({ deployment }, failures);
    metrics.deploymentState.set({ deployment, state }, 1);
  }
}

/** The figure is counted elsewhere; here it is only shown. */
function setTotal(counter: Counter, total: number): void {
  counter.reset();
  counter.inc(total);
}

function readTasks(metrics: SourceMetrics, engine: MetricSources['engine']): void {
  const ofTasks = [
    metrics.taskCalls,
    metrics.taskTeacherCalls,
    metrics.taskStage,
    metrics.certified,
    metrics.spotChecks,
    metrics.spotDifferent,
  ];
  for (const gauge of ofTasks) gauge.reset();
  const largestFirst = [...engine.status()].sort((a, b) => b.calls - a.calls);
  for (const status of largestFirst.slice(0, mostTasks)) {
    const labels = { task: status.task.id, name: status.task.name, tenant: status.task.tenant };
    metrics.taskCalls.set(labels, status.calls);
    metrics.taskTeacherCalls.set(labels, status.teacherCalls);
    metrics.taskStage.set({ ...labels, stage: status.stage }, 1);
    metrics.certified.set(labels, status.certificate === null ? 0 : 1);
    metrics.spotChecks.set(labels, status.spotChecks.calls);
    metrics.spotDifferent.set(labels, status.spotChecks.different);
  }
}
