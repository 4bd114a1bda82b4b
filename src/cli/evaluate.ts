import { Command } from 'commander';
import { unseenRows } from '../curate/curate.ts';
import { RightsizeError } from '../errors.ts';
import { createBaselines } from '../evaluate/baselines.ts';
import { evaluate } from '../evaluate/evaluate.ts';
import { resolveTask } from '../gateway/resolve-task.ts';
import { readServingStudent } from '../gateway/serving-student.ts';
import { askStudent } from '../train/ask-student.ts';
import { withNeededEncoder } from './encoder-option.ts';
import { withStore } from './open-store-for.ts';
import { type CommandContext, dataOption, jsonOption, runCommand } from './run-command.ts';
import { sayEvaluation } from './say-evaluation.ts';
import { frozenCalls, learnableShapeOf, readExamples } from './stored-tasks.ts';
import { tasksOf } from './tasks.ts';

/** `rightsize evaluate TASK`: student, teacher and baselines on the same rows, none of which the student has seen. */
export function createEvaluateCommand(): Command {
  return new Command('evaluate')
    .description('Measures student, teacher and baselines on the same unseen calls.')
    .argument('<task>', 'name, id, or tenant/name')
    .addOption(dataOption())
    .addOption(jsonOption())
    .action(runCommand<[string, unknown]>(evaluateTask));
}

async function evaluateTask(wanted: string, _options: unknown, context: CommandContext): Promise<void> {
  await withStore(
    context,
    async (store) => {
      const task = resolveTask(await tasksOf(store, context), wanted);
      const { student, stored, certificate } = await readServingStudent(store, task);
      const examples = await readExamples(store, task, context.signal);
      // Students of the live loop were certified on calls up to their certificate.
      const unseenAfter = Number(stored.details.unseenAfter ?? certificate?.at ?? stored.createdAt);
      const frozen = await frozenCalls(store, task);
      const unseen = new Set(unseenRows(examples, unseenAfter).map((row) => row.callId));
      const rows = examples.filter(({ callId }) => unseen.has(callId) || frozen.has(callId));
      if (rows.length === 0) {
        throw new RightsizeError('too_few_examples', `\`${task.name}\` has no calls that its student has not seen.`);
      }
      const earlier = examples.filter(({ callId, at }) => at <= unseenAfter && !frozen.has(callId));
      const inputs = rows.map(({ slots }) => slots);
      const settings = await context.settings();
      const ask = await withNeededEncoder(settings, student.encoder, (encoder) => askStudent(student, inputs, encoder));
      const evaluation = evaluate({
        shape: learnableShapeOf(task),
        rows,
        predict: ask,
        baselines: createBaselines(earlier) ?? {},
        threshold: certificate?.threshold ?? null,
      });
      if (context.isJson)
        return context.printJson({ task: task.id, name: task.name, student: student.id, certificate, evaluation });
      context.say(`${task.name}, student ${student.id.slice(0, 12)}${certificate ? '' : ', without a certificate'}`);
      sayEvaluation(evaluation, context);
    },
    { onlyReads: true },
  );
}
