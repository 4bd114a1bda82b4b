/** What is counted of a caller: requests, tokens in and out, US dollars. */
export type Resource = 'requests' | 'tokens' | 'usd';
export type Span = 'minute' | 'day' | 'month';

export type LimitName = `${Resource}Per${Capitalize<Span>}`;

/** The most a key or a tenant may use; what is missing is not limited. */
export type Limits = { readonly [Name in LimitName]?: number | undefined };

/** An amount of everything that is counted. */
export type Amounts = Readonly<Record<Resource, number>>;

export const resources: readonly Resource[] = ['requests', 'tokens', 'usd'];
export const spans: readonly Span[] = ['minute', 'day', 'month'];

export function limitName(resource: Resource, span: Span): LimitName {
  return `${resource}Per${span === 'minute' ? 'Minute' : span === 'day' ? 'Day' : 'Month'}`;
}
