import { type Check, type CheckNumber, type LaterLine, NotTestable } from './check.ts';
import { checklist } from './checklist.ts';
import { type SuiteContext, startContext, type Target } from './suite-context.ts';

export type Verdict = 'pass' | 'fail' | 'later' | 'skip';

/** What became of one number of the checklist. */
export interface LineResult {
  readonly number: CheckNumber;
  readonly title: string;
  readonly verdict: Verdict;
  /** Empty where it passed. */
  readonly reason: string;
  readonly seconds: number;
}

export interface SuiteOptions {
  readonly target: Target;
  readonly checks: readonly Check[];
  readonly later: readonly LaterLine[];
  /** Only these numbers; all where it is empty. */
  readonly only?: readonly string[];
  readonly onLine?: (line: LineResult) => void;
  readonly onProgress?: (text: string) => void;
}

/** Runs the checks one after the other, in the order of their numbers, and tells of every number once. */
export async function runSuite(options: SuiteOptions): Promise<readonly LineResult[]> {
  const { target, checks, later, only = [], onLine, onProgress } = options;
  const context = await startContext(target);
  const results: LineResult[] = [];
  try {
    for (const number of numbersOf(only)) {
      const ofLine = checks.filter((check) => check.number === number);
      const waiting = later.filter((line) => line.number === number);
      onProgress?.(`${number} ${ofLine.length} checks`);
      const line = await runLine(number, ofLine, waiting, context);
      results.push(line);
      onLine?.(line);
    }
  } finally {
    await context.close();
  }
  return results;
}

async function runLine(
  number: CheckNumber,
  checks: readonly Check[],
  waiting: readonly LaterLine[],
  context: SuiteContext,
): Promise<LineResult> {
  const startedAt = performance.now();
  const failures: string[] = [];
  const skipped: string[] = [];
  for (const check of checks) {
    const outcome = await runCheck(check, context);
    const many = checks.length > 1 ? `${check.title}: ` : '';
    if (outcome.verdict === 'fail') failures.push(many + outcome.reason);
    if (outcome.verdict === 'skip') skipped.push(many + outcome.reason);
  }
  const seconds = Math.round((performance.now() - startedAt) / 100) / 10;
  const line = { number, title: checklist[number] ?? '', seconds };
  if (failures.length > 0) return { ...line, verdict: 'fail', reason: failures.join('; ') };
  if (checks.length === 0 && waiting.length === 0) return { ...line, verdict: 'skip', reason: 'no check is written' };
  if (checks.length === 0) return { ...line, verdict: 'later', reason: waiting.map((each) => each.later).join('; ') };
  const reason = [...skipped, ...waiting.map((each) => `later: ${each.later}`)].join('; ');
  return { ...line, verdict: skipped.length === checks.length ? 'skip' : 'pass', reason };
}

/** One check against a gateway that remembers nothing of the check before. */
export async function runCheck(
  check: Check,
  context: SuiteContext,
): Promise<{ readonly verdict: Verdict; readonly reason: string }> {
  if (check.ours !== undefined && !context.isOurs) return { verdict: 'skip', reason: check.ours };
  try {
    await context.prepare();
    await withinTime(check, check.run(context));
    return { verdict: 'pass', reason: '' };
  } catch (error) {
    if (error instanceof NotTestable) return { verdict: 'skip', reason: error.message };
    return { verdict: 'fail', reason: firstWords(error) };
  } finally {
    await context.cleanUp();
  }
}

async function withinTime({ slow, timeoutMs = slow ? 180_000 : 30_000 }: Check, running: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done after ${timeoutMs / 1000} s`)), timeoutMs);
  });
  try {
    await Promise.race([running, late]);
  } finally {
    clearTimeout(timer);
    running.catch(() => {});
  }
}

function firstWords(error: unknown): string {
  const text = error instanceof Error ? error.message || error.name : String(error);
  return text.replace(/\s+/g, ' ').trim().slice(0, 400);
}

function numbersOf(only: readonly string[]): readonly CheckNumber[] {
  const numbers = Object.keys(checklist) as CheckNumber[];
  return only.length === 0 ? numbers : numbers.filter((number) => only.includes(number));
}
