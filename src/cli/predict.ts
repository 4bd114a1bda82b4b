import { createInterface } from 'node:readline';
import { Command } from 'commander';
import type { Encoder } from '../encoder/encoder.ts';
import { RightsizeError } from '../errors.ts';
import { resolveTask } from '../gateway/resolve-task.ts';
import { readServingStudent, type ServingStudent } from '../gateway/serving-student.ts';
import { saidIn, type ToolCall } from '../records/answer.ts';
import { answerOf } from '../records/canonical-answer.ts';
import type { Task } from '../records/task.ts';
import { askStudent } from '../train/ask-student.ts';
import { withNeededEncoder } from './encoder-option.ts';
import { withStore } from './open-store-for.ts';
import { type CommandContext, dataOption, jsonOption, runCommand } from './run-command.ts';
import { learnableShapeOf } from './stored-tasks.ts';
import { percent } from './table.ts';
import { tasksOf } from './tasks.ts';

interface PredictedLine {
  readonly input: string;
  readonly label: string;
  readonly score: number;
  /** What the application would get; null where the student abstains. */
  readonly answer: string | readonly ToolCall[] | null;
}

/** `rightsize predict TASK`: a line of input in, label and score out; no server needed. */
export function createPredictCommand(): Command {
  return new Command('predict')
    .description('Answers lines of input with the student of a task.')
    .argument('<task>', 'name, id, or tenant/name')
    .argument('[input...]', 'the input; without it, lines are read from standard input')
    .addOption(dataOption())
    .addOption(jsonOption())
    .action(runCommand<[string, readonly string[], unknown]>(predict));
}

async function predict(
  wanted: string,
  words: readonly string[],
  _options: unknown,
  context: CommandContext,
): Promise<void> {
  await withStore(
    context,
    async (store) => {
      const task = resolveTask(await tasksOf(store, context), wanted);
      const serving = await readServingStudent(store, task);
      const predicted: PredictedLine[] = [];
      await withNeededEncoder(await context.settings(), serving.student.encoder, async (encoder) => {
        for await (const line of words.length > 0 ? [words.join(' ')] : linesOf(process.stdin, context.signal)) {
          const prediction = await answerLine(line, { task, serving, encoder });
          if (context.isJson) predicted.push(prediction);
          else context.say(`${prediction.label}\t${percent(prediction.score)}\t${sayAnswer(prediction.answer)}`);
        }
      });
      const threshold = serving.certificate?.threshold ?? null;
      if (context.isJson)
        context.printJson({ task: task.id, student: serving.student.id, threshold, predictions: predicted });
    },
    { onlyReads: true },
  );
}

function sayAnswer(answer: PredictedLine['answer']): string {
  if (answer === null) return '(abstains)';
  return typeof answer === 'string' ? answer : answer.map((call) => `${call.name}(${call.arguments})`).join(' ');
}

interface Answerer {
  readonly task: Task;
  readonly serving: ServingStudent;
  /** The one that the student needs; null where it needs none. */
  readonly encoder: Encoder | null;
}

async function answerLine(input: string, { task, serving, encoder }: Answerer): Promise<PredictedLine> {
  const { student, certificate } = serving;
  const shape = learnableShapeOf(task);
  const slots = slotsOf(input, task);
  const ask = await askStudent(student, [slots], encoder);
  const { label, score } = ask(slots);
  const isCertain = certificate !== null && score >= certificate.threshold;
  const answer = isCertain ? answerOf(shape, label, slots) : null;
  return { input, label, score, answer: answer === null ? null : saidIn(answer) };
}

/** A line is the text of the only slot; where a prompt has several, a JSON array gives one text a slot. */
function slotsOf(input: string, task: Task): readonly string[] {
  const wanted = task.versions.at(-1)?.template.slots ?? 1;
  if (wanted === 1) return [input];
  const slots = parseList(input);
  if (slots?.length === wanted) return slots;
  throw new RightsizeError(
    'invalid_request',
    `The prompt of \`${task.name}\` has ${wanted} places to fill, and \`${input}\` does not fill them.`,
    {
      remedy: `Give a JSON array of ${wanted} texts.`,
    },
  );
}

function parseList(text: string): readonly string[] | null {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) && value.every((item) => typeof item === 'string') ? value : null;
  } catch {
    return null;
  }
}

async function* linesOf(stream: NodeJS.ReadableStream, signal: AbortSignal): AsyncGenerator<string> {
  for await (const line of createInterface({ input: stream, signal, crlfDelay: Number.POSITIVE_INFINITY })) yield line;
}
