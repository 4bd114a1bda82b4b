import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { databaseName } from '../storage/sqlite/open-sqlite-store.ts';
import { restoreFolder } from '../storage/sqlite/restore-folder.ts';
import { wrongUsage } from './output.ts';
import { type CommandContext, dataOption, jsonOption, runCommand, yesOption } from './run-command.ts';

/** `rightsize restore FILE`: puts a backup in the place of what is kept. */
export function createRestoreCommand(): Command {
  return new Command('restore')
    .description('Puts a backup in the place of everything that is kept. Nothing changes until it is verified.')
    .argument('<file>', 'a file that `rightsize backup` wrote')
    .addOption(dataOption())
    .addOption(jsonOption())
    .addOption(yesOption())
    .action(runCommand<[string, unknown]>(restore));
}

async function restore(file: string, _flags: unknown, context: CommandContext): Promise<void> {
  const { data } = await context.settings();
  const replaces = existsSync(join(data, databaseName));
  if (replaces && !(await context.confirm(`Replace everything in ${data} by ${file}?`))) {
    // Without anybody to ask, doing nothing must not look like success.
    if (!process.stdin.isTTY) throw wrongUsage(`${data} holds calls already; say --yes to replace them`);
    context.warn('Nothing was restored.');
    if (context.isJson) context.printJson({ file, restored: false });
    return;
  }
  const { calls } = await restoreFolder(file, data, context.signal);
  if (context.isJson) context.printJson({ file, restored: true, calls });
  else context.say(`Restored ${calls.toLocaleString('en')} calls into \`${data}\`.`);
}
