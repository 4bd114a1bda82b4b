import { Command } from 'commander';
import {
  describeErasure,
  type ErasureReport,
  type ErasureRequest,
  eraseCalls,
  findErasure,
} from '../server/erase-calls.ts';
import { type OpenedStore, withStore } from './open-store-for.ts';
import { wrongUsage } from './output.ts';
import { type CommandContext, dataOption, jsonOption, runCommand, yesOption } from './run-command.ts';
import { findServer } from './running-server.ts';
import { findTasksAnew } from './stored-tasks.ts';

interface EraseFlags {
  readonly user?: string;
  readonly tenant?: string;
  readonly call?: string;
  readonly dryRun?: true;
}

/** Writing again what many calls share takes its time. */
const erasedWithinMs = 3_600_000;

/** `rightsize erase`: the calls of a user, or one call, for good. */
export function createEraseCommand(): Command {
  return new Command('erase')
    .description(
      'Erases the calls of a user, or one call: from the store and its files, from verified answers, and from what would train. Students that were trained on them are marked.',
    )
    .option('--user <user>', 'the user, as the application names them to the API')
    .option('--tenant <tenant>', 'only the calls of this tenant (default: of all tenants)')
    .option('--call <id>', 'one call, by its id')
    .option('--dry-run', 'only say what would be erased')
    .addOption(dataOption())
    .addOption(jsonOption())
    .addOption(yesOption())
    .action(runCommand<[EraseFlags]>(erase));
}

/** The server that holds the folder erases, or this process where none does. */
type Eraser = (wanted: ErasureRequest, isDryRun: boolean) => Promise<ErasureReport>;

async function erase(flags: EraseFlags, context: CommandContext): Promise<void> {
  const wanted = wantedBy(flags);
  const server = await findServer(await context.settings());
  if (server === null) {
    await withStore(context, (store) => eraseWith(inStore(store), wanted, flags, context));
    return;
  }
  const ask: Eraser = (request, dryRun) =>
    server.post<ErasureReport>('/admin/v1/erase', { ...request, dryRun }, erasedWithinMs);
  await eraseWith(ask, wanted, flags, context);
}

function wantedBy({ user, tenant, call }: EraseFlags): ErasureRequest {
  if (user !== undefined && call === undefined) return { user, ...(tenant === undefined ? {} : { tenant }) };
  if (call !== undefined && user === undefined && tenant === undefined) return { call };
  throw wrongUsage('say whose calls, with --user USER and perhaps --tenant TENANT, or which one, with --call ID');
}

function inStore(store: OpenedStore): Eraser {
  return async (wanted, isDryRun) => {
    const found = await findErasure(store, wanted);
    if (isDryRun || found.length === 0) return describeErasure(store, found);
    return eraseCalls({ store, engine: null, findTasks: () => findTasksAnew(store) }, found);
  };
}

async function eraseWith(
  ask: Eraser,
  wanted: ErasureRequest,
  { dryRun }: EraseFlags,
  context: CommandContext,
): Promise<void> {
  const found = await ask(wanted, true);
  const isWanted = dryRun !== true && found.calls > 0 && (await isConfirmed(found, context));
  const report = isWanted ? await ask(wanted, false) : found;
  if (context.isJson) context.printJson(report);
  else if (found.calls === 0) context.say('There are no such calls.');
  else if (report.erased) sayErased(report, context);
  else sayFound(report, context);
}

async function isConfirmed({ calls, from, to }: ErasureReport, context: CommandContext): Promise<boolean> {
  const isYes = await context.confirm(`Erase ${calls} calls, ${from} to ${to}, for good?`);
  if (!isYes) context.warn('Nothing was erased. Say --yes to erase.');
  return isYes;
}

function sayFound({ calls, from, to, tasks }: ErasureReport, { say }: CommandContext): void {
  say(`${calls} calls would be erased, ${from} to ${to}.`);
  for (const { name, calls: ofTask } of tasks) say(`  ${ofTask} of ${name}`);
}

function sayErased({ calls, gold, students, tasks }: ErasureReport, { say }: CommandContext): void {
  say(`Erased ${calls} calls${gold === 0 ? '' : `, ${gold} of them with verified answers`}.`);
  for (const { student, task, rows } of students) {
    const name = tasks.find(({ id }) => id === task)?.name ?? task;
    say(
      `  ${student.slice(0, 12)} of ${name} was trained on ${rows} of them; \`rightsize train ${name}\` makes one without`,
    );
  }
  say('Exports, backups and logs that left this folder are not reached.');
}
