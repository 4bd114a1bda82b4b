import { Command, InvalidArgumentError } from 'commander';
import { callsForCertificate, callsForInterval, callsForLikelyCertificate, daysFor } from '../certify/plan-sample.ts';
import { parseCount, parsePositiveCount, parseShare, parseWholeShare } from './parse-options.ts';
import { type CommandContext, jsonOption, runCommand } from './run-command.ts';
import { drawTable, percent } from './table.ts';

interface PlanFlags {
  readonly epsilon?: number;
  readonly delta?: number;
  readonly look: number;
  readonly errorsExpected: number;
  readonly differing?: number;
  readonly share: number;
  readonly halfWidth: number;
  readonly volume?: number;
  readonly sampled: number;
}

/** What `plan --json` prints. Days are null where no volume was given. */
export interface SamplePlan {
  readonly certificate: {
    readonly epsilon: number;
    readonly delta: number;
    readonly look: number;
    /** One line for each number of errors that the sample might hold, from none to the expected one. */
    readonly fewest: readonly { readonly errors: number; readonly calls: number; readonly days: number | null }[];
    /** With `--differing`: calls with which four of five such certificates come about; null calls where that is out of reach. */
    readonly likely: { readonly share: number; readonly calls: number | null; readonly days: number | null } | null;
  };
  /** An interval around a measured share: of spot checks, or of rows that a person verified. */
  readonly interval: {
    readonly share: number;
    readonly halfWidth: number;
    readonly delta: number;
    readonly calls: number;
    readonly days: number | null;
  };
}

const LIKELY = 0.8;
/** Where nothing is known: the share that takes the most calls. */
const UNKNOWN_SHARE = 0.5;

/** `rightsize plan`: how many checked calls a wanted certainty takes, and how long they take at a volume. */
export function createPlanCommand(): Command {
  return new Command('plan')
    .description('Works out how many spot checks, gold rows or sampled calls a wanted certainty takes.')
    .option('--epsilon <share>', 'share of the calls that may differ (default: 0.02)', parseShare)
    .option(
      '--delta <share>',
      'chance that the certificate or the interval is wrong, at most (default: 0.05)',
      parseShare,
    )
    .option('--look <number>', 'which attempt to certify it is, failed ones counted', parsePositiveCount, 1)
    .option('--errors-expected <count>', 'answered and different calls that the sample may hold', parseCount, 5)
    .option('--differing <share>', 'expected share of answered and different calls, for a certificate', parseWholeShare)
    .option('--share <share>', 'expected share that an interval is to be around', parseWholeShare, UNKNOWN_SHARE)
    .option('--half-width <share>', 'half the width that an interval may have', parseHalfWidth, 0.02)
    .option('--volume <calls>', 'calls of the task a day, to say how many days it takes', parsePositiveCount)
    .option('--sampled <share>', 'share of the calls that is checked; 0.05 for spot checks', parseSampled, 1)
    .addOption(jsonOption())
    .action(runCommand<[PlanFlags]>(plan));
}

async function plan(flags: PlanFlags, context: CommandContext): Promise<void> {
  const { promise } = await context.settings();
  const made = planSample({ ...flags, epsilon: flags.epsilon ?? promise.epsilon, delta: flags.delta ?? promise.delta });
  if (context.isJson) context.printJson(made);
  else for (const line of describePlan(made)) context.say(line);
}

export function planSample(flags: PlanFlags & { readonly epsilon: number; readonly delta: number }): SamplePlan {
  const { epsilon, delta, look, differing, share, halfWidth, volume, sampled } = flags;
  const days = (calls: number | null): number | null =>
    calls === null || volume === undefined ? null : daysFor(calls, { perDay: volume, sampled });
  const fewest = Array.from({ length: flags.errorsExpected + 1 }, (_, errors) => {
    const calls = callsForCertificate({ epsilon, delta, look, errors });
    return { errors, calls, days: days(calls) };
  });
  const likelyCalls =
    differing === undefined
      ? null
      : callsForLikelyCertificate({ epsilon, delta, look }, { share: differing, chance: LIKELY });
  const calls = callsForInterval({ share, halfWidth, delta });
  return {
    certificate: {
      epsilon,
      delta,
      look,
      fewest,
      likely: differing === undefined ? null : { share: differing, calls: likelyCalls, days: days(likelyCalls) },
    },
    interval: { share, halfWidth, delta, calls, days: days(calls) },
  };
}

function describePlan({ certificate, interval }: SamplePlan): readonly string[] {
  const { epsilon, delta, look, fewest, likely } = certificate;
  const lines = [
    `A certificate that at most ${percent(epsilon)} of the calls differ, confidence ${percent(1 - delta, 0)}, look ${look}:`,
    ...drawTable([
      ['  different in the sample', 'calls', 'days'],
      ...fewest.map((line) => [`  ${line.errors}`, inWords(line.calls), inDays(line.days)]),
    ]),
  ];
  if (likely?.calls === null)
    lines.push(`Where ${percent(likely.share, 2)} differ, that is too close to the promise for any sample.`);
  else if (likely)
    lines.push(
      `Where ${percent(likely.share, 2)} differ, ${inWords(likely.calls ?? 0)} calls certify in ${percent(LIKELY, 0)} of the cases${ofDays(likely.days)}.`,
    );
  lines.push(
    '',
    `An interval of ± ${percent(interval.halfWidth)} around a measured ${percent(interval.share)}, confidence ${percent(1 - interval.delta, 0)}: ${inWords(interval.calls)} checked calls${ofDays(interval.days)}.`,
  );
  return lines;
}

function inWords(calls: number): string {
  return calls.toLocaleString('en');
}

function inDays(days: number | null): string {
  return days === null ? '–' : days.toFixed(1);
}

function ofDays(days: number | null): string {
  return days === null ? '' : `, ${days.toFixed(1)} days`;
}

/** An interval reaches from 0 to 1 at most. */
function parseHalfWidth(text: string): number {
  const width = parseShare(text);
  if (width >= 0.5) throw new InvalidArgumentError('Give a share below 0.5.');
  return width;
}

function parseSampled(text: string): number {
  const share = parseWholeShare(text);
  if (share === 0) throw new InvalidArgumentError('Give a share above 0.');
  return share;
}
