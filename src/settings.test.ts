import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  completeSettings,
  loadSettings,
  nearestWord,
  readSecret,
  settingsJsonSchema,
  settingVariables,
} from './settings.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'settings-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function load(file: unknown, environment: Record<string, string> = {}, flags = {}) {
  writeFileSync(join(folder, 'rightsize.config.json'), JSON.stringify(file));
  return loadSettings({ folder, environment, flags });
}

describe('settings', () => {
  it('have a default for everything', () => {
    expect(loadSettings({ folder, environment: {} })).toMatchObject({
      data: '.rightsize',
      host: '127.0.0.1',
      port: 8484,
      stage: 'shadow',
      promise: { epsilon: 0.02, delta: 0.05 },
      spotChecks: { share: 0.05, perDay: 200 },
      capture: { default: 'content', tenants: {} },
    });
  });

  it('of single tasks are held by their names, and a misspelled one is said', () => {
    expect(load({ tasks: { 'shop/score': { tolerance: 0.5 } } }).tasks).toEqual({ 'shop/score': { tolerance: 0.5 } });
    expect(() => load({ tasks: { score: { tolerance: -1 } } })).toThrow('`tasks.score.tolerance` is -1');
    expect(() => load({ tasks: { score: { tolerence: 1 } } })).toThrow('tolerence');
  });

  it('come from the file, then variables, then flags', () => {
    const settings = load(
      { port: 1, host: 'a', promise: { epsilon: 0.1 } },
      { RIGHTSIZE_PORT: '2', RIGHTSIZE_HOST: 'b', RIGHTSIZE_PROMISE_DELTA: '0.01' },
      { port: 3 },
    );
    expect(settings).toMatchObject({ port: 3, host: 'b', promise: { epsilon: 0.1, delta: 0.01 } });
  });

  it('are read from YAML too, and a schema reference is no setting', () => {
    writeFileSync(join(folder, 'rightsize.config.yaml'), '$schema: x\nupstream:\n  baseUrl: http://127.0.0.1:9/v1\n');
    expect(loadSettings({ folder, environment: {} }).upstream.baseUrl).toBe('http://127.0.0.1:9/v1');
  });

  it('mean paths in a file from where the file stands', () => {
    expect(load({ data: 'kept' }).data).toBe(join(folder, 'kept'));
  });

  it('refuse an unknown key and suggest the nearest one', () => {
    expect(() => load({ promise: { epsilom: 0.1 } })).toThrow(/`promise\.epsilom` in .* Did you mean `epsilon`\?/);
    expect(() => load({ pork: 1 })).toThrow('Did you mean `port`?');
  });

  it('refuse a misspelled variable, and leave a foreign one alone', () => {
    expect(() => load({}, { RIGHTSIZE_PROT: '1' })).toThrow('did you mean `RIGHTSIZE_PORT`?');
    expect(load({}, { RIGHTSIZE_MY_OWN_SECRET: 'x' }).port).toBe(8484);
  });

  it('name the value that is wrong', () => {
    expect(() => load({ promise: { epsilon: 1.4 } })).toThrow('`promise.epsilon` is 1.4:');
    expect(() => load({}, { RIGHTSIZE_PORT: 'http' })).toThrow('`port` is "http":');
  });

  it('refuse a file that is no JSON', () => {
    writeFileSync(join(folder, 'rightsize.config.json'), '{ "port": ');
    expect(() => loadSettings({ folder, environment: {} })).toThrow(/rightsize\.config\.json` cannot be read/);
  });

  it('refuse a key written where only its name belongs', () => {
    expect(() => load({ upstream: { apiKey: 'sk-123' } })).toThrow('`upstream.apiKey`');
  });

  it('keep secrets in the environment or in a file of their own', () => {
    writeFileSync(join(folder, 'key'), 'from-file\n');
    expect(readSecret({ file: join(folder, 'key') })).toBe('from-file');
    expect(readSecret({ env: 'KEY' }, { KEY: 'from-environment' })).toBe('from-environment');
    expect(() => readSecret({ env: 'KEY' }, {})).toThrow('`KEY`, named as a secret, is not set');
    expect(readSecret(null)).toBeNull();
  });

  it('point at a secret that is given as a variable of its own', () => {
    expect(load({}, { RIGHTSIZE_UPSTREAM_API_KEY: 'sk-1' }).upstream.apiKey).toEqual({
      env: 'RIGHTSIZE_UPSTREAM_API_KEY',
    });
  });

  it('have a variable for every path', () => {
    expect(settingVariables().get('RIGHTSIZE_UPSTREAM_FIRST_BYTE_TIMEOUT_MS')).toEqual([
      'upstream',
      'firstByteTimeoutMs',
    ]);
    expect(settingVariables().get('RIGHTSIZE_DATA')).toEqual(['data']);
  });

  it('are described by a JSON Schema that forbids unknown keys and requires nothing', () => {
    const schema = settingsJsonSchema();
    expect(schema.additionalProperties).toBe(false);
    expect(schema.required).toBeUndefined();
    expect(Object.keys(schema.properties as object)).toEqual(Object.keys(completeSettings()));
  });
});

describe('nearestWord', () => {
  it('gives nothing where no word is near', () => {
    expect(nearestWord('banana', ['port', 'host'], 2)).toBeNull();
    expect(nearestWord('PROT', ['port', 'host'], 2)).toBe('port');
  });
});
