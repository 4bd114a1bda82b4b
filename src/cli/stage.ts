import { Argument, Command } from 'commander';
import { keepStage } from '../gateway/kept-stages.ts';
import { resolveTask } from '../gateway/resolve-task.ts';
import type { Stage } from '../records/route.ts';
import type { StatusDocument } from '../server/status-document.ts';
import { openStore } from '../storage/open-store.ts';
import { wrongUsage } from './output.ts';
import { type CommandContext, dataOption, jsonOption, runCommand } from './run-command.ts';
import { findServer } from './running-server.ts';

const stages = ['off', 'shadow', 'canary', 'live', 'auto'] as const;

interface StageOptions {
  readonly all?: boolean;
}

/** `rightsize stage TASK STAGE`, and `rightsize stage --all off`, the kill switch. */
export function createStageCommand(): Command {
  return new Command('stage')
    .description(
      'Says how far the students of a task are let. `auto` climbs and falls by itself; `--all off` is the kill switch.',
    )
    .addArgument(
      new Argument('<task-or-stage...>', `a task (name, id, or tenant/name) and one of ${stages.join(', ')}`),
    )
    .option('--all', 'all tasks instead of one')
    .addOption(dataOption())
    .addOption(jsonOption())
    .action(runCommand<[string[], StageOptions]>(setStage));
}

async function setStage(words: string[], { all = false }: StageOptions, context: CommandContext): Promise<void> {
  const { wanted, stage } = parseWords(words, all);
  const settings = await context.settings();
  const server = await findServer(settings);
  const task =
    server === null ? await setStored(settings.data, wanted, stage) : await setRunning(server, wanted, stage);
  if (context.isJson) return context.printJson({ task: task?.id ?? null, stage, running: server !== null });
  context.say(
    `${task === null ? 'All tasks' : task.name}: ${stage}${server === null ? ', from the next start on' : ''}.`,
  );
}

function parseWords(
  words: readonly string[],
  all: boolean,
): { readonly wanted: string | null; readonly stage: Stage | 'auto' } {
  if (words.length !== (all ? 1 : 2))
    throw wrongUsage(all ? '--all takes a stage and no task' : 'give a task and a stage');
  const stage = stages.find((known) => known === words.at(-1));
  if (stage === undefined) throw wrongUsage(`'${words.at(-1)}' is no stage; give one of ${stages.join(', ')}`);
  return { wanted: all ? null : (words[0] ?? null), stage };
}

interface NamedTask {
  readonly id: string;
  readonly name: string;
}

async function setRunning(
  server: NonNullable<Awaited<ReturnType<typeof findServer>>>,
  wanted: string | null,
  stage: Stage | 'auto',
): Promise<NamedTask | null> {
  const task =
    wanted === null ? null : resolveTask((await server.get<StatusDocument>('/admin/v1/status')).tasks, wanted);
  await server.post('/admin/v1/stage', { task: task?.id ?? null, stage });
  return task;
}

async function setStored(folder: string, wanted: string | null, stage: Stage | 'auto'): Promise<NamedTask | null> {
  const store = await openStore(folder);
  try {
    const task = wanted === null ? null : resolveTask(await store.tasks.list(), wanted);
    await keepStage(store.state, task?.id ?? null, stage);
    return task;
  } finally {
    await store.close();
  }
}
