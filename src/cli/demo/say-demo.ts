import { plotCurve } from '../../evaluate/plot-curve.ts';
import type { Output } from '../output.ts';
import { dollars, drawTable, excerpt, measured, percent } from '../table.ts';
import type { DemoReport } from './run-demo.ts';
import type { TaskStory } from './task-story.ts';

type Voice = Pick<Output, 'say' | 'colours'>;

/** Tells the demo to people, from the tasks that were found to what to type next. */
export function sayDemo(report: DemoReport, voice: Voice): void {
  sayTasks(report, voice);
  for (const task of report.tasks) sayTask(task, report, voice);
  sayBill(report, voice);
  sayRequests(report, voice);
  sayNext(voice);
}

function heading(text: string, { say, colours }: Voice): void {
  say();
  say(colours.bold(text));
}

function sayTasks({ tasks, replay, callsWithoutTask }: DemoReport, voice: Voice): void {
  heading(`Found ${tasks.length} tasks in ${replay.calls.toLocaleString('en')} recorded calls`, voice);
  const rows = tasks.map(({ name, source, calls, answers }) => [
    name,
    calls.toLocaleString('en'),
    answers,
    source?.answeredBy ?? 'unknown',
  ]);
  for (const line of drawTable([['TASK', 'CALLS', 'ANSWERS', 'ANSWERED BY'], ...rows])) voice.say(`  ${line}`);
  voice.say(
    `  ${callsWithoutTask.toLocaleString('en')} calls belong to no task and go to the teacher: open chat, and what came before a task was known.`,
  );
  voice.say('  Where people answered in a model’s place, agreement comes easier than with a model.');
}

function sayTask(task: TaskStory, { epsilon, delta }: DemoReport, voice: Voice): void {
  const { say, colours } = voice;
  heading(task.name, voice);
  const { verdict, certificate, evaluation } = task;
  say(
    `  ${verdict.isWorthIt ? colours.green('worth it') : colours.yellow('not worth it')}: ${verdict.why}; bill ${dollars(task.bill.before.usd)} before, ${dollars(task.bill.after.usd)} after`,
  );
  if (certificate === null) return;
  say(
    `  certificate of ${certificate.at.slice(0, 10)}: at most ${percent(epsilon, 0)} of all calls get an answer that differs from the teacher's, at ${percent(1 - delta, 0)} confidence`,
  );
  say(
    `    from ${certificate.n} calls, ${certificate.errors} of them different (bound ${percent(certificate.upperBound, 2)}); kept on ${certificate.served.calls.toLocaleString('en')} later calls: ${differing(certificate.served)}`,
  );
  if (!verdict.isWorthIt || evaluation === null) return;
  const { student, teacher, baselines, served, curve } = evaluation;
  const best = Math.max(...baselines.map((baseline) => baseline.agreement?.share ?? 0));
  say(
    `  student alone on ${evaluation.rows.toLocaleString('en')} calls it had not seen: agrees on ${measured(student.agreement)}, the best cheap baseline on ${percent(best)}`,
  );
  if (evaluation.goldRows > 0) {
    say(
      `  right by people's own labels: student alone ${measured(student.accuracy)}, teacher ${measured(teacher.accuracy)}, the two together as served ${measured(served?.accuracy ?? null)}`,
    );
  }
  for (const line of plotCurve(curve, { height: 7, certifiedCoverage: served?.answered?.share ?? null }))
    say(`    ${line}`);
}

function differing({ calls, different }: { readonly calls: number; readonly different: number }): string {
  return calls === 0 ? 'none came' : `${different} different, ${percent(different / calls)}`;
}

function sayBill({ replay, tasks }: DemoReport, voice: Voice): void {
  const { before, after } = replay.costUsd;
  heading('The bill', voice);
  voice.say(
    `  ${dollars(before)} before, ${dollars(after)} after: ${percent(replay.avoidedShare)} of the calls never reached the teacher, learning included.`,
  );
  voice.say(`  Over all calls ${measured(replay.agreement)} of the answers are the ones that the teacher gave.`);
  if (replay.accuracy !== null) {
    const { given, teacher, goldCalls } = replay.accuracy;
    const name = tasks.find((task) => (task.evaluation?.goldRows ?? 0) > 0)?.source?.answeredBy ?? 'the teacher';
    voice.say(
      `  Right by people's own labels, on ${goldCalls.toLocaleString('en')} calls: what was given ${percent(replay.accuracy.given)}, ${name} alone ${percent(teacher)} (${given >= teacher ? 'nothing lost' : `${((teacher - given) * 100).toFixed(1)} points lost`}).`,
    );
  }
  voice.say('  Token counts are estimates here: a quarter of the characters. See demo/README.md for what is real.');
}

function sayRequests({ client, requests }: DemoReport, voice: Voice): void {
  const sender = client === 'openai' ? 'the openai client' : 'plain HTTP (the openai package is not installed here)';
  heading(`Three requests through the gateway, sent with ${sender}`, voice);
  for (const request of requests) {
    const score = request.score === null ? '' : `, score ${request.score.toFixed(3)}`;
    voice.say(`  ${excerpt(request.input, 90)}`);
    voice.say(
      `    → ${excerpt(request.answer, 60)}   ${voice.colours.bold(request.answeredBy)}, because ${request.reason}${score}`,
    );
  }
}

function sayNext(voice: Voice): void {
  heading('On your own traffic', voice);
  for (const line of drawTable([
    ['rightsize import calls.jsonl', 'a log you have; --help lists the formats'],
    ['rightsize tasks', 'what is in it'],
    ['rightsize replay calls.jsonl', 'what would have happened'],
    ['rightsize start --upstream https://api.openai.com/v1', 'then set OPENAI_BASE_URL=http://127.0.0.1:8484/v1'],
  ]))
    voice.say(`  ${line}`);
}
