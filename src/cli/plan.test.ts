import { afterEach, describe, expect, it, vi } from 'vitest';
import { main } from './main.ts';
import type { SamplePlan } from './plan.ts';

async function run(...line: string[]) {
  const stdout: string[] = [];
  const stderr: string[] = [];
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => stdout.push(String(text)) > 0);
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => stderr.push(String(text)) > 0);
  const status = await main(['plan', ...line]);
  return { status, stdout: stdout.join(''), stderr: stderr.join('') };
}

async function planned(...line: string[]): Promise<SamplePlan> {
  return JSON.parse((await run(...line, '--json')).stdout) as SamplePlan;
}

afterEach(() => vi.restoreAllMocks());

describe('rightsize plan', () => {
  it('says how many calls a certificate takes for each number of errors, with the delta of that look', async () => {
    const first = await planned('--epsilon', '0.05', '--delta', '0.05', '--errors-expected', '2');
    expect(first.certificate.fewest.map(({ errors, calls }) => [errors, calls])).toEqual([
      [0, 69],
      [1, expect.any(Number)],
      [2, expect.any(Number)],
    ]);
    const third = await planned('--epsilon', '0.05', '--delta', '0.05', '--errors-expected', '0', '--look', '3');
    expect(third.certificate.fewest[0]?.calls).toBeGreaterThan(69);
  });

  it('turns calls into days where the volume is known, and leaves them out where it is not', async () => {
    const narrow = ['--share', '0.5', '--half-width', '0.05', '--delta', '0.05'];
    const { interval } = await planned(...narrow, '--volume', '804', '--sampled', '0.05');
    expect([interval.calls, interval.days]).toEqual([402, expect.closeTo(10, 9)]);
    expect((await planned(...narrow)).interval.days).toBeNull();
  });

  it('says what makes a certificate likely, and when nothing does', async () => {
    const likely = async (differing: string) =>
      (await planned('--epsilon', '0.02', '--differing', differing)).certificate.likely;
    expect((await likely('0.005'))?.calls).toBeGreaterThan(173);
    expect((await likely('0.03'))?.calls).toBeNull();
    expect((await planned()).certificate.likely).toBeNull();
  });

  it('says the same in words', async () => {
    const { stdout } = await run('--epsilon', '0.02', '--delta', '0.05', '--differing', '0', '--volume', '173');
    expect(stdout).toContain('173 calls certify in 80% of the cases, 1.0 days');
    expect(stdout).toContain('checked calls');
  });

  it.each([
    ['--half-width', '0.5', 'below 0.5'],
    ['--sampled', '0', 'above 0'],
    ['--volume', '0', 'from 1'],
    ['--share', '1.1', 'from 0 to 1'],
    ['--look', '0', 'from 1'],
  ])('refuses %s %s as wrong usage', async (flag, value, why) => {
    const { status, stderr } = await run(flag, value);
    expect(status).toBe(2);
    expect(stderr).toContain(why);
  });
});
