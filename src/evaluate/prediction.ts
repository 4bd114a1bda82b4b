/** What a student or baseline says to one row, and how sure it is. */
export interface Prediction {
  /** Canonical, like the teacher's labels. */
  readonly label: string;
  /** Higher is surer; only the order counts, except for a student's calibrated probability. */
  readonly score: number;
}

/** Answers the text in the slots of a task. Students and baselines alike, so that all are measured by the same code. */
export type Predict = (slots: readonly string[]) => Prediction;
