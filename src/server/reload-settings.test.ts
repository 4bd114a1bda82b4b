import { describe, expect, it } from 'vitest';
import { completeSettings } from '../settings.ts';
import { compareSettings, reloadedSettings } from './reload-settings.ts';

const before = completeSettings({ upstream: { baseUrl: 'http://one/v1' } });
const after = completeSettings({
  upstream: { baseUrl: 'http://two/v1', apiKey: { env: 'KEY' } },
  keys: { callers: { env: 'CALLERS' }, admin: { env: 'ADMIN' } },
  port: 9_000,
  capture: { tenants: { telco: 'nothing' } },
});

describe('settings read again', () => {
  it('are told apart: what a running server takes up, and what waits for a restart', () => {
    expect(compareSettings(before, before)).toEqual({ applied: [], needRestart: [] });
    const { applied, needRestart } = compareSettings(before, after);
    expect([...applied].sort()).toEqual([
      'capture.tenants.telco',
      'keys.callers',
      'upstream.apiKey',
      'upstream.baseUrl',
    ]);
    expect([...needRestart].sort()).toEqual(['keys.admin', 'port']);
  });

  it('leave in force what only a restart can change', () => {
    const next = reloadedSettings(before, after);
    expect(next.upstream.baseUrl).toBe('http://two/v1');
    expect(next.keys).toEqual({ callers: { env: 'CALLERS' }, admin: null });
    expect(next.port).toBe(before.port);
  });
});
