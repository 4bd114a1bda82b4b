import type { ScriptedUpstream } from './scripted-upstream.ts';

/** `C` compatibility, `R` resilience, `S` security: the lines of the checklist. */
export type CheckNumber = `${'C' | 'R' | 'S'}${number}`;

/** One rule of the checklist. Several may share a number: the line passes when all of them do. */
export interface Check {
  readonly number: CheckNumber;
  /** A sentence that states the rule. */
  readonly title: string;
  /** Takes long or measures time too finely for a busy machine: `npm run conformance` runs it, `npm test` does not. */
  readonly slow?: boolean;
  /** Why it only applies to this gateway: it needs its settings, its headers, its process. */
  readonly ours?: string;
  /** Longest time it may take; 30 s, or 180 s where it is slow. */
  readonly timeoutMs?: number;
  /** Throws where the gateway breaks the rule, `NotTestable` where it cannot be told. */
  run(context: CheckContext): Promise<void>;
}

/** A line, or a part of it, that waits for what does not exist yet. */
export interface LaterLine {
  readonly number: CheckNumber;
  readonly later: string;
}

export function later(number: CheckNumber, reason: string): LaterLine {
  return { number, later: reason };
}

/** Thrown by a check that cannot tell: it counts neither as passed nor as failed. */
export class NotTestable extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = 'NotTestable';
  }
}

/** The gateway that is looked at, and the upstream behind it. */
export interface CheckContext {
  /** Without a path. */
  readonly origin: string;
  /** With its `/v1`. */
  readonly baseUrl: string;
  /** The gateway's key, sent as a bearer token. */
  readonly key: string;
  readonly model: string;
  readonly isOurs: boolean;
  /** False: the gateway has no keys of its own and hands the caller's on. */
  readonly hasOwnKey: boolean;
  /** Headers that the gateway wants with every request, besides the key. */
  readonly clientHeaders: Readonly<Record<string, string>>;
  /** Silent and empty at the start of each check. */
  readonly upstream: ScriptedUpstream;
  /** Content type and key; `extra` wins. */
  readonly headers: (extra?: Readonly<Record<string, string>>) => Record<string, string>;
  /**
   * Another `rightsize start`, a process with settings, folder and upstream of its own, stopped after the check. Throws
   * `NotTestable` where another gateway is looked at.
   */
  readonly startOurs: (wishes?: OursWishes) => Promise<OurGateway>;
}

/** As they stand in the settings file; the gateway itself says what is wrong with them. */
export interface WishedSettings {
  readonly keys?: object;
  readonly upstream?: object;
  readonly [name: string]: unknown;
}

export interface OursWishes {
  /** Over those that every gateway of the suite gets. `upstream.baseUrl` is the scripted upstream's unless given. */
  readonly settings?: WishedSettings | ((upstream: ScriptedUpstream) => WishedSettings);
  readonly environment?: Readonly<Record<string, string>>;
  /** Data folder that exists already; otherwise an empty one. */
  readonly data?: string;
  /** True: it is stopped when the suite ends, so that several checks can share it. */
  readonly isShared?: boolean;
  /** False: no key is configured, `headers` carries none. */
  readonly withKey?: boolean;
}

export interface OurGateway {
  readonly origin: string;
  readonly baseUrl: string;
  readonly key: string;
  readonly upstream: ScriptedUpstream;
  readonly pid: number;
  /** Holds the settings file; the data folder is `data`. */
  readonly folder: string;
  readonly data: string;
  readonly headers: (extra?: Readonly<Record<string, string>>) => Record<string, string>;
  /** What the process has written, standard output and error together. */
  output(): string;
  signal(name: NodeJS.Signals): void;
  /** Exit status, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;
  /** Ends it, kindly first; removes its folder. */
  stop(): Promise<void>;
}
