import { Command } from 'commander';
import type { Encoder } from '../encoder/encoder.ts';
import { replay } from '../gateway/replay.ts';
import type { ReplayReport, TaskReport } from '../gateway/replay-report.ts';
import type { PromiseKind } from '../records/certificate.ts';
import type { Settings } from '../settings.ts';
import { WorkerTrainer } from '../train/worker-trainer.ts';
import { openAssignmentsFile } from './assignments-file.ts';
import { callsInTimeOrder, type OrderedCalls } from './calls-in-time-order.ts';
import { type EncoderFlags, encoderSetting, withEncoder, withEncoderOptions } from './encoder-option.ts';
import { wrongUsage } from './output.ts';
import { promiseOption } from './promise-option.ts';
import { type CommandContext, dataOption, jsonOption, runCommand } from './run-command.ts';
import { drawTable, percent } from './table.ts';

interface ReplayFlags extends EncoderFlags {
  readonly promise?: PromiseKind;
  readonly epsilon?: string;
  readonly delta?: string;
  readonly spotChecks?: string;
  readonly seed?: string;
  readonly assignments?: string;
}

/** `rightsize replay`: what would have happened, had Rightsize stood in the path of these calls. */
export function createReplayCommand(): Command {
  return withEncoderOptions(new Command('replay'), { mayBeFolder: true })
    .description('Runs the live loop over call logs in their own time order, with the log as the teacher.')
    .argument('<files...>', 'call logs, plain or compressed')
    .addOption(promiseOption())
    .option(
      '--epsilon <share>',
      "share of those calls that may get an answer different from the teacher's (default: 0.02)",
    )
    .option('--delta <share>', 'chance that a certificate is issued and wrong, at most (default: 0.05)')
    .option('--spot-checks <share>', 'random share of calls that the teacher always answers (default: 0.05)')
    .option('--seed <number>', 'the same log and seed give the same result (default: 1)')
    .option('--assignments <file>', 'write who answered each call, and with what, one JSON object a line')
    .addOption(dataOption())
    .addOption(jsonOption())
    .action(runCommand(runReplay));
}

async function runReplay(files: string[], flags: ReplayFlags, context: CommandContext): Promise<void> {
  const settings = await context.settings(encoderSetting(flags));
  await withEncoder(settings, context, (encoder) => replayFiles(files, flags, { settings, encoder }, context));
}

async function replayFiles(
  files: readonly string[],
  flags: ReplayFlags,
  { settings, encoder }: { readonly settings: Settings; readonly encoder: Encoder | null },
  context: CommandContext,
): Promise<void> {
  const epsilon = shareFlag('epsilon', flags.epsilon) ?? settings.promise.epsilon;
  const delta = shareFlag('delta', flags.delta) ?? settings.promise.delta;
  const spotShare = shareFlag('spot-checks', flags.spotChecks, true) ?? settings.spotChecks.share;
  const seed = flags.seed === undefined ? settings.seed : wholeFlag('seed', flags.seed);
  const assignments = flags.assignments === undefined ? null : await openAssignmentsFile(flags.assignments);
  const trainer = new WorkerTrainer({ size: 2 });
  // A replay that waits for a training stops at once, too.
  context.signal.addEventListener('abort', () => void trainer.close());
  let log: OrderedCalls | null = null;
  try {
    log = await readInOrder(files, context);
    const { report } = await replay(withProgress(log, context), {
      epsilon,
      delta,
      promise: flags.promise ?? settings.promise.kind,
      spotChecks: { share: spotShare, perDay: settings.spotChecks.perDay },
      seed,
      tasks: settings.tasks,
      trainer,
      ...(encoder && { encoder }),
      signal: context.signal,
      onEvent: (event) => {
        if (event.what === 'training-failed' && !context.signal.aborted)
          context.warn(`training a student of ${event.task} failed: ${event.detail}`);
      },
      ...(assignments ? { onAssignment: assignments.write } : {}),
    });
    await assignments?.finish();
    tellBadLines(log, context);
    if (context.isJson) context.printJson(report);
    else describeReplay(report, context);
  } finally {
    await trainer.close();
    await log?.close();
    await assignments?.discard();
  }
}

async function readInOrder(files: readonly string[], context: CommandContext): Promise<OrderedCalls> {
  const progress = context.progress('reading');
  try {
    return await callsInTimeOrder(files, {
      onProgress: (done, total) => progress.update(done, total),
      signal: context.signal,
    });
  } finally {
    progress.end();
  }
}

async function* withProgress(log: OrderedCalls, context: CommandContext): ReturnType<OrderedCalls['calls']> {
  const progress = context.progress('replaying');
  let done = 0;
  try {
    for await (const call of log.calls()) {
      yield call;
      progress.update(++done, log.count);
    }
  } finally {
    progress.end();
  }
}

function tellBadLines(log: OrderedCalls, context: CommandContext): void {
  for (const { file, line, reason } of log.badLines) context.warn(`${file}:${line}: skipped: ${reason}`);
  if (log.badLineCount > log.badLines.length)
    context.warn(`and ${log.badLineCount - log.badLines.length} more bad lines`);
}

/** The report in people's words. */
export function describeReplay(report: ReplayReport, context: Pick<CommandContext, 'say' | 'colours'>): void {
  const { say, colours } = context;
  const rows = [...report.tasks].sort((a, b) => b.calls - a.calls).map(taskRow);
  for (const line of drawTable([
    ['task', 'tenant', 'shape', 'calls', 'avoided', 'agreement', 'certificates', 'changes'],
    ...rows,
  ]))
    say(line);
  say();
  say(`${report.calls.toLocaleString('en')} calls, ${percent(report.avoidedShare)} answered without the teacher`);
  if (report.agreement)
    say(
      `agreement with the teacher over all calls: ${percent(report.agreement.share)} (${percent(report.agreement.low)} to ${percent(report.agreement.high)})`,
    );
  if (report.accuracy)
    say(
      `accuracy against gold on ${report.accuracy.goldCalls.toLocaleString('en')} calls: given ${percent(report.accuracy.given)}, teacher ${percent(report.accuracy.teacher)}`,
    );
  const { before, after, unknownCalls } = report.costUsd;
  if (before !== null && after !== null)
    say(
      `${colours.bold(`bill: $${before.toFixed(2)} before, $${after.toFixed(2)} after`)}${unknownCalls > 0 ? ` (${unknownCalls.toLocaleString('en')} calls of unknown cost left out)` : ''}`,
    );
  else say('bill: unknown, for no call says what it used at a known price');
  for (const task of report.tasks)
    if (task.certificates.length === 0) say(colours.dim(`${task.name}: ${task.outlook}`));
}

function taskRow(task: TaskReport): readonly string[] {
  return [
    task.name,
    task.tenant,
    task.shape,
    task.calls.toLocaleString('en'),
    percent(task.avoidedShare),
    task.agreement ? percent(task.agreement.share) : '–',
    String(task.certificates.length),
    task.changes.map((change) => change.what).join(', ') || '–',
  ];
}

function shareFlag(name: string, value: string | undefined, mayBeZero = false): number | null {
  if (value === undefined) return null;
  const share = Number(value);
  if (!(share < 1) || !(mayBeZero ? share >= 0 : share > 0))
    throw wrongUsage(`\`--${name}\` is ${value}; give a number ${mayBeZero ? 'from 0' : 'above 0'} and below 1`);
  return share;
}

function wholeFlag(name: string, value: string): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number)) throw wrongUsage(`\`--${name}\` is ${value}; give a whole number`);
  return number;
}
