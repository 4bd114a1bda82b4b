import { Command } from 'commander';
import { RightsizeError } from '../errors.ts';
import { type Check, runChecks } from './doctor-checks.ts';
import { type CommandContext, dataOption, jsonOption, runCommand } from './run-command.ts';

/** `rightsize doctor`: whether this machine, folder and upstream are fit. */
export function createDoctorCommand(): Command {
  return new Command('doctor')
    .description('Checks the runtime, the store, the data folder, the port, the upstream and the encoder.')
    .addOption(dataOption())
    .addOption(jsonOption())
    .action(runCommand<[unknown]>(examine));
}

async function examine(_options: unknown, context: CommandContext): Promise<void> {
  const checks = await runChecks(await context.settings());
  const failed = checks.filter(({ result }) => result === 'failed');
  if (context.isJson) context.printJson({ ok: failed.length === 0, checks });
  else for (const check of checks) context.say(describe(check, context));
  if (failed.length > 0)
    throw new RightsizeError(
      'check_failed',
      `${failed.length} of ${checks.length} checks failed: ${failed.map(({ name }) => name).join(', ')}.`,
    );
}

function describe({ name, result, detail }: Check, { colours }: CommandContext): string {
  const marks = { passed: colours.green('ok     '), failed: colours.red('FAILED '), skipped: colours.dim('skipped') };
  return `${marks[result]}  ${name.padEnd(12)}  ${detail}`;
}
