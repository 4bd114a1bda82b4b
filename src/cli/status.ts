import { Command } from 'commander';
import type { RouteReason } from '../records/route.ts';
import type { ServerLine, StatusDocument, TaskLine } from '../server/status-document.ts';
import { openStore } from '../storage/open-store.ts';
import { reasonWords } from './reasons.ts';
import { type CommandContext, dataOption, jsonOption, runCommand } from './run-command.ts';
import { findServer } from './running-server.ts';
import { storedStatus } from './stored-status.ts';
import { dollars, drawTable, percent } from './table.ts';

/** `rightsize status`: stages, certificates, spot checks and outlook of all tasks. */
export function createStatusCommand(): Command {
  return new Command('status')
    .description(
      'Shows stages, certificates, spot checks and what to expect, of the running server or of what is stored.',
    )
    .addOption(dataOption())
    .addOption(jsonOption())
    .action(runCommand<[unknown]>(showStatus));
}

async function showStatus(_options: unknown, context: CommandContext): Promise<void> {
  const document = await readStatus(context);
  if (context.isJson) return context.printJson(document);
  sayServer(document, context);
  if (document.tasks.length === 0) return context.say('No task has been found yet.');
  const heading = ['TASK', 'TENANT', 'STAGE', 'CALLS', 'AVOIDED', 'CERTIFICATE', 'SPOT CHECKS'];
  for (const line of drawTable([heading, ...document.tasks.map(describeTask)])) context.say(line);
  context.say();
  for (const task of document.tasks.filter(({ kind }) => kind === 'task'))
    context.say(`${task.name}: ${describeProspect(task)}${describeErased(task)}`);
}

/** From the running server; without one from the store. Throws `file_not_found` where nothing is kept yet. */
export async function readStatus(context: CommandContext): Promise<StatusDocument> {
  const settings = await context.settings();
  const server = await findServer(settings);
  if (server !== null) return server.get<StatusDocument>('/admin/v1/status');
  const store = await openStore(settings.data, { readOnly: true });
  try {
    return await storedStatus(store, settings.stage);
  } finally {
    await store.close();
  }
}

function sayServer({ server }: StatusDocument, { say }: CommandContext): void {
  if (server === null) {
    say('No server runs on this folder; this is what is stored.\n');
    return;
  }
  say(`Running since ${server.startedAt}; upstream: ${server.upstream ?? 'none'}.`);
  say(`${server.calls} calls since then, ${server.answeredByStudent} answered by students, ${server.failed} failed.`);
  const { hits, savedUsd } = server.cache;
  if (hits > 0) say(`${hits} more were answered from the cache, which saved ${dollars(savedUsd)}.`);
  sayRedacted(server, say);
  if (server.captureFailures > 0) say(`${server.captureFailures} calls could not be kept; see the server's log.`);
  say();
}

function sayRedacted({ redacted, redactionFailures }: ServerLine, say: CommandContext['say']): void {
  const counts = new Map<string, number>();
  for (const { recogniser, count } of redacted) counts.set(recogniser, (counts.get(recogniser) ?? 0) + count);
  const parts = [...counts].map(([recogniser, count]) => `${count} ${recogniser}`);
  if (parts.length > 0) say(`Redacted since then: ${parts.join(', ')}.`);
  if (redactionFailures > 0) say(`${redactionFailures} calls could not be redacted; only their figures are kept.`);
}

/** The outlook tells by itself what is still missing; these reasons stand beside it. */
const tellingReasons: readonly (RouteReason | null)[] = [
  'stage-off',
  'stage-shadow',
  'prompt-changed',
  'teacher-changed',
  'new-label',
  'alarm',
];

function describeProspect({ waitingFor, outlook }: TaskLine): string {
  if (waitingFor === null || (outlook !== '' && !tellingReasons.includes(waitingFor))) return outlook;
  return outlook === '' ? reasonWords[waitingFor] : `${reasonWords[waitingFor]}; ${outlook}`;
}

function describeErased({ erasedRows }: TaskLine): string {
  return erasedRows === 0 ? '' : `; its student was trained on ${erasedRows} calls since erased, until it is retrained`;
}

function describeTask(task: TaskLine): readonly string[] {
  const { certificate, spotChecks } = task;
  return [
    task.name,
    task.tenant,
    task.auto ? `${task.stage} (auto)` : task.stage,
    String(task.calls),
    task.avoidedShare === null ? '' : percent(task.avoidedShare),
    certificate === null ? 'none' : `≤ ${percent(certificate.upperBound)} differ, n = ${certificate.n}`,
    spotChecks === null || spotChecks.calls === 0 ? '' : `${spotChecks.different} of ${spotChecks.calls} differ`,
  ];
}
