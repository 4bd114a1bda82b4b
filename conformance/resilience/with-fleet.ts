import type { CheckContext, OurGateway, WishedSettings } from '../check.ts';
import { type ScriptedUpstream, startScriptedUpstream } from '../scripted-upstream.ts';

export interface FleetWishes {
  /** Of each of the two upstreams. */
  readonly upstream?: Readonly<Record<string, unknown>>;
  /** Of the alias. */
  readonly model?: Readonly<Record<string, unknown>>;
  readonly settings?: WishedSettings;
}

export interface TwoDeployments {
  readonly gateway: OurGateway;
  /** Asked first. */
  readonly first: ScriptedUpstream;
  /** Asked where the first cannot answer. */
  readonly second: ScriptedUpstream;
}

/** The name that both deployments answer to. */
export const alias = 'alias';

/** Runs a check against a gateway with two deployments, each on an upstream of its own. */
export async function withFleet(
  context: CheckContext,
  { upstream = {}, model = {}, settings = {} }: FleetWishes,
  check: (parts: TwoDeployments) => Promise<void>,
): Promise<void> {
  const [first, second] = await Promise.all([startScriptedUpstream(), startScriptedUpstream()]);
  const named = ({ baseUrl }: ScriptedUpstream) => ({ ...upstream, baseUrl });
  const deployments = ['first', 'second'].map((name, i) => ({ upstream: name, model: 'm', name, priority: i + 1 }));
  const wishes = {
    ...settings,
    upstreams: { first: named(first), second: named(second) },
    models: { [alias]: { deployments, retryBaseMs: 50, ...model } },
  };
  try {
    await check({ gateway: await context.startOurs({ settings: wishes }), first, second });
  } finally {
    await Promise.all([first.close(), second.close()]);
  }
}
