import { describe, expect, it } from 'vitest';
import { completeSettings, type SettingsInput } from '../settings.ts';
import { capturePolicy } from './capture-policy.ts';

function policy(capture: SettingsInput['capture']) {
  return capturePolicy(completeSettings({ capture }).capture);
}

describe('S11: what is kept of a call', () => {
  it('is what the default says where nothing else is said', () => {
    expect(
      policy({ default: 'figures', tenants: { other: 'nothing' }, tasks: { other: 'nothing' } })({
        tenant: 'a',
        task: 't',
      }),
    ).toBe('figures');
  });

  it('is told by the tenant and by the task, also by one task of one tenant, and against the default', () => {
    const keeping = policy({
      default: 'figures',
      tenants: { open: 'content' },
      tasks: { safe: 'content', 'shop/chat': 'nothing' },
    });
    expect(keeping({ tenant: 'open', task: null })).toBe('content');
    expect(keeping({ tenant: 'a', task: 'safe' })).toBe('content');
    expect(keeping({ tenant: 'shop', task: 'chat' })).toBe('nothing');
    expect(keeping({ tenant: 'a', task: 'chat' })).toBe('figures');
  });

  it('is the most private of what is said of tenant and task', () => {
    const keeping = policy({
      tenants: { shop: 'figures', bank: 'nothing' },
      tasks: { chat: 'content', 'shop/mail': 'nothing' },
    });
    expect(keeping({ tenant: 'shop', task: 'chat' })).toBe('figures');
    expect(keeping({ tenant: 'shop', task: 'mail' })).toBe('nothing');
    expect(keeping({ tenant: 'bank', task: 'chat' })).toBe('nothing');
  });

  it('counts the name that matching found beside the one the application gave', () => {
    const keeping = policy({ tasks: { found: 'figures', given: 'content' } });
    expect(keeping({ tenant: 'a', task: null }, null)).toBe('content');
    expect(keeping({ tenant: 'a', task: null }, 'found')).toBe('figures');
    expect(keeping({ tenant: 'a', task: 'given' }, 'found')).toBe('figures');
  });

  it('is not misled by tenants and tasks that are named like parts of every object', () => {
    const keeping = policy({ tenants: { shop: 'nothing' } });
    for (const name of ['constructor', '__proto__', 'toString'])
      expect(keeping({ tenant: name, task: name }, name)).toBe('content');
  });
});
