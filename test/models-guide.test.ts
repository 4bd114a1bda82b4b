import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { providerTable } from '../src/providers/provider-table.ts';
import { completeSettings, type SettingsInput } from '../src/settings.ts';

const page = readFileSync(join(import.meta.dirname, '..', 'docs', 'guides', 'models.md'), 'utf8');

describe('the guide to models', () => {
  it('shows settings that are accepted as they stand', () => {
    const { $schema: _, ...settings } = JSON.parse(/```json\n(\{[\s\S]*?)```/.exec(page)?.[1] ?? '');
    expect(Object.keys(completeSettings(settings as SettingsInput).models)).toEqual(['assistant', 'assistant-reserve']);
  });

  it('names every kind of upstream', () => {
    for (const kind of Object.keys(providerTable)) expect(page).toContain(`\`${kind}\``);
  });
});

describe('the provider table', () => {
  it('says of every provider where and when it was read, and keeps remote keys off plain HTTP', () => {
    for (const { source, date, baseUrl } of Object.values(providerTable)) {
      expect(source).toMatch(/^https:\/\//);
      expect(date).toMatch(/^\d{4}-\d\d-\d\d$/);
      if (baseUrl !== null) expect(baseUrl).toMatch(/^(https:\/\/|http:\/\/127\.0\.0\.1:)/);
    }
  });
});
