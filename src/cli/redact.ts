import { readFile } from 'node:fs/promises';
import { text as readAll } from 'node:stream/consumers';
import { Command } from 'commander';
import { CallRedaction } from '../capture/redaction/call-redaction.ts';
import { type Redactor, redactorsOf } from '../capture/redaction/redactor.ts';
import { RightsizeError } from '../errors.ts';
import type { Settings } from '../settings.ts';
import { type CommandContext, jsonOption, runCommand } from './run-command.ts';
import { drawTable } from './table.ts';

interface RedactFlags {
  readonly tenant: string;
  readonly recognisers?: string;
}

/** `rightsize redact FILE`: what redaction would replace in a text, before anything depends on it. */
export function createRedactCommand(): Command {
  return new Command('redact')
    .description(
      'Shows a text as it would be kept: personal data and secrets replaced by placeholders. Uses the settings of the tenant, or all that is built in where nothing is redacted so far.',
    )
    .argument('[file]', 'the text; `-` or nothing reads standard input')
    .option('--tenant <tenant>', 'whose settings', 'default')
    .option('--recognisers <names>', '`standard`, or names with commas between them')
    .addOption(jsonOption())
    .action(runCommand<[string | undefined, RedactFlags]>(redact));
}

async function redact(file: string | undefined, flags: RedactFlags, context: CommandContext): Promise<void> {
  const redactor = redactorFor(flags, (await context.settings()).redaction);
  const text = file === undefined || file === '-' ? await readAll(process.stdin) : await readText(file);
  const redaction = new CallRedaction(redactor);
  const redacted = redaction.text(text);
  if (context.isJson) {
    const found = redactor.find(text).map((finding) => ({ ...finding, text: text.slice(finding.start, finding.end) }));
    return context.printJson({
      recognisers: redactor.recognisers,
      counts: Object.fromEntries(redaction.counts),
      found,
      text: redacted,
    });
  }
  context.say(redacted.replace(/\n$/, ''));
  const counts = [...redaction.counts].map(([recogniser, count]) => [recogniser, String(count)]);
  if (counts.length === 0) context.warn('Nothing would be replaced.');
  for (const line of counts.length === 0 ? [] : drawTable([['REPLACED', 'TIMES'], ...counts])) context.warn(line);
}

function redactorFor({ tenant, recognisers }: RedactFlags, settings: Settings['redaction']): Redactor {
  const chosen = recognisers === undefined ? null : recognisers === 'standard' ? recognisers : recognisers.split(',');
  const redactorOf = (choice: Settings['redaction']['recognisers']) =>
    redactorsOf({ ...settings, recognisers: choice, tenants: {} })(tenant);
  const redactor = chosen === null ? redactorsOf(settings)(tenant) : redactorOf(chosen);
  return redactor ?? (redactorOf('standard') as Redactor);
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new RightsizeError('file_not_found', `\`${file}\` cannot be read.`, { cause });
  }
}
