import type { Settings } from '../settings.ts';

/** What is kept of the calls, how, where and for how long: one line, said at every start. */
export function describeKept({ capture, redaction, data, retention }: Settings): string {
  const what = {
    content: 'requests and answers, because learning needs them',
    figures: 'figures of the calls, no content; nothing is learned',
    nothing: 'nothing of the calls; nothing is learned',
  }[capture.default];
  const howLong = retention.days === null ? '' : `, for ${retention.days} days`;
  const own = [
    ...numbered('tenant', [capture.tenants, redaction.tenants, retention.tenants]),
    ...numbered('task', [capture.tasks, retention.tasks]),
  ];
  const others = own.length === 0 ? '' : `; ${own.join(' and ')} with settings of their own`;
  return `${what}; ${describeRedaction(redaction)}; in ${data}${howLong}${others}. Nothing is sent anywhere but upstream.`;
}

function describeRedaction({ recognisers, patterns }: Settings['redaction']): string {
  if (recognisers === 'none') return 'nothing is redacted';
  if (recognisers !== 'standard') return `redacted before: ${recognisers.join(', ')}`;
  return `personal data and secrets redacted before${patterns.length === 0 ? '' : `, ${patterns.length} own patterns too`}`;
}

function numbered(what: string, settings: readonly object[]): readonly string[] {
  const { size } = new Set(settings.flatMap((each) => Object.keys(each)));
  return size === 0 ? [] : [`${size} ${what}${size === 1 ? '' : 's'}`];
}
