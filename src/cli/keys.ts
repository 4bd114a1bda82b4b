import { Command, InvalidArgumentError } from 'commander';
import type { KeyDocument } from '../access/describe-key.ts';
import type { KeyUseDocument } from '../access/open-access.ts';
import { type LimitName, type Limits, limitName, resources, spans } from '../records/limits.ts';
import type { IssuedKeyDocument } from '../server/key-routes.ts';
import { withKeyDesk } from './key-desk.ts';
import { type CommandContext, dataOption, jsonOption, runCommand } from './run-command.ts';
import { dollars, drawTable } from './table.ts';

type LimitFlags = { readonly [Name in LimitName]?: number };

interface AddFlags extends LimitFlags {
  readonly tenant: string;
  readonly models?: readonly string[];
  /** Milliseconds since 1970, UTC. */
  readonly expires?: number;
}

interface RotateFlags {
  /** Milliseconds. */
  readonly keepOld?: number;
}

/** `rightsize keys`: who may call, and how much. */
export function createKeysCommand(): Command {
  const command = new Command('keys').description(
    'Keeps gateway keys. Once there is one, every call must carry a key; a secret is shown once and kept nowhere.',
  );
  withCommonOptions(createAddCommand(command)).action(runCommand<[string, AddFlags]>(add));
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

function createAddCommand(parent: Command): Command {
  const command = parent
    .command('add')
    .description('Makes a key and shows its secret, once.')
    .argument('<name>', 'what to call it')
    .option('--tenant <tenant>', 'whose calls come with it', 'default')
    .option('--models <names>', 'models it may ask for, with commas between (default: all)', parseNames)
    .option('--expires <when>', 'after a time, as in 90d, 12h, 30m, or on a date (default: never)', parseExpiry);
  for (const span of spans)
    for (const resource of resources)
      command.option(`--${resource}-per-${span} <number>`, `most ${wordsFor[resource]} in a ${span}`, parseAmount);
  return command;
}

const wordsFor = { requests: 'requests', tokens: 'tokens, in and out', usd: 'US dollars' } as const;

function withCommonOptions(command: Command): Command {
  return command.addOption(dataOption()).addOption(jsonOption());
}

async function add(name: string, flags: AddFlags, context: CommandContext): Promise<void> {
  const issued = await withKeyDesk(context, (desk) =>
    desk.add({
      name,
      tenant: flags.tenant,
      models: flags.models ?? null,
      expiresAt: flags.expires ?? null,
      limits: limitsOf(flags),
    }),
  );
  sayIssued(issued, context);
}

async function list(_flags: unknown, context: CommandContext): Promise<void> {
  const keys = await withKeyDesk(context, (desk) => desk.list(), { onlyReads: true });
  if (context.isJson) return context.printJson({ keys });
  if (keys.length === 0) return context.say('There is no key. Add one with `rightsize keys add NAME`.');
  const heading = ['ID', 'NAME', 'TENANT', 'STATE', 'MODELS', 'EXPIRES', 'LIMITS'];
  for (const line of drawTable([heading, ...keys.map(describeLine)])) context.say(line);
}

async function show(id: string, _flags: unknown, context: CommandContext): Promise<void> {
  const use = await withKeyDesk(context, (desk) => desk.show(id), { onlyReads: true });
  if (context.isJson) return context.printJson(use);
  for (const line of drawTable([['ID', 'NAME', 'TENANT', 'STATE', 'MODELS', 'EXPIRES', 'LIMITS'], describeLine(use)]))
    context.say(line);
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

function limitsOf(flags: LimitFlags): Limits {
  const names = spans.flatMap((span) => resources.map((resource) => limitName(resource, span)));
  return Object.fromEntries(names.flatMap((name) => (flags[name] === undefined ? [] : [[name, flags[name]]])));
}

function parseNames(text: string): readonly string[] {
  const names = text.split(',').map((name) => name.trim());
  if (names.some((name) => name === '')) throw new InvalidArgumentError('Give names with commas between, as in a,b.');
  return names;
}

function parseAmount(text: string): number {
  const amount = Number(text);
  if (text.trim() === '' || !(amount >= 0 && Number.isFinite(amount)))
    throw new InvalidArgumentError(`\`${text}\` is no amount: give a number from 0.`);
  return amount;
}

const unitMs: Readonly<Record<string, number>> = { d: 86_400_000, h: 3_600_000, m: 60_000 };

/** In milliseconds. */
function parseTime(text: string): number {
  const [, number = '', unit = ''] = /^(\d{1,6})([dhm])$/.exec(text) ?? [];
  const milliseconds = Number(number) * (unitMs[unit] ?? 0);
  if (milliseconds === 0) throw new InvalidArgumentError(`\`${text}\` is no time: give one as in 90d, 12h or 30m.`);
  return milliseconds;
}

function parseExpiry(text: string): number {
  const date = /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(date) ? Date.now() + parseTime(text) : date;
}
