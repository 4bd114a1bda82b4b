import { statSync } from 'node:fs';
import { Command } from 'commander';
import { openStore } from '../storage/open-store.ts';
import { type CommandContext, dataOption, jsonOption, runCommand } from './run-command.ts';

/** `rightsize backup FILE`: the whole folder in one file, also while a server writes it. */
export function createBackupCommand(): Command {
  return new Command('backup')
    .description('Writes everything that is kept into one file, also while the server runs.')
    .argument('<file>', 'the backup; an existing file is replaced when the new one is complete')
    .addOption(dataOption())
    .addOption(jsonOption())
    .action(runCommand<[string, unknown]>(backUp));
}

async function backUp(file: string, _flags: unknown, context: CommandContext): Promise<void> {
  const { data } = await context.settings();
  const store = await openStore(data, { readOnly: true });
  try {
    const calls = await store.calls.count();
    await store.backup(file, context.signal);
    const bytes = statSync(file).size;
    if (context.isJson) context.printJson({ file, bytes, calls });
    else context.say(`Backed up \`${data}\` (${calls.toLocaleString('en')} calls) into ${file}.`);
  } finally {
    await store.close();
  }
}
