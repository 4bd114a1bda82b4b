import type { Evaluation } from '../evaluate/evaluate.ts';
import { plotCurve } from '../evaluate/plot-curve.ts';
import type { Output } from './output.ts';
import { drawTable, measured, percent } from './table.ts';

const shown = 5;

/** Prints what an evaluation found, for people. */
export function sayEvaluation(evaluation: Evaluation, { say }: Pick<Output, 'say'>): void {
  const { student, teacher, baselines, served, curve, rows, goldRows } = evaluation;
  const withGold = goldRows > 0;
  say(`On ${rows} calls that neither trained the student nor chose its threshold (95% intervals):`);
  const table = [
    ['', 'agrees with the teacher', ...(withGold ? [`right on ${goldRows} with gold`] : [])],
    ['student', measured(student.agreement), ...(withGold ? [measured(student.accuracy)] : [])],
    ...baselines.map((baseline) => [
      baselineNames[baseline.name] ?? baseline.name,
      measured(baseline.agreement),
      ...(withGold ? [measured(baseline.accuracy)] : []),
    ]),
    ...(withGold ? [['teacher', '', measured(teacher.accuracy)]] : []),
  ];
  for (const line of drawTable(table)) say(`  ${line}`);
  if (evaluation.macroF1 !== null) say(`  mean F1 over the labels: ${percent(evaluation.macroF1)}`);
  if (served !== null) {
    say(`At the certified threshold it answers ${measured(served.answered)} of the calls;`);
    say(
      `  of these ${measured(served.agreement)} agree, and of all calls ${measured(served.different)} get another answer.`,
    );
  }
  say();
  for (const line of plotCurve(curve, { certifiedCoverage: served?.answered?.share ?? null })) say(`  ${line}`);
  sayErrors(evaluation, { say });
}

function sayErrors({ confusions, errorGroups }: Evaluation, { say }: Pick<Output, 'say'>): void {
  if (confusions.length > 0) {
    say();
    say('Most frequent differences:');
    const rows = confusions
      .slice(0, shown)
      .map(({ teacher, student, count, callIds }) => [
        `${count}×`,
        teacher ?? '(no label)',
        '→',
        student,
        `e.g. ${callIds[0]}`,
      ]);
    for (const line of drawTable([['', 'teacher', '', 'student', ''], ...rows])) say(`  ${line}`);
  }
  if (errorGroups === null) return;
  const { bothRight, bothWrongAlike, bothWrongDifferently, onlyStudentWrong, onlyTeacherWrong } = errorGroups;
  say();
  say(
    `Against gold: both right ${bothRight.count}, only the student wrong ${onlyStudentWrong.count}, only the teacher wrong ${onlyTeacherWrong.count}, both wrong alike ${bothWrongAlike.count}, both wrong differently ${bothWrongDifferently.count}.`,
  );
}

const baselineNames: Readonly<Record<string, string>> = {
  majority: 'always the most frequent label',
  memorised: 'memorised strings',
  nearest: 'nearest neighbour',
};
