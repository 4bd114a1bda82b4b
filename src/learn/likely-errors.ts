/** What a model that had not learned from the row said to it. */
export interface HeldOutGuess<Label = string> {
  readonly label: Label;
  /** Calibrated probability that `label` is what the teacher would say. */
  readonly score: number;
}

/** A row whose label is more likely wrong than the model that doubts it. */
export interface LikelyError<Label = string> {
  /** Place among the rows. */
  readonly row: number;
  /** What the model says instead. */
  readonly suggested: Label;
  /** The model's score; higher means a likelier error. */
  readonly doubt: number;
}

/** So sure is sure, even where the model is surer still of everything else. */
const sureFrom = 0.8;

/**
 * Rows whose label is likely wrong, worst first. Confident learning (Northcutt, Jiang & Chuang 2021): a model that did
 * not see the row says another label, and is at least as sure of it as it is, in the mean, of rows that do carry that
 * label. Labels that are hard for the model are so not taken for errors. `isSame`: whether two answers are the same to
 * the application; equal ones where left out.
 */
export function likelyErrors<Label>(
  labels: readonly Label[],
  guesses: readonly HeldOutGuess<Label>[],
  isSame: (a: Label, b: Label) => boolean = Object.is,
): readonly LikelyError<Label>[] {
  const usual = usualScores(labels, guesses);
  return guesses
    .map(({ label, score }, row) => ({ row, suggested: label, doubt: score }))
    .filter(
      ({ row, suggested, doubt }) =>
        !isSame(suggested, labels[row] as Label) && doubt >= Math.min(sureFrom, usual.get(suggested) ?? 1),
    )
    .sort((a, b) => b.doubt - a.doubt);
}

/** Mean score that each label gets on the rows that carry it; what is left of the score where another label was said. */
function usualScores<Label>(
  labels: readonly Label[],
  guesses: readonly HeldOutGuess<Label>[],
): ReadonlyMap<Label, number> {
  const sums = new Map<Label, { sum: number; rows: number }>();
  labels.forEach((label, row) => {
    const guess = guesses[row];
    if (guess === undefined) return;
    const total = sums.get(label) ?? { sum: 0, rows: 0 };
    total.sum += guess.label === label ? guess.score : 1 - guess.score;
    total.rows++;
    sums.set(label, total);
  });
  return new Map([...sums].map(([label, { sum, rows }]) => [label, sum / rows]));
}
