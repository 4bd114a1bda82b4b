import type { AnsweredRow } from './evaluate.ts';

/** Who is wrong when gold is known. */
export type ErrorGroupName =
  | 'bothRight'
  | 'bothWrongAlike'
  | 'bothWrongDifferently'
  | 'onlyStudentWrong'
  | 'onlyTeacherWrong';

export interface ErrorGroup {
  readonly count: number;
  /** A few calls to look at. */
  readonly callIds: readonly string[];
}

export type ErrorGroups = Readonly<Record<ErrorGroupName, ErrorGroup>>;

const examplesShown = 5;

/** Sorts the rows with gold by who is wrong; null where there is no gold at all. */
export function groupErrors(rows: readonly AnsweredRow[]): ErrorGroups | null {
  const verified = rows.filter(({ example }) => example.gold !== null);
  if (verified.length === 0) return null;
  const members: Record<ErrorGroupName, string[]> = {
    bothRight: [],
    bothWrongAlike: [],
    bothWrongDifferently: [],
    onlyStudentWrong: [],
    onlyTeacherWrong: [],
  };
  for (const row of verified) members[groupOf(row)].push(row.example.callId);
  const groups = Object.entries(members).map(([name, callIds]) => [
    name,
    { count: callIds.length, callIds: callIds.slice(0, examplesShown) },
  ]);
  return Object.fromEntries(groups);
}

function groupOf({ example, prediction }: AnsweredRow): ErrorGroupName {
  const isStudentRight = prediction.label === example.gold;
  const isTeacherRight = example.label === example.gold;
  if (isStudentRight) return isTeacherRight ? 'bothRight' : 'onlyTeacherWrong';
  if (isTeacherRight) return 'onlyStudentWrong';
  return prediction.label === example.label ? 'bothWrongAlike' : 'bothWrongDifferently';
}
