import { Command } from 'commander';
import type { KeyDocument } from '../access/describe-key.ts';
import type { KeyUseDocument } from '../access/open-access.ts';
import { type Limits, limitName, resources, spans } from '../records/limits.ts';
import type { IssuedKeyDocument } from '../server/key-routes.ts';
import { withKeyDesk } from './key-desk.ts';
import { type KeyFlags, keyChangeOf, parseTime, withKeyOptions } from './key-options.ts';
import { type CommandContext, dataOption, jsonOption, runCommand } from './run-command.ts';
import { dollars, drawTable } from './table.ts';

type AddFlags = KeyFlags & { readonly tenant: string };

type ChangeFlags = KeyFlags & { readonly name?: string };

interface RotateFlags {
  /** Milliseconds. */
  readonly keepOld?: number;
}

const heading = ['ID', 'NAME', 'TENANT', 'STATE', 'MODELS', 'EXPIRES', 'LIMITS'];

/** `rightsize keys`: who may call, and how much. */
export function createKeysCommand(): Command {
  const command = new Command('keys').description(
    'Keeps gateway keys. Once there is one, every call must carry a key; a secret is shown once and kept nowhere.',
  );
  withCommonOptions(
    withKeyOptions(
      command
        .command('add')
        .description('Makes a key and shows its secret, once.')
        .argument('<name>', 'what to call it')
        .option('--tenant <tenant>', 'whose calls come with it', 'default'),
    ),
  ).action(runCommand<[string, AddFlags]>(add));
  withCommonOptions(command.command('list').description('Lists all keys, without their secrets.')).action(
    runCommand<[unknown]>(list),
  );
  withCommonOptions(
    command
      .command('show')
      .description('Shows one key, what was used with it and what is left of its limits.')
      .argument('<id>', 'id of a key'),
  ).action(runCommand<[string, unknown]>(show));
  withCommonOptions(
    withKeyOptions(
      command
        .command('change')
        .description('Changes what is given and leaves the rest, from the next request on; what was used still counts.')
        .argument('<id>', 'id of a key')
        .option('--name <name>', 'another name'),
    ),
  ).action(runCommand<[string, ChangeFlags]>(change));
  withCommonOptions(
    command
      .command('rotate')
      .description('Gives a key another secret; everything else about it stays.')
      .argument('<id>', 'id of a key')
      .option(
        '--keep-old <time>',
        'how long the old secret still holds, as in 90d, 12h, 30m (default: not)',
        parseTime,
      ),
  ).action(runCommand<[string, RotateFlags]>(rotate));
  withCommonOptions(
    command
      .command('revoke')
      .description('Takes a key away for good, from the next request on.')
      .argument('<id>', 'id of a key'),
  ).action(runCommand<[string, unknown]>(revoke));
  return command;
}

function withCommonOptions(command: Command): Command {
  return command.addOption(dataOption()).addOption(jsonOption());
}

async function add(name: string, flags: AddFlags, context: CommandContext): Promise<void> {
  const issued = await withKeyDesk(context, (desk) =>
    desk.add({ name, tenant: flags.tenant, models: null, expiresAt: null, limits: {}, ...keyChangeOf(flags) }),
  );
  sayIssued(issued, context);
}

async function change(id: string, flags: ChangeFlags, context: CommandContext): Promise<void> {
  const key = await withKeyDesk(context, (desk) =>
    desk.change(id, { ...keyChangeOf(flags), ...(flags.name === undefined ? {} : { name: flags.name }) }),
  );
  if (context.isJson) return context.printJson(key);
  for (const line of drawTable([heading, describeLine(key)])) context.say(line);
}

async function list(_flags: unknown, context: CommandContext): Promise<void> {
  const keys = await withKeyDesk(context, (desk) => desk.list(), { onlyReads: true });
  if (context.isJson) return context.printJson({ keys });
  if (keys.length === 0) return context.say('There is no key. Add one with `rightsize keys add NAME`.');
  for (const line of drawTable([heading, ...keys.map(describeLine)])) context.say(line);
}

async function show(id: string, _flags: unknown, context: CommandContext): Promise<void> {
  const use = await withKeyDesk(context, (desk) => desk.show(id), { onlyReads: true });
  if (context.isJson) return context.printJson(use);
  for (const line of drawTable([heading, describeLine(use)])) context.say(line);
  context.say();
  sayUse(use, context);
}

function sayUse({ today, thisMonth, limitUses }: KeyUseDocument, { say }: CommandContext): void {
  for (const [when, used] of [
    ['today', today],
    ['this month', thisMonth],
  ] as const) {
    const unknown = used.unknown > 0 ? `; ${used.unknown} answers did not say what they used` : '';
    say(`${when}: ${used.requests} requests, ${Math.round(used.tokens)} tokens, ${dollars(used.usd)}${unknown}`);
  }
  if (limitUses.length === 0) {
    say('Nothing is limited.');
    return;
  }
  say();
  const rows = limitUses.map(({ of, resource, per, most, taken, resetsAt }) => {
    const amount = (number: number) => (resource === 'usd' ? dollars(number) : String(Math.round(number)));
    return [`${resource} per ${per}`, of, amount(taken), amount(most), resetsAt];
  });
  for (const line of drawTable([['LIMIT', 'OF', 'TAKEN', 'MOST', 'RESETS'], ...rows])) say(line);
}

async function rotate(id: string, { keepOld = 0 }: RotateFlags, context: CommandContext): Promise<void> {
  sayIssued(await withKeyDesk(context, (desk) => desk.rotate(id, keepOld / 1_000)), context);
}

async function revoke(id: string, _flags: unknown, context: CommandContext): Promise<void> {
  const key = await withKeyDesk(context, (desk) => desk.revoke(id));
  if (context.isJson) return context.printJson(key);
  context.say(`The key ${key.name} (${key.id}) is revoked, since ${key.revokedAt}.`);
}

function sayIssued(issued: IssuedKeyDocument, context: CommandContext): void {
  if (context.isJson) {
    context.printJson(issued);
    return;
  }
  const { id, name, tenant, secret, previousSecretUntil } = issued;
  context.say(secret);
  context.say(`This is the secret of the key ${name} (${id}) for the tenant ${tenant}. It is shown this once.`);
  if (previousSecretUntil !== null) context.say(`The old secret holds until ${previousSecretUntil}.`);
}

function describeLine({ id, name, tenant, state, models, expiresAt, limits }: KeyDocument): readonly string[] {
  return [id, name, tenant, state, models?.join(', ') ?? 'all', expiresAt ?? 'never', describeLimits(limits)];
}

function describeLimits(limits: Limits): string {
  const each = spans.flatMap((span) =>
    resources.flatMap((resource) => {
      const most = limits[limitName(resource, span)];
      if (most === undefined) return [];
      return [`${resource === 'usd' ? dollars(most) : `${most} ${resource}`}/${span}`];
    }),
  );
  return each.join(', ') || 'none';
}
