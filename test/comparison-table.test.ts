import { describe, expect, test } from 'vitest';
import {
  type ComparedLine,
  cellOf,
  describeComparison,
  type Findings,
  withGenerated,
} from '../bench/gateway/comparison-table.ts';

const line = (fields: Partial<ComparedLine> = {}): ComparedLine => ({
  number: 'C1',
  title: 'a rule',
  verdict: 'fail',
  reason: 'it broke',
  ...fields,
});
const findings: Findings = { 'portkey 1.0.0': { C1: { verdict: 'differs', evidence: 'another name.' } } };
const portkey = { name: 'portkey', version: '1.0.0' } as const;

describe('cellOf', () => {
  test('a failure of a peer counts as somebody saw it by hand', () => {
    expect(cellOf(portkey, line(), findings)).toBe('differs');
  });

  test('a failure that nobody looked at on this version accuses nobody', () => {
    expect(cellOf({ ...portkey, version: '1.0.1' }, line(), findings)).toBe('not checked');
    expect(cellOf(portkey, line({ number: 'C2' }), findings)).toBe('not checked');
  });

  test('our own failures need nobody to confirm them', () => {
    expect(cellOf({ name: 'rightsize', version: '1.0.0' }, line(), findings)).toBe('fail');
  });

  test('a line that passed passes, whatever was once seen, and says where it did so in part', () => {
    expect(cellOf(portkey, line({ verdict: 'pass', reason: '' }), findings)).toBe('pass');
    expect(cellOf(portkey, line({ verdict: 'pass', reason: 'b: its settings' }), findings)).toBe('in part');
  });

  test('what is not built here yet does not apply to others', () => {
    expect(cellOf(portkey, line({ verdict: 'later' }), findings)).toBe('–');
    expect(cellOf({ name: 'rightsize', version: '1.0.0' }, line({ verdict: 'later' }), findings)).toBe('later');
  });
});

test('the page has a row a line and the evidence of each failure', () => {
  const machine = { cpu: 'cpu', cores: 2, node: 'v20.0.0' };
  const gateways = [
    { ...portkey, date: '2026-01-01', machine, lines: [line()] },
    {
      name: 'rightsize',
      version: '0.1.0',
      date: '2026-01-01',
      machine,
      lines: [line({ reason: 'too late' })],
    },
  ] as const;
  const text = describeComparison({ gateways }, findings);
  expect(text).toContain('| C1 | a rule | fail | differs |');
  expect(text).toContain('- **C1**, differs: another name.');
  expect(text).toContain('- **C1**, fail: too late');
});

test('only what stands between the markers is written anew', () => {
  const page = 'before\n<!-- generated: npm run bench:comparison -->\nold\n<!-- end of generated -->\nafter';
  const written = withGenerated(page, 'new');
  expect(written).toMatch(/^before\n.*new.*\nafter$/s);
  expect(written).not.toContain('old');
  expect(() => withGenerated('no markers', 'new')).toThrow('no lines');
});
