import type { AnsweredRow } from './evaluate.ts';

/** What a threshold would do to these rows. */
export interface CurvePoint {
  readonly threshold: number;
  /** Share of the rows that the student would answer. */
  readonly coverage: number;
  /** Share of the answered rows in which it says what the teacher said. */
  readonly agreement: number;
  /** Share of all rows that would be answered otherwise than the teacher did: what a certificate bounds. */
  readonly different: number;
}

/** From the surest row to all of them; at most `points` points, none between rows of the same score. Empty without rows. */
export function drawCurve(rows: readonly AnsweredRow[], points = 100): readonly CurvePoint[] {
  const sorted = [...rows].sort((a, b) => b.prediction.score - a.prediction.score);
  const curve: CurvePoint[] = [];
  let agreeing = 0;
  let taken = 0;
  sorted.forEach(({ example, prediction }, i) => {
    if (example.label === prediction.label) agreeing++;
    const answered = i + 1;
    const isTied = sorted[answered]?.prediction.score === prediction.score;
    const isLast = answered === sorted.length;
    if (isTied || (!isLast && answered < ((taken + 1) * sorted.length) / points)) return;
    taken = Math.floor((answered * points) / sorted.length);
    curve.push({
      threshold: prediction.score,
      coverage: answered / sorted.length,
      agreement: agreeing / answered,
      different: (answered - agreeing) / sorted.length,
    });
  });
  return curve;
}
