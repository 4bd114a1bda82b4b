import { Command } from 'commander';
import { RightsizeError } from '../errors.ts';
import { readAnswer } from '../records/answer.ts';
import type { Call } from '../records/call.ts';
import type { Certificate } from '../records/certificate.ts';
import type { Route } from '../records/route.ts';
import type { FoundCall } from '../server/admin-app.ts';
import { openStore } from '../storage/open-store.ts';
import { describePromise } from './describe-promise.ts';
import { reasonWords } from './reasons.ts';
import { type CommandContext, dataOption, jsonOption, runCommand } from './run-command.ts';
import { findServer } from './running-server.ts';
import { excerpt, percent } from './table.ts';

/** `rightsize why CALL`: who answered a call and every reason on the way. */
export function createWhyCommand(): Command {
  return new Command('why')
    .description('Shows who answered a call and why.')
    .argument('<call>', 'id of the call: the `x-rightsize-call` header of its answer')
    .addOption(dataOption())
    .addOption(jsonOption())
    .action(runCommand<[string, unknown]>(explainCall));
}

async function explainCall(id: string, _options: unknown, context: CommandContext): Promise<void> {
  const found = await readCall(id, context);
  if (context.isJson) return context.printJson(found);
  for (const line of [...describeCall(found.call), ...describeRoute(found)]) context.say(line);
}

async function readCall(id: string, context: CommandContext): Promise<FoundCall> {
  const settings = await context.settings();
  const server = await findServer(settings);
  if (server !== null) return server.get<FoundCall>(`/admin/v1/calls/${encodeURIComponent(id)}`);
  const store = await openStore(settings.data, { readOnly: true });
  try {
    const stored = await store.calls.get(id);
    if (stored === null) throw new RightsizeError('call_not_found', `There is no call \`${id}\`.`);
    const { call, route } = stored;
    const certificate = await certificateOf(route, store.certificates);
    return { call, route, certificate };
  } finally {
    await store.close();
  }
}

async function certificateOf(
  route: Route | null,
  certificates: { get(id: string): Promise<Certificate | null> },
): Promise<Certificate | null> {
  return route?.certificate ? certificates.get(route.certificate) : null;
}

function describeCall(call: Call): readonly string[] {
  const answer = readAnswer(call.response, call.status);
  const said = answer.kind === 'text' ? answer.text : answer.kind === 'none' ? `nothing (${answer.why})` : 'tool calls';
  return [
    `${call.id}`,
    `  at        ${new Date(call.at).toISOString()}, tenant ${call.tenant}, model ${call.request.model}`,
    `  asked     ${excerpt(lastText(call), 100)}`,
    `  answered  ${excerpt(said, 100)}  (status ${call.status}${call.latencyMs === null ? '' : `, ${call.latencyMs} ms`})`,
  ];
}

function lastText({ request }: Call): string {
  const content = request.messages.at(-1)?.content;
  return typeof content === 'string' ? content : JSON.stringify(content ?? null);
}

function describeRoute({ route, certificate }: FoundCall): readonly string[] {
  if (route === null) return ['  by        the recorded teacher: the call was imported from a log'];
  const lines = [`  by        the ${route.answeredBy}: ${reasonWords[route.reason]} (${route.reason})`];
  if (route.task !== null) lines.push(`  task      ${route.task}, version ${route.version}`);
  if (route.student !== null)
    lines.push(
      `  student   ${route.student}${route.studentLabel === null ? '' : ` says ${JSON.stringify(route.studentLabel)}`}${
        route.score === null ? '' : `, score ${route.score.toFixed(4)}`
      }`,
    );
  if (certificate !== null)
    lines.push(
      `  promise   at scores from ${certificate.threshold.toFixed(4)} on ${describePromise(certificate)}; ` +
        `confidence ${percent(1 - certificate.delta)}, from ${certificate.n} calls`,
    );
  return lines;
}
