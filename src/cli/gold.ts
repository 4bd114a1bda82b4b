import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { z } from 'zod';
import { canonicalGold } from '../curate/canonical-gold.ts';
import { RightsizeError } from '../errors.ts';
import { resolveTask } from '../gateway/resolve-task.ts';
import type { Gold } from '../records/call.ts';
import type { Task } from '../records/task.ts';
import type { GoldAnswer } from '../storage/gold-store.ts';
import type { Store } from '../storage/store.ts';
import { withStore } from './open-store-for.ts';
import { type CommandContext, dataOption, jsonOption, runCommand } from './run-command.ts';
import { learnableShapeOf } from './stored-tasks.ts';
import { drawTable } from './table.ts';
import { tasksOf } from './tasks.ts';

/** `rightsize gold`: answers that a person verified. They score, and never train. */
export function createGoldCommand(): Command {
  const command = new Command('gold').description('Keeps answers that a person verified; they score, and never train.');
  subcommand(command, 'add', 'Adds the verified answer to one call.')
    .argument('<call>', 'id of the call')
    .argument('<answer>', 'the right answer: the label, or JSON')
    .action(runCommand<[string, string, string, unknown]>(add));
  subcommand(command, 'import', 'Adds verified answers from a file with one {"call": …, "answer": …} a line.')
    .argument('<file>', 'JSON Lines')
    .action(runCommand<[string, string, unknown]>(importFile));
  subcommand(command, 'list', 'Lists the verified answers of a task and its frozen sets.').action(
    runCommand<[string, unknown]>(list),
  );
  subcommand(command, 'freeze', 'Freezes today’s answers as a set that no student ever trains on.').action(
    runCommand<[string, unknown]>(freeze),
  );
  return command;
}

function subcommand(parent: Command, name: string, description: string): Command {
  return parent
    .command(name)
    .description(description)
    .argument('<task>', 'name, id, or tenant/name')
    .addOption(dataOption())
    .addOption(jsonOption());
}

async function add(
  wanted: string,
  call: string,
  answer: string,
  _options: unknown,
  context: CommandContext,
): Promise<void> {
  await withStore(context, async (store) => {
    const task = resolveTask(await tasksOf(store, context), wanted);
    await keep(store, task, [{ call, answer: parseAnswer(answer) }], context);
  });
}

const goldLine = z.object({ call: z.string(), answer: z.json().refine((value) => value !== null) });

async function importFile(wanted: string, file: string, _options: unknown, context: CommandContext): Promise<void> {
  const lines = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '');
  const answers = lines.map((line, i) => parseLine(line, `${file}:${i + 1}`));
  if (answers.length === 0)
    throw new RightsizeError('empty_log', `\`${file}\` holds no answers.`, {
      remedy: 'Write one {"call": …, "answer": …} a line.',
    });
  await withStore(context, async (store) => {
    const task = resolveTask(await tasksOf(store, context), wanted);
    await keep(store, task, answers, context);
  });
}

interface GivenAnswer {
  readonly call: string;
  readonly answer: Gold;
}

function parseLine(line: string, place: string): GivenAnswer {
  try {
    return goldLine.parse(JSON.parse(line)) as GivenAnswer;
  } catch (cause) {
    throw new RightsizeError('unreadable_log', `${place} is no {"call": …, "answer": …}.`, {
      cause,
      remedy: 'Correct the line; nothing was added.',
    });
  }
}

/** JSON where it is an object, a list, a number or a boolean; anything else is text. */
function parseAnswer(text: string): Gold {
  try {
    const value: unknown = JSON.parse(text);
    return value === null ? text : (value as Gold);
  } catch {
    return text;
  }
}

/** All or nothing: every call must be one of the task, and every answer must have the form of its answers. */
async function keep(store: Store, task: Task, given: readonly GivenAnswer[], context: CommandContext): Promise<void> {
  const shape = learnableShapeOf(task);
  const at = Date.now();
  const answers: GoldAnswer[] = [];
  for (const { call, answer } of given) {
    const stored = await store.calls.get(call);
    if (stored?.match?.task !== task.id)
      throw new RightsizeError('call_not_found', `\`${task.name}\` has no call \`${call}\`; nothing was added.`);
    const label = canonicalGold(answer, shape);
    if (label === null) {
      throw new RightsizeError(
        'invalid_request',
        `\`${JSON.stringify(answer)}\` is no answer of \`${task.name}\`; nothing was added.`,
        {
          remedy: 'Write the label, or the whole answer as the application gets it.',
        },
      );
    }
    if (shape.kind === 'label' && !shape.labels.some((known) => known.label === label))
      context.warn(`The teacher never answered \`${label}\` so far (call ${call}).`);
    answers.push({ callId: call, task: task.id, answer, at });
  }
  await store.gold.put(answers);
  if (context.isJson) context.printJson({ task: task.id, added: answers.length });
  else context.say(`${answers.length} verified answers added to ${task.name}.`);
}

async function list(wanted: string, _options: unknown, context: CommandContext): Promise<void> {
  await withStore(
    context,
    async (store) => {
      const task = resolveTask(await tasksOf(store, context), wanted);
      const answers = await store.gold.list(task.id);
      const sets = (await store.gold.sets(task.id)).map((set) => ({
        version: set.version,
        frozenAt: new Date(set.frozenAt).toISOString(),
        answers: set.answers.length,
      }));
      if (context.isJson) return context.printJson({ task: task.id, answers, frozen: sets });
      const rows = answers.map(({ callId, answer, at }) => [
        callId,
        typeof answer === 'string' ? answer : JSON.stringify(answer),
        new Date(at).toISOString(),
      ]);
      for (const line of drawTable([['CALL', 'ANSWER', 'VERIFIED'], ...rows])) context.say(line);
      for (const set of sets) context.say(`frozen set ${set.version}: ${set.answers} answers, ${set.frozenAt}`);
    },
    { onlyReads: true },
  );
}

async function freeze(wanted: string, _options: unknown, context: CommandContext): Promise<void> {
  await withStore(context, async (store) => {
    const task = resolveTask(await tasksOf(store, context), wanted);
    if ((await store.gold.list(task.id)).length === 0) {
      throw new RightsizeError('too_few_examples', `\`${task.name}\` has no verified answers to freeze.`, {
        remedy: `Add some with \`rightsize gold add ${task.name} CALL ANSWER\`.`,
      });
    }
    const set = await store.gold.freeze(task.id, Date.now());
    if (context.isJson) context.printJson({ task: task.id, version: set.version, answers: set.answers.length });
    else
      context.say(
        `Frozen: version ${set.version} with ${set.answers.length} answers. None of these calls trains from now on.`,
      );
  });
}
