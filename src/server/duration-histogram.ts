import type { Registry } from 'prom-client';
import { type Answered, durationBuckets, type RequestTally } from './request-tally.ts';

const name = 'rightsize_request_duration_seconds';
const help = 'From the request to the end of its answer.';

interface Sample {
  readonly metricName: string;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
}

/** A histogram over the tally's own counts: prom-client's would cost every request what here only a reader pays. */
export function registerDurations(registry: Registry, tally: RequestTally): void {
  const type = 'histogram';
  const metric = {
    name,
    help,
    type,
    aggregator: 'sum',
    labelNames: ['endpoint', 'answered_by'],
    get: () => ({ name, help, type, aggregator: 'sum', values: tally.answered.flatMap(samplesOf) }),
    reset: () => {},
  };
  registry.registerMetric(metric as unknown as Parameters<Registry['registerMetric']>[0]);
}

function samplesOf({ endpoint, answeredBy, durations, seconds, requests }: Answered): readonly Sample[] {
  const labels = { endpoint, answered_by: answeredBy };
  let upTo = 0;
  const buckets = [...durations].map((count, index) => {
    upTo += count;
    return { metricName: `${name}_bucket`, labels: { le: durationBuckets[index] ?? '+Inf', ...labels }, value: upTo };
  });
  return [
    ...buckets,
    { metricName: `${name}_sum`, labels, value: seconds },
    { metricName: `${name}_count`, labels, value: requests },
  ];
}
