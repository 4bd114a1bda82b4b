import { Command, Option } from 'commander';
import { distillability } from '../curate/distillability.ts';
import { hostOf } from '../curate/provider-terms.ts';
import { resolveTask } from '../gateway/resolve-task.ts';
import type { FieldsReport } from '../learn/fields/train-fields-student.ts';
import type { RowWeightsReport } from '../learn/train-student.ts';
import type { PromiseKind } from '../records/certificate.ts';
import { WorkerTrainer } from '../train/worker-trainer.ts';
import { describePromise } from './describe-promise.ts';
import { type EncoderFlags, encoderSetting, withEncoder, withEncoderOptions } from './encoder-option.ts';
import { withStore } from './open-store-for.ts';
import { parseCount, parseShare } from './parse-options.ts';
import { promiseOption } from './promise-option.ts';
import { type CommandContext, dataOption, jsonOption, runCommand } from './run-command.ts';
import { describeCurve, drawCurveBars } from './say-curve.ts';
import { describeDistillability } from './say-distillability.ts';
import { sayEvaluation } from './say-evaluation.ts';
import { describeTerms } from './say-terms.ts';
import { frozenCalls, learnableShapeOf, readExamples } from './stored-tasks.ts';
import { percent } from './table.ts';
import { tasksOf } from './tasks.ts';
import { type TrainTaskReport, trainTask } from './train-task.ts';

interface TrainFlags extends EncoderFlags {
  readonly promise?: PromiseKind;
  readonly epsilon?: number;
  readonly delta?: number;
  readonly seed?: number;
  readonly head: 'linear' | 'mlp' | 'best';
  readonly curve?: boolean;
}

/** `rightsize train TASK`: from the stored calls of a task to a student, its report and its certificate. */
export function createTrainCommand(): Command {
  return withEncoderOptions(new Command('train'))
    .description('Trains a student for a task, measures it on later calls and asks for its certificate.')
    .argument('<task>', 'name, id, or tenant/name')
    .addOption(promiseOption())
    .option('--epsilon <share>', 'share of those calls that may differ (default: 0.02)', parseShare)
    .option('--delta <share>', 'chance that the certificate is wrong, at most (default: 0.05)', parseShare)
    .option('--seed <number>', 'seed of everything random', parseCount)
    .addOption(new Option('--head <kind>', 'what to train').choices(['linear', 'mlp', 'best']).default('best'))
    .option('--curve', 'draw the learning curve, measured and expected')
    .addOption(dataOption())
    .addOption(jsonOption())
    .action(runCommand<[string, TrainFlags]>(train));
}

async function train(wanted: string, flags: TrainFlags, context: CommandContext): Promise<void> {
  const settings = await context.settings({
    promise: {
      ...(flags.promise !== undefined && { kind: flags.promise }),
      ...(flags.epsilon !== undefined && { epsilon: flags.epsilon }),
      ...(flags.delta !== undefined && { delta: flags.delta }),
    },
    ...(flags.seed !== undefined && { seed: flags.seed }),
    ...encoderSetting(flags),
  });
  await withStore(context, async (store) => {
    const task = resolveTask(await tasksOf(store, context), wanted);
    const shape = learnableShapeOf(task);
    const { epsilon } = settings.promise;
    const examples = await readExamples(store, task, context.signal);
    const kind = shape.kind === 'label' ? 'label' : 'fields';
    const expected = distillability(examples, { kind, epsilon });
    if (expected !== null) context.say(describeDistillability(expected));
    const worker = new WorkerTrainer();
    const progress = context.progress(`training ${task.name}`);
    context.signal.addEventListener('abort', () => void worker.close());
    try {
      const report = await withEncoder(settings, context, async (encoder) =>
        trainTask({
          store,
          task,
          examples,
          frozenGold: await frozenCalls(store, task),
          trainer: {
            train: (job) => worker.train(job, (share) => progress.update(Math.round(share * 100), 100)),
            close: () => worker.close(),
          },
          head: flags.head,
          epsilon,
          delta: settings.promise.delta,
          promise: settings.promise.kind,
          seed: settings.seed,
          encoder,
          now: Date.now(),
          upstream: settings.upstream.baseUrl === null ? null : hostOf(settings.upstream.baseUrl),
        }),
      );
      progress.end();
      if (context.isJson) context.printJson({ task: task.id, name: task.name, expected, ...report });
      else sayReport(report, { name: task.name, epsilon, isCurveDrawn: flags.curve === true }, context);
    } finally {
      progress.end();
      await worker.close();
    }
  });
}

interface SayOptions {
  readonly name: string;
  readonly epsilon: number;
  readonly isCurveDrawn: boolean;
}

function sayReport(
  report: TrainTaskReport,
  { name, epsilon, isCurveDrawn }: SayOptions,
  context: CommandContext,
): void {
  const { rows, student, training } = report;
  const dropped = Object.entries(rows.dropped).filter(([, count]) => count > 0);
  const left = dropped.map(([reason, count]) => `${count} ${reason}`).join(', ');
  context.say(
    `${name}: ${rows.train} calls trained, ${rows.certify} certify, ${rows.judge} judge${left && `; left out: ${left}`}.`,
  );
  context.say(
    `Student ${student.id.slice(0, 12)}: ${training.head === 'fields' ? describeFields(training) : `${training.head}, ${student.labels.length} labels`}, ${(training.bytes / 1e6).toFixed(1)} MB.`,
  );
  const doubts = describeRowWeights(training.rowWeights, name);
  if (doubts !== null) context.say(doubts);
  context.say();
  sayEvaluation(report.evaluation, context);
  context.say();
  context.say(describeOutcome(report));
  context.say();
  context.say(describeCurve(report.curve, epsilon));
  if (isCurveDrawn) for (const line of drawCurveBars(report.curve)) context.say(line);
  context.say();
  for (const line of describeTerms(report.terms)) context.say(line);
  context.say(`The whole text, and where the rows come from: rightsize card ${name}`);
}

/** The fields and how each is learned. */
function describeFields({ fields }: FieldsReport): string {
  return `fields ${fields.map(({ field, kind }) => `${field} (${kind})`).join(', ')}`;
}

/** What became of the calls whose answer is likely wrong; null where there are none. */
export function describeRowWeights({ likelyErrors, weighedDown }: RowWeightsReport, name: string): string | null {
  if (likelyErrors === 0) return null;
  const less =
    weighedDown > 0
      ? `${weighedDown} of them count less, which answers held-out calls better`
      : 'they count like all others, since counting them less answers held-out calls no better';
  return `${likelyErrors} calls have an answer that is likely wrong; ${less}. Look at them first: rightsize review ${name}`;
}

/** What came of the look, in one sentence. */
export function describeOutcome({ choice, certificate, evaluation, look }: TrainTaskReport): string {
  if (choice === null) {
    const best = [...evaluation.baselines].sort((a, b) => (b.agreement?.share ?? 0) - (a.agreement?.share ?? 0))[0];
    return `Not offered: it does not beat the baseline "${best?.name}" (${percent(best?.agreement?.share)}).`;
  }
  if (certificate === null || !choice.certified) {
    const more = choice.certified ? 0 : choice.moreCallsNeeded;
    return `Nothing can be certified yet: at least ${more} more calls needed (look ${look}, ${choice.errors} of ${choice.n} differ among the surest).`;
  }
  const { delta, n, errors, threshold, upperBound } = certificate;
  return `Certificate: answering where the score is at least ${threshold.toFixed(3)}, ${describePromise(certificate)}; confidence ${percent(1 - delta, 0)}, look ${look}, from ${n} calls, ${choice.answered} of them answered, ${errors} different, bound ${percent(upperBound, 2)}. That is ${percent(choice.answered / n)} of the calls.`;
}
