import { describe, expect, it } from 'vitest';
import { completeSettings, type SettingsInput } from '../../settings.ts';
import { CallRedaction } from './call-redaction.ts';
import { type Redactor, redactorsOf } from './redactor.ts';

function redactorFor(redaction: SettingsInput['redaction'], tenant = 'shop'): Redactor | null {
  return redactorsOf(completeSettings({ redaction }).redaction)(tenant);
}

function standard(): CallRedaction {
  const redactor = redactorFor({ recognisers: 'standard' });
  if (redactor === null) throw new Error('nothing is redacted');
  return new CallRedaction(redactor);
}

describe('redacting a call', () => {
  it('gives the same text the same placeholder in request and answer, and another text another one', () => {
    const redaction = standard();
    const request = redaction.json({
      model: 'm',
      messages: [{ role: 'user', content: 'From a@x.example to b@x.example, copy to a@x.example' }],
      user: 'a@x.example',
    });
    expect(request).toEqual({
      model: 'm',
      messages: [{ role: 'user', content: 'From [EMAIL_1] to [EMAIL_2], copy to [EMAIL_1]' }],
      user: '[EMAIL_1]',
    });
    expect(redaction.json({ choices: [{ message: { content: '{"to":"b@x.example","cc":"c@x.example"}' } }] })).toEqual({
      choices: [{ message: { content: '{"to":"[EMAIL_2]","cc":"[EMAIL_3]"}' } }],
    });
    expect(Object.fromEntries(redaction.counts)).toEqual({ email: 6 });
  });

  it('reaches parts of a message, arguments of tools, metadata and names of fields, and leaves numbers and the rest', () => {
    const redaction = standard();
    const body = {
      temperature: 0.5,
      stop: null,
      metadata: { 'a@x.example': 'IBAN DE89 3704 0044 0532 0130 00' },
      messages: [
        { role: 'user', content: [{ type: 'text', text: 'card 4111 1111 1111 1111' }] },
        { role: 'assistant', tool_calls: [{ function: { name: 'f', arguments: '{"ip":"192.168.17.4"}' } }] },
      ],
    };
    expect(redaction.json(body)).toEqual({
      temperature: 0.5,
      stop: null,
      metadata: { '[EMAIL_1]': 'IBAN [IBAN_1]' },
      messages: [
        { role: 'user', content: [{ type: 'text', text: 'card [CREDIT_CARD_1]' }] },
        { role: 'assistant', tool_calls: [{ function: { name: 'f', arguments: '{"ip":"[IP_ADDRESS_1]"}' } }] },
      ],
    });
  });

  it('lets nothing through that it cannot look into: images, audio and files', () => {
    const bytes = 'iVBORw0KGgo'.repeat(20);
    expect(
      standard().json([
        { image_url: { url: `data:image/png;base64,${bytes}` } },
        { input_audio: { data: bytes, format: 'wav' } },
        { file: { file_data: bytes, filename: 'x.pdf' } },
      ]),
    ).toEqual([
      { image_url: { url: '[UNREADABLE]' } },
      { input_audio: { data: '[UNREADABLE]', format: 'wav' } },
      { file: { file_data: '[UNREADABLE]', filename: 'x.pdf' } },
    ]);
  });

  it('is the same again for what is redacted already', () => {
    const once = standard().json({ text: 'a@x.example, +49 30 901820, 4111 1111 1111 1111, password=hunter22' });
    expect(standard().json(once)).toEqual(once);
  });

  it('touches no prototype', () => {
    const redacted = standard().json(JSON.parse('{"__proto__": {"polluted": "a@x.example"}}'));
    expect(Object.getPrototypeOf(redacted)).toBe(Object.prototype);
    expect(JSON.stringify(redacted)).toBe('{"__proto__":{"polluted":"[EMAIL_1]"}}');
  });

  it('refuses a body that is nested beyond sense', () => {
    const deep = JSON.parse(`${'['.repeat(5_000)}${']'.repeat(5_000)}`);
    expect(() => standard().json(deep)).toThrow('too deeply');
  });
});

describe('putting back', () => {
  it("gives the call's own words for its placeholders", () => {
    const redaction = standard();
    redaction.text('a@x.example and b@x.example');
    expect(redaction.restore('write to [EMAIL_2], not [EMAIL_1]')).toBe('write to b@x.example, not a@x.example');
    expect(redaction.restore('no placeholder')).toBe('no placeholder');
  });

  it('is refused where a placeholder stands for nothing in this call', () => {
    const redaction = standard();
    redaction.text('a@x.example');
    expect(redaction.restore('[EMAIL_2]')).toBeNull();
    expect(redaction.restore('[PHONE_1]')).toBeNull();
  });

  it('is refused where the call itself speaks in placeholders', () => {
    const redaction = standard();
    redaction.text('[EMAIL_1] wrote to a@x.example');
    expect(redaction.restore('[EMAIL_1]')).toBeNull();
    expect(redaction.restore('fine')).toBe('fine');
  });

  it('is refused where the words would break the JSON they stand in', () => {
    const redactor = redactorFor({ recognisers: ['quote'], patterns: [{ name: 'quote', pattern: '"[a-z]{1,9}"' }] });
    const redaction = new CallRedaction(redactor as Redactor);
    expect(redaction.text('say "hello"')).toBe('say [QUOTE_1]');
    expect(redaction.restore('{"said":"[QUOTE_1]"}')).toBeNull();
  });
});

describe('what is looked for', () => {
  it('is nothing unless it is asked for, and everything built in by `standard`', () => {
    expect(redactorFor({})).toBeNull();
    expect(redactorFor({ recognisers: 'standard' })?.recognisers).toContain('iban');
  });

  it('is told for single tenants, by name, own patterns among them', () => {
    const redaction: SettingsInput['redaction'] = {
      recognisers: 'standard',
      tenants: { open: 'none', bank: ['iban', 'case'] },
      patterns: [{ name: 'case', pattern: 'CASE-\\d{3}' }],
    };
    expect(redactorFor(redaction, 'open')).toBeNull();
    expect(redactorFor(redaction, 'bank')?.recognisers).toEqual(['iban', 'case']);
    expect(redactorFor(redaction, 'constructor')?.recognisers).toEqual(expect.arrayContaining(['case', 'email']));
  });

  it('is refused where no recogniser has that name', () => {
    expect(() => redactorFor({ tenants: { a: ['emial'] } })).toThrow(
      /`redaction\.tenants\.a` names `emial`.*Did you mean `email`\?/,
    );
  });
});
