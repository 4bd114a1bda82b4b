import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { CallRedaction } from '../src/capture/redaction/call-redaction.ts';
import { type Redactor, redactorsOf } from '../src/capture/redaction/redactor.ts';
import { describeKept } from '../src/cli/describe-kept.ts';
import { capturePolicy } from '../src/gateway/capture-policy.ts';
import { completeSettings, type SettingsInput } from '../src/settings.ts';

const page = readFileSync(join(import.meta.dirname, '..', 'docs', 'guides', 'privacy.md'), 'utf8');
const settings = [...page.matchAll(/```yaml\n(?<text>[\s\S]*?)```/g)].map(
  ({ groups }) => parse(groups?.text ?? '') as SettingsInput,
);

describe('the guide to privacy', () => {
  it('shows settings that are taken as they stand, and mean what it says', () => {
    expect(settings.length).toBe(3);
    const [capture, redaction] = settings.map(completeSettings);
    const keeping = capturePolicy(completeSettings(settings[0]).capture);
    expect([keeping({ tenant: 'clinic', task: null }), keeping({ tenant: 'shop', task: 'support-chat' })]).toEqual([
      'nothing',
      'figures',
    ]);
    expect(capture?.capture.default).toBe('content');
    expect(redactorsOf((redaction ?? completeSettings()).redaction)('bank')?.recognisers).toContain('case-number');
  });

  it('shows what redaction really does to its example', () => {
    const [, before = '', after = ''] =
      /echo '(.*?)' \| rightsize redact[^\n]*\n```\n\n```\n(.*?)\n```/.exec(page) ?? [];
    const redactor = redactorsOf(completeSettings({ redaction: { recognisers: 'standard' } }).redaction)('default');
    expect(new CallRedaction(redactor as Redactor).text(before)).toBe(after);
  });

  it('shows the line that start says', () => {
    const [, line] = / {2}kept +(.*)\n/.exec(page) ?? [];
    const said = describeKept(
      completeSettings({
        capture: { tenants: { clinic: 'nothing' }, tasks: { a: 'figures' } },
        redaction: { recognisers: 'standard' },
        retention: { days: 90, tasks: { b: 7 } },
      }),
    );
    expect(said).toBe(line);
  });
});
