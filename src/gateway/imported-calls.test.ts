import { describe, expect, it } from 'vitest';
import { completeSettings } from '../settings.ts';
import { call } from '../storage/some-call.contract.ts';
import { userReference } from '../storage/user-reference.ts';
import { importedCalls } from './imported-calls.ts';

const letter = (tenant: string) =>
  call({
    id: tenant,
    tenant,
    request: { model: 'm', messages: [{ role: 'user', content: 'I am jane@x.example' }], user: 'jane@x.example' },
    response: { choices: [{ message: { content: 'jane@x.example' } }], usage: { total_tokens: 3 } },
    gold: 'jane@x.example',
  });

describe('S11: calls of a log', () => {
  it('are kept as they came, where the settings say nothing else', () => {
    const { prepare } = importedCalls(completeSettings());
    expect(prepare(letter('shop'))).toMatchObject({ call: letter('shop'), user: userReference('jane@x.example') });
  });

  it('are redacted, answer and verified answer too, and their user is found all the same', () => {
    const { prepare, counts } = importedCalls(completeSettings({ redaction: { recognisers: 'standard' } }));
    const kept = prepare(letter('shop'));
    expect(JSON.stringify(kept)).not.toContain('jane');
    expect(kept?.call).toMatchObject({ gold: '[EMAIL_1]', request: { user: '[EMAIL_1]' } });
    expect(kept?.user).toBe(userReference('jane@x.example'));
    expect(counts.list()).toEqual([{ tenant: 'shop', recogniser: 'email', count: 4 }]);
  });

  it('are figures or nothing, where the settings keep no more of their tenant', () => {
    const { prepare } = importedCalls(
      completeSettings({ capture: { tenants: { quiet: 'figures', mute: 'nothing' } } }),
    );
    expect(prepare(letter('mute'))).toBeNull();
    const kept = prepare(letter('quiet'));
    expect(JSON.stringify(kept)).not.toContain('jane');
    expect(kept).toMatchObject({ call: { response: { usage: { total_tokens: 3 } }, gold: null }, user: null });
  });
});
