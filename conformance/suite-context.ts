import { type CheckContext, NotTestable, type OurGateway, type OursWishes } from './check.ts';
import { type ScriptedUpstream, startScriptedUpstream } from './scripted-upstream.ts';
import { startOurs } from './start-ours.ts';

/** Null: this gateway, started for the suite. Otherwise one that runs already, with the scripted upstream behind it. */
export type Target = null | {
  /** With its `/v1`. */
  readonly baseUrl: string;
  readonly key: string;
  /** False: the key is the upstream's, and the gateway hands it on. */
  readonly hasOwnKey: boolean;
  readonly model: string;
  readonly upstreamPort: number;
  /** Sent with every request, besides the key. */
  readonly headers: Readonly<Record<string, string>>;
};

export interface SuiteContext extends CheckContext {
  /** Before each check: a silent upstream and a gateway that remembers no failure of it. */
  prepare(): Promise<void>;
  /** After each check: ends what it started. */
  cleanUp(): Promise<void>;
  close(): Promise<void>;
}

export const defaultModel = 'gpt-4o-mini';

export async function startContext(target: Target): Promise<SuiteContext> {
  const upstream = await startScriptedUpstream(target?.upstreamPort ?? 0);
  return target === null ? new OurContext(upstream) : new ForeignContext(upstream, target);
}

class OurContext implements SuiteContext {
  readonly isOurs = true;
  readonly hasOwnKey = true;
  readonly clientHeaders = {};
  readonly model = defaultModel;
  readonly upstream: ScriptedUpstream;
  readonly #started: OurGateway[] = [];
  readonly #shared: OurGateway[] = [];
  #gateway: OurGateway | null = null;
  #isMarked = false;

  constructor(upstream: ScriptedUpstream) {
    this.upstream = upstream;
  }

  get origin(): string {
    return this.#running.origin;
  }

  get baseUrl(): string {
    return this.#running.baseUrl;
  }

  get key(): string {
    return this.#running.key;
  }

  readonly headers = (extra: Readonly<Record<string, string>> = {}): Record<string, string> =>
    this.#running.headers(extra);

  readonly startOurs = async (wishes: OursWishes = {}): Promise<OurGateway> => {
    const gateway = await startOurs(wishes);
    (wishes.isShared === true ? this.#shared : this.#started).push(gateway);
    return gateway;
  };

  async prepare(): Promise<void> {
    // A failed upstream is rested by the gateway, which would show in the next check.
    if (this.#isMarked || (await this.#isGone())) await this.#stop();
    this.#isMarked = false;
    this.#gateway ??= await startOurs({}, { upstream: this.upstream });
    this.upstream.reset();
  }

  async cleanUp(): Promise<void> {
    this.#isMarked = this.upstream.hasFailed;
    this.upstream.reset();
    await Promise.all(this.#started.splice(0).map((gateway) => gateway.stop()));
  }

  async close(): Promise<void> {
    await Promise.all(this.#shared.splice(0).map((gateway) => gateway.stop()));
    await this.#stop();
    await this.upstream.close();
  }

  get #running(): OurGateway {
    if (this.#gateway === null) throw new Error('the gateway does not run');
    return this.#gateway;
  }

  async #isGone(): Promise<boolean> {
    if (this.#gateway === null) return false;
    return Promise.race([this.#gateway.ended.then(() => true), Promise.resolve(false)]);
  }

  async #stop(): Promise<void> {
    await this.#gateway?.stop();
    this.#gateway = null;
  }
}

class ForeignContext implements SuiteContext {
  readonly isOurs = false;
  readonly hasOwnKey: boolean;
  readonly upstream: ScriptedUpstream;
  readonly baseUrl: string;
  readonly origin: string;
  readonly key: string;
  readonly model: string;
  readonly clientHeaders: Readonly<Record<string, string>>;

  constructor(upstream: ScriptedUpstream, { baseUrl, key, model, headers, hasOwnKey }: NonNullable<Target>) {
    this.hasOwnKey = hasOwnKey;
    this.clientHeaders = headers;
    this.upstream = upstream;
    this.baseUrl = baseUrl.replace(/\/+$/, '');
    this.origin = new URL(baseUrl).origin;
    this.key = key;
    this.model = model;
  }

  readonly headers = (extra: Readonly<Record<string, string>> = {}): Record<string, string> => ({
    'content-type': 'application/json',
    authorization: `Bearer ${this.key}`,
    ...this.clientHeaders,
    ...extra,
  });

  readonly startOurs = async (): Promise<OurGateway> => {
    throw new NotTestable('it needs a gateway of its own, with other settings');
  };

  async prepare(): Promise<void> {
    this.upstream.reset();
  }

  async cleanUp(): Promise<void> {
    this.upstream.reset();
  }

  close(): Promise<void> {
    return this.upstream.close();
  }
}
