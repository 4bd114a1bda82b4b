import { Command } from 'commander';
import type { Rates } from '../economics/find-price.ts';
import { RightsizeError } from '../errors.ts';
import {
  listModels,
  type ModelLine,
  type ModelsDocument,
  type ModelTest,
  type ModelTestsDocument,
  testModels,
} from '../server/models.ts';
import { openProvider } from '../server/open-upstream.ts';
import { type CommandContext, dataOption, jsonOption, runCommand } from './run-command.ts';
import { findServer } from './running-server.ts';
import { dollars, drawTable } from './table.ts';

/** `rightsize models`: the deployments that answer to the models of the settings. */
export function createModelsCommand(): Command {
  const command = new Command('models').description(
    'Shows who answers to which model, and tries them; see docs/guides/models.md.',
  );
  command
    .command('list')
    .description('Lists the deployments of all models: what they cost and, while the server runs, how they fare.')
    .addOption(dataOption())
    .addOption(jsonOption())
    .action(runCommand<[unknown]>(list));
  command
    .command('test')
    .description(
      'Sends one small call through each deployment, and shows status, latency and price. It costs a little.',
    )
    .argument('[models...]', 'models or deployments (default: all of them)')
    .addOption(dataOption())
    .addOption(jsonOption())
    .action(runCommand<[readonly string[], unknown]>(test));
  return command;
}

async function list(_options: unknown, context: CommandContext): Promise<void> {
  const { document, isLive } = await readModels(context);
  if (context.isJson) return context.printJson(document);
  if (document.deployments.length === 0)
    return context.say('No upstream is set: give `upstream.baseUrl`, or `upstreams` and `models`.');
  const heading = ['MODEL', 'DEPLOYMENT', 'UPSTREAM MODEL', '$/M IN', '$/M OUT', 'STATE', 'RUNNING'];
  for (const line of drawTable([heading, ...document.deployments.map(describeLine)])) context.say(line);
  if (!isLive) context.say('\nNo server runs on this folder; how they fare is known only to a running one.');
}

async function readModels(
  context: CommandContext,
): Promise<{ readonly document: ModelsDocument; readonly isLive: boolean }> {
  const settings = await context.settings();
  const server = await findServer(settings);
  if (server !== null) return { document: await server.get<ModelsDocument>('/admin/v1/models'), isLive: true };
  const provider = await openProvider(settings);
  const { deployments } = listModels(provider);
  await provider?.close();
  return { document: { deployments: deployments.map((line) => ({ ...line, standing: null })) }, isLive: false };
}

function describeLine({ name, aliases, model, price, standing }: ModelLine): readonly string[] {
  const wait =
    standing !== null && standing.availableInMs > 0 ? `, ${Math.ceil(standing.availableInMs / 1_000)} s` : '';
  return [
    aliases.join(', ') || 'any other',
    name,
    model ?? 'as asked',
    ...describePrice(price),
    standing === null ? '–' : `${standing.state}${wait}`,
    standing === null ? '–' : String(standing.inFlight),
  ];
}

function describePrice(price: Rates | null): readonly [string, string] {
  return [dollars(price?.input ?? null), dollars(price?.output ?? null)];
}

async function test(models: readonly string[], _options: unknown, context: CommandContext): Promise<void> {
  const names = models.length === 0 ? null : models;
  const document = await runTests(names, context);
  if (context.isJson) context.printJson(document);
  else sayTests(document, context);
  const failed = document.tests.filter(({ isWell }) => !isWell);
  if (failed.length === 0) return;
  throw new RightsizeError(
    'check_failed',
    `${failed.length} of ${document.tests.length} deployments failed: ${failed.map(({ name }) => name).join(', ')}.`,
    { remedy: 'Mend what is named above, then run `rightsize models test` again.' },
  );
}

/** Longer than the longest test. */
const testsWithinMs = 40_000;

async function runTests(names: readonly string[] | null, context: CommandContext): Promise<ModelTestsDocument> {
  const settings = await context.settings();
  const server = await findServer(settings);
  if (server !== null)
    return server.post<ModelTestsDocument>('/admin/v1/models/test', { models: names }, testsWithinMs);
  const provider = await openProvider(settings);
  try {
    return await testModels({ provider, settings, names });
  } finally {
    await provider?.close();
  }
}

function sayTests({ tests }: ModelTestsDocument, { say, colours }: CommandContext): void {
  const heading = ['', 'MODEL', 'DEPLOYMENT', 'STATUS', 'MS', '$/M IN', '$/M OUT', 'COST'];
  for (const line of drawTable([heading, ...tests.map(describeTest)])) say(line);
  for (const { name, error } of tests.filter(({ isWell }) => !isWell)) {
    say();
    say(`${colours.red(name)}: ${error?.code}: ${error?.message}`);
    say(`  ${error?.remedy}`);
  }
}

function describeTest({ name, aliases, isWell, status, latencyMs, price, cost }: ModelTest): readonly string[] {
  return [
    isWell ? 'ok' : 'FAILED',
    aliases.join(', ') || 'any other',
    name,
    status === null ? '–' : String(status),
    String(latencyMs),
    ...describePrice(price),
    dollars(cost),
  ];
}
