/** One call of a task, reduced to what learning needs. */
export interface Example {
  readonly callId: string;
  /** Milliseconds since 1970, UTC. */
  readonly at: number;
  /** The text in each slot of the template. */
  readonly slots: readonly string[];
  /** The teacher's label, canonical; null where the answer has no label (cut, refused, another form): such a row counts as different and never trains. */
  readonly label: string | null;
  /** A person's answer, canonical like a label; null where there is none. Scores, never trains. */
  readonly gold: string | null;
  /** Task version id. */
  readonly version: string;
}
