import { Command } from 'commander';
import { type Lineage, termsOfLineage } from '../curate/lineage.ts';
import { hostOf } from '../curate/provider-terms.ts';
import { RightsizeError } from '../errors.ts';
import { resolveTask } from '../gateway/resolve-task.ts';
import { readServingStudent } from '../gateway/serving-student.ts';
import type { Task } from '../records/task.ts';
import type { Store } from '../storage/store.ts';
import type { StudentEntry } from '../storage/student-store.ts';
import { withStore } from './open-store-for.ts';
import { type CommandContext, dataOption, jsonOption, runCommand } from './run-command.ts';
import { explainTerms } from './say-terms.ts';
import { drawTable, percent } from './table.ts';
import { tasksOf } from './tasks.ts';

interface CardFlags {
  readonly student?: string;
}

/** `rightsize card TASK`: what made a student, from whose answers, and what their terms say. */
export function createCardCommand(): Command {
  return new Command('card')
    .description(
      'Shows the card of a student: what it was trained on, its certificates, and the terms of its teachers.',
    )
    .argument('<task>', 'name, id, or tenant/name')
    .option('--student <id>', 'the student, or the beginning of its id (default: the one that would serve)')
    .addOption(dataOption())
    .addOption(jsonOption())
    .action(runCommand<[string, CardFlags]>(showCard));
}

async function showCard(wanted: string, flags: CardFlags, context: CommandContext): Promise<void> {
  const { upstream } = await context.settings();
  await withStore(
    context,
    async (store) => {
      const task = resolveTask(await tasksOf(store, context), wanted);
      const entry = await entryOf(store, task, flags.student);
      const certificates = (await store.certificates.list({ task: task.id })).filter(
        ({ student }) => student === entry.id,
      );
      const { lineage = null, terms: kept, ...settings } = entry.details as CardDetails;
      const teacher = {
        model: task.versions.find(({ id }) => id === entry.version)?.teacher ?? '',
        upstream: upstream.baseUrl === null ? null : hostOf(upstream.baseUrl),
      };
      const terms = kept ?? termsOfLineage({ teachers: [teacher] });
      const card = {
        student: entry.id,
        task: task.id,
        name: task.name,
        version: entry.version,
        createdAt: new Date(entry.createdAt).toISOString(),
        settings,
        lineage,
        terms,
        erasedRows: entry.erasedRows ?? 0,
        certificates,
      };
      if (context.isJson) return context.printJson(card);
      sayCard(card, context);
    },
    { onlyReads: true },
  );
}

/** What is kept with a student; those of earlier versions have no lineage. */
interface CardDetails {
  readonly lineage?: Lineage;
  readonly terms?: ReturnType<typeof termsOfLineage>;
  readonly [setting: string]: unknown;
}

async function entryOf(store: Store, task: Task, wanted: string | undefined): Promise<StudentEntry> {
  if (wanted === undefined) return (await readServingStudent(store, task)).stored;
  const found = (await store.students.list({ task: task.id })).filter(({ id }) => id.startsWith(wanted));
  const [entry] = found;
  if (entry === undefined || found.length > 1 || wanted === '') {
    throw new RightsizeError(
      'student_not_found',
      `\`${task.name}\` has ${found.length} students whose id begins with \`${wanted}\`.`,
      { remedy: 'Give more of the id; `rightsize card TASK` shows the one that would serve.' },
    );
  }
  return entry;
}

interface Card {
  readonly student: string;
  readonly name: string;
  readonly version: string;
  readonly createdAt: string;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly lineage: Lineage | null;
  /** Rows that were erased since it was trained. */
  readonly erasedRows: number;
  readonly terms: ReturnType<typeof termsOfLineage>;
  readonly certificates: readonly { readonly upperBound: number; readonly threshold: number; readonly n: number }[];
}

function sayCard(card: Card, { say }: CommandContext): void {
  say(`${card.student}`);
  say(`Student of ${card.name}, version ${card.version}, made ${card.createdAt}.`);
  const settings = Object.entries(card.settings).map(([name, value]) => `${name} ${JSON.stringify(value)}`);
  if (settings.length > 0) say(settings.join(', '));
  for (const { upperBound, threshold, n } of card.certificates)
    say(
      `Certificate: at most ${percent(upperBound, 2)} differ where the score is at least ${threshold.toFixed(3)}, n = ${n}.`,
    );
  say();
  sayLineage(card.lineage, say);
  if (card.erasedRows > 0)
    say(`Trained on ${card.erasedRows} rows since erased; a student trained now has none of them.`);
  say();
  say('What the terms of its teachers say about training on their answers');
  for (const line of explainTerms(card.terms)) say(line);
}

function sayLineage(lineage: Lineage | null, say: CommandContext['say']): void {
  if (lineage === null) {
    say('Where its rows come from was not recorded.');
    return;
  }
  say(
    `Trained on ${lineage.rows} calls (${lineage.callsHash.slice(0, 12)}), ${lineage.frozenGoldRows === 0 ? 'none' : lineage.frozenGoldRows} of them in a frozen gold set:`,
  );
  if (lineage.weighedDownRows !== undefined && lineage.weighedDownRows > 0)
    say(`  ${lineage.weighedDownRows} of them counted less, because their answer is likely wrong.`);
  const heading = ['  MODEL', 'UPSTREAM', 'VERSION', 'CALLS', 'FROM', 'TO'];
  const rows = lineage.teachers.map(({ model, upstream, version, rows: calls, from, to }) => [
    `  ${model}`,
    upstream ?? 'not known',
    version,
    `${calls}`,
    from.slice(0, 10),
    to.slice(0, 10),
  ]);
  for (const line of drawTable([heading, ...rows])) say(line);
}
