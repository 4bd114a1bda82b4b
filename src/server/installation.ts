import type { Logger } from 'pino';
import { type Access, openAccess } from '../access/open-access.ts';
import { createWriteBehind, type WriteBehindCounts } from '../capture/write-behind.ts';
import type { Encoder } from '../encoder/encoder.ts';
import type { Engine } from '../gateway/engine.ts';
import { createGateway, type Gateway } from '../gateway/gateway.ts';
import { applyKeptStages, keepStage } from '../gateway/kept-stages.ts';
import type { Provider } from '../providers/provider.ts';
import type { Stage } from '../records/route.ts';
import type { Settings } from '../settings.ts';
import type { RetentionRule } from '../storage/call-store.ts';
import { openStore } from '../storage/open-store.ts';
import type { Store } from '../storage/store.ts';
import type { FoundCall } from './admin-app.ts';
import { keepRetention } from './apply-retention.ts';
import {
  describeErasure,
  type ErasureReport,
  type ErasureRequest,
  eraseCalls,
  findErasure,
  teachersCalls,
} from './erase-calls.ts';
import { createLogger } from './logger.ts';
import { createMetrics, type Metrics } from './metrics.ts';
import { openChosenEncoder } from './open-chosen-encoder.ts';
import { openLiveEngine } from './open-live-engine.ts';
import { openUpstream } from './open-upstream.ts';
import type { ReloadReport } from './reload-settings.ts';
import { createReloading } from './reloading.ts';
import { openTracing } from './tracing.ts';

/** Builds the live loop over what a store keeps. */
export type EngineOpener = (parts: {
  readonly store: Store;
  readonly settings: Settings;
  /** Null or absent: students see n-grams alone. */
  readonly encoder?: Encoder | null;
  readonly log: Logger;
}) => Promise<Engine>;

export interface InstallationOptions {
  readonly settings: Settings;
  /** Standard error, at the level of `settings.log`, where none is given. */
  readonly log?: Logger;
  /** The live loop over the store where none is given. */
  readonly openEngine?: EngineOpener;
  /** Reads the settings again, for `reload`; throws what is wrong with them. */
  readonly readSettings?: () => Promise<Settings>;
  /** Names this program in spans; without it there are none. */
  readonly version?: string;
}

/** Everything of one data folder but a port: mount `gateway.handle` in any Node server. */
export interface Installation {
  /** Those in force now. */
  readonly settings: Settings;
  readonly metrics: Metrics;
  readonly captureCounts: () => WriteBehindCounts;
  readonly engine: Engine;
  readonly gateway: Gateway;
  readonly access: Access;
  /** Whoever answers upstream now; null where only students answer. */
  readonly provider: Provider | null;
  /** For people: a URL, a file; null where only students answer. */
  readonly upstream: string | null;
  findCall(id: string): Promise<FoundCall | null>;
  /** Erases calls for good, or says what would be erased. */
  erase(wanted: ErasureRequest, options: { readonly isDryRun: boolean }): Promise<ErasureReport>;
  /** Rows erased since, by student. */
  erasedRows(): ReadonlyMap<string, number>;
  keepStage(task: string | null, stage: Stage | 'auto'): Promise<void>;
  /**
   * Takes up changed settings without dropping a request. What is wrong with them is thrown, and the old ones stay.
   * Throws `not_reloadable` where nobody said how the settings are read.
   */
  reload(): Promise<ReloadReport>;
  /** Stores what is left and lets the folder go. A second call does nothing. */
  close(): Promise<void>;
}

/** Opens everything in order; when a later part fails, the earlier ones are closed again. Throws `folder_in_use` among others. */
export async function openInstallation(options: InstallationOptions): Promise<Installation> {
  const closers: (() => Promise<void>)[] = [];
  const close = async () => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  try {
    return Object.assign(await open(options, closers), { close });
  } catch (error) {
    await close();
    throw error;
  }
}

async function open(
  options: InstallationOptions,
  closers: (() => Promise<void>)[],
): Promise<Omit<Installation, 'close'>> {
  const { settings, log = createLogger(settings.log), openEngine = openLiveEngine } = options;
  const upstream = await openUpstream(settings, log);
  closers.push(() => upstream.close());
  const store = await openStore(settings.data, { lockWaitMs: 0 });
  closers.push(() => store.close());
  const capture = createWriteBehind({
    calls: store.calls,
    onProblem: (problem) => tellProblem(log, problem),
    onDropping: (isDropping) => tellDropping(log, isDropping),
  });
  closers.push(() => capture.close());
  const encoder = await openChosenEncoder(settings, log);
  if (encoder !== null) closers.push(() => encoder.close());
  const engine = await openEngine({ store, settings, encoder, log });
  closers.push(() => engine.close());
  await applyKeptStages(store.state, engine);
  const forget = (rule: RetentionRule) => forgetRemoved(store, engine, rule);
  closers.push(keepRetention({ store, retention: settings.retention, log, forget }));
  const access = await openAccess({ store, settings, onProblem: (err) => tellUnsaved(log, err) });
  closers.push(() => access.close());
  let erasedRows = await readErasedRows(store);
  const metrics = createMetrics();
  const tracing = options.version === undefined ? null : await openTracing(options.version);
  const gateway = createGateway({
    engine,
    provider: upstream.provider,
    gatekeeper: access.gate,
    settings,
    log,
    onCall: (captured) => capture.add(captured),
    onEnd: (end, headers) => {
      metrics.observe(end);
      tracing?.record(end, headers);
      log.debug(end, 'a request has ended');
    },
  });
  closers.push(() => gateway.drain());
  const live = createReloading({ settings, log, gateway, access, upstream, readSettings: options.readSettings });
  return {
    get settings() {
      return live.settings;
    },
    get provider() {
      return upstream.provider;
    },
    get upstream() {
      return upstream.provider?.name ?? null;
    },
    engine,
    gateway,
    access,
    metrics,
    captureCounts: () => capture.counts,
    findCall: async (id) => {
      await capture.flush();
      return findCall(store, id);
    },
    erasedRows: () => erasedRows,
    erase: async (wanted, { isDryRun }) => {
      await capture.flush();
      const found = await findErasure(store, wanted);
      if (!isDryRun) gateway.forgetAnswers();
      if (isDryRun || found.length === 0) return describeErasure(store, found);
      try {
        return await eraseCalls({ store, engine }, found);
      } finally {
        gateway.forgetAnswers();
        erasedRows = await readErasedRows(store);
      }
    },
    keepStage: (task, stage) => keepStage(store.state, task, stage),
    reload: () => live.reload(),
  };
}

/** What the live loop learned goes with the calls that retention deleted. */
async function forgetRemoved(store: Store, engine: Engine, rule: RetentionRule): Promise<void> {
  const callsOf = (task: string) => teachersCalls(store, task);
  if ('olderThan' in rule) {
    const { olderThan: before, tenant, task } = rule;
    await engine.forgetOlder?.({ before, tenant, task: task ?? undefined, callsOf });
    return;
  }
  for await (const { call } of store.calls.scan()) {
    await engine.forgetOlder?.({ before: call.at, callsOf });
    return;
  }
}

async function readErasedRows(store: Store): Promise<ReadonlyMap<string, number>> {
  const students = await store.students.list();
  return new Map(students.flatMap(({ id, erasedRows }) => (erasedRows === undefined ? [] : [[id, erasedRows]])));
}

async function findCall(store: Store, id: string): Promise<FoundCall | null> {
  const stored = await store.calls.get(id);
  if (stored === null) return null;
  const { call, route } = stored;
  const certificate = route?.certificate ? await store.certificates.get(route.certificate) : null;
  return { call, route, certificate };
}

function tellUnsaved(log: Logger, err: unknown): void {
  log.error({ err }, 'what keys and tenants use cannot be stored; it is counted, and kept for later');
}

function tellDropping(log: Logger, isDropping: boolean): void {
  if (isDropping) log.error('the queue of calls to be stored is full; calls are answered, dropped and counted');
  else log.info('there is room for calls to be stored again');
}

function tellProblem(log: Logger, problem: unknown): void {
  if (problem === null) log.info('calls are stored again');
  else log.error({ err: problem }, 'calls cannot be stored; they wait, and are answered all the same');
}
