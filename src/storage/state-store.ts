import type { Json } from '../records/call.ts';

/** Small things to be remembered by name: stages, looks, alarms, the task finder's state. */
export interface StateStore {
  /** Undefined where nothing is stored; null is a value. */
  get(key: string): Promise<Json | undefined>;
  set(key: string, value: Json): Promise<void>;
  /** Several at once, all or nothing. */
  setAll(entries: ReadonlyMap<string, Json>): Promise<void>;
  remove(key: string): Promise<boolean>;
  /** Keys that begin with `prefix`, sorted. */
  keys(prefix?: string): Promise<readonly string[]>;
}
