import { Command } from 'commander';
import { type ReviewItem, reviewOrder } from '../curate/review-order.ts';
import { RightsizeError } from '../errors.ts';
import { resolveTask } from '../gateway/resolve-task.ts';
import { isSameAnswer } from '../records/canonical-answer.ts';
import { WorkerTrainer } from '../train/worker-trainer.ts';
import { withStore } from './open-store-for.ts';
import { parseCount } from './parse-options.ts';
import { type CommandContext, dataOption, jsonOption, runCommand } from './run-command.ts';
import { frozenCalls, learnableShapeOf, readExamples } from './stored-tasks.ts';
import { excerpt, percent } from './table.ts';
import { tasksOf } from './tasks.ts';

interface ReviewFlags {
  readonly limit: number;
  readonly seed?: number;
}

/** Fewer rows give no model whose doubt means anything. */
const fewestRows = 20;

/** `rightsize review TASK`: the calls most worth a person's look, likely errors of the teacher first. */
export function createReviewCommand(): Command {
  return new Command('review')
    .description(
      'Lists the calls most worth a look: answers of the teacher that are likely wrong, then those a student is least sure of.',
    )
    .argument('<task>', 'name, id, or tenant/name')
    .option('--limit <count>', 'how many calls to list', parseCount, 10)
    .option('--seed <number>', 'seed of everything random', parseCount)
    .addOption(dataOption())
    .addOption(jsonOption())
    .action(runCommand<[string, ReviewFlags]>(review));
}

async function review(wanted: string, flags: ReviewFlags, context: CommandContext): Promise<void> {
  const { seed } = await context.settings(flags.seed === undefined ? {} : { seed: flags.seed });
  await withStore(
    context,
    async (store) => {
      const task = resolveTask(await tasksOf(store, context), wanted);
      const frozen = await frozenCalls(store, task);
      const examples = (await readExamples(store, task, context.signal)).filter(
        ({ callId, label }) => label !== null && !frozen.has(callId),
      );
      if (examples.length < fewestRows) {
        throw new RightsizeError(
          'too_few_examples',
          `\`${task.name}\` has ${examples.length} calls to compare with one another; it takes ${fewestRows}.`,
        );
      }
      const worker = new WorkerTrainer();
      context.signal.addEventListener('abort', () => void worker.close());
      const progress = context.progress(`reading ${task.name}`);
      try {
        const rows = examples.map(({ slots, label }) => ({ slots, label: label ?? '' }));
        const shape = learnableShapeOf(task);
        const kind = shape.kind === 'label' ? 'label' : 'fields';
        const { outOfFold } = await worker.train({ kind, rows, seed, head: 'linear' }, (share) =>
          progress.update(Math.round(share * 100), 100),
        );
        progress.end();
        const items = reviewOrder(examples, outOfFold, (a, b) => isSameAnswer(shape, a, b));
        const shown = items.slice(0, flags.limit).map((item) => describeItem(task.name, item));
        const likely = items.filter(({ why }) => why === 'likely-error').length;
        if (context.isJson) context.printJson({ task: task.id, name: task.name, likelyErrors: likely, calls: shown });
        else sayItems(shown, likely, examples.length, context);
      } finally {
        progress.end();
        await worker.close();
      }
    },
    { onlyReads: true },
  );
}

interface ShownItem {
  readonly call: string;
  readonly at: string;
  readonly why: ReviewItem['why'];
  readonly input: string;
  readonly teacher: string;
  readonly suggested: string;
  readonly score: number;
  /** Verifies the suggestion; the teacher's answer where both say the same. */
  readonly command: string;
}

function describeItem(task: string, { example, why, suggested, score }: ReviewItem): ShownItem {
  return {
    call: example.callId,
    at: new Date(example.at).toISOString(),
    why,
    input: example.slots.join('\n'),
    teacher: example.label ?? '',
    suggested,
    score,
    command: commandFor(task, example.callId, suggested),
  };
}

/** The command line that verifies an answer, as a POSIX shell reads it back unchanged. */
export function commandFor(task: string, call: string, answer: string): string {
  const words = [task, call, answer];
  const isolated = words.some((word) => word.startsWith('-')) ? ['--', ...words] : words;
  return ['rightsize', 'gold', 'add', ...isolated].map(quoteForShell).join(' ');
}

function quoteForShell(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

function sayItems(
  items: readonly ShownItem[],
  likely: number,
  calls: number,
  { say }: Pick<CommandContext, 'say'>,
): void {
  say(`Of ${calls} calls ${likely} have an answer that is likely wrong. Look at each, and verify what is right:`);
  for (const { call, why, input, teacher, suggested, score, command } of items) {
    say();
    const doubt =
      why === 'likely-error'
        ? `the teacher said ${teacher}; from the other calls it would be ${suggested} (${percent(score)} sure)`
        : `the teacher said ${teacher}; a student says ${suggested}, ${percent(score)} sure`;
    say(`${call}: ${doubt}`);
    say(`  ${excerpt(input, 110)}`);
    say(`  ${command}`);
  }
  say();
  say('Give another answer in its place where the suggestion is wrong. Verified answers score, and never train.');
}
