import { describe, expect, it } from 'vitest';
import { RightsizeError } from '../../errors.ts';
import { CallRedaction } from './call-redaction.ts';
import { compilePattern } from './own-pattern.ts';
import type { Recogniser } from './recogniser.ts';
import { builtInRecognisers } from './recognisers.ts';
import { createRedactor } from './redactor.ts';

/** What the recognisers look for, in pieces: an attack repeats one or two of them without ever finishing. */
// biome-ignore format: a table
const pieces = [
  'a', 'A', '0', '1', '4', ' ', '-', '.', ':', '/', '@', '+', '_', '=', '(', '\n', '\u0000', 'é', '00', '12 ', '1.', '1-', '(0', 'a@', 'a.', '@a.',
  '1234 ', '4111', '123-', '0:', '::', 'f:', '://', '://a:', 'DE89', 'DE89 ', 'AB12', 'AKIA', 'aws', 'aws=', 'sk-', 'ghp_', 'xoxb-', 'SG.a', 'eyJ',
  'eyJaaaaaaaa.', 'eyJaaaaaaaa.eyJ', 'bearer ', 'password=', 'password: ', 'token', 'secret ', '-----BEGIN PRIVATE KEY-----', '-----BEGIN ', 'RSSMRA85T10A562', '[EMAIL_', '[A_1', 'patient ', 'bsn ',
];

const attacks = pieces.flatMap((first) => pieces.map((second) => first + (first === second ? '' : second)));

function attack(unit: string, length: number): string {
  return unit.repeat(Math.ceil(length / unit.length)).slice(0, length);
}

/** The fastest of a few runs, as time of the processor where that is less: the machine may be busy with something else. */
function msOf(run: () => unknown, runs: number): number {
  let fastest = Infinity;
  for (let index = 0; index < runs && (index === 0 || fastest > 5); index++) {
    const started = performance.now();
    const before = process.cpuUsage();
    run();
    fastest = Math.min(fastest, performance.now() - started, process.cpuUsage(before).user / 1000);
  }
  return fastest;
}

/** The attacks that take a recogniser longest, found on short texts. */
function worstFor({ find }: Recogniser): readonly string[] {
  return attacks
    .map((unit) => ({ unit, ms: msOf(() => find(attack(unit, 800)), 1) }))
    .sort((a, b) => b.ms - a.ms)
    .slice(0, 8)
    .map(({ unit }) => unit);
}

describe('S16: texts made to be slow', () => {
  for (const recogniser of builtInRecognisers) {
    it(`take ${recogniser.name} less than 10 ms for 100,000 characters`, () => {
      for (const unit of [...worstFor(recogniser), ...pieces]) {
        const text = attack(unit, 100_000);
        expect([unit, msOf(() => recogniser.find(text), 7) < 10]).toEqual([unit, true]);
      }
    });
  }

  it('hold up neither the replacing nor the putting back', () => {
    const text = attack('a@b.cd [EMAIL_1 ', 100_000);
    const find = () => [{ recogniser: 'x', start: 0, end: 1 }];
    const redaction = () => new CallRedaction({ recognisers: ['x'], find });
    expect(msOf(() => redaction().json({ text }), 7)).toBeLessThan(10);
    expect(msOf(() => redaction().restore(attack('[A_1', 100_000)), 7)).toBeLessThan(10);
  });

  it('refuse an own pattern that doubles its time with every character, and one that squares it', () => {
    const slow = [
      '(a+)+$',
      'EMP-(\\d+)+X',
      '(?:a|a)*b',
      '\\bID:(?:\\w+\\s?)*!',
      '^(([a-z])+.)+[A-Z]([a-z])+$',
      '\\d+\\d+x',
      '.*,.*,.*;',
      '(x+x+)+y',
    ];
    for (const pattern of slow) {
      expect([pattern, refusal(pattern)]).toEqual([pattern, expect.stringMatching(/takes \d+ ms on \d+ characters/)]);
    }
  });

  it('leave an own pattern alone that is bounded', () => {
    for (const pattern of [
      'EMP-\\d{4,8}',
      '\\bcase [A-Z]{2}/\\d{3}\\b',
      '(?:KD|AB)\\d{6}',
      '[a-z]{1,20}@corp\\.example',
      '\\p{Lu}{2}-\\d{3}',
    ])
      expect([pattern, refusal(pattern)]).toEqual([pattern, null]);
  });
});

describe('an own pattern', () => {
  it('finds what it says', () => {
    const redactor = createRedactor([
      compilePattern({ name: 'employee', pattern: 'EMP-\\d{4}' }, 'redaction.patterns.0'),
    ]);
    expect(new CallRedaction(redactor).text('EMP-1234 met EMP-99 and EMP-5678')).toBe(
      '[EMPLOYEE_1] met EMP-99 and [EMPLOYEE_2]',
    );
  });

  it('is refused by name where it is none, or matches nothing at all', () => {
    expect(refusal('(')).toMatch(/`redaction\.patterns\.3` \(bad\) is no regular expression/);
    expect(refusal('x*')).toMatch(/matches the empty text/);
  });
});

function refusal(pattern: string): string | null {
  try {
    compilePattern({ name: 'bad', pattern }, 'redaction.patterns.3');
    return null;
  } catch (error) {
    if (!(error instanceof RightsizeError)) throw error;
    return error.message;
  }
}
