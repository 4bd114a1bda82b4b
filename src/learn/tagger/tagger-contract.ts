/** A stretch of one slot: `start` and `end` count UTF-16 units of `slots[slot]`, the end excluded. */
export interface TaggedSpan {
  readonly tag: string;
  readonly slot: number;
  readonly start: number;
  readonly end: number;
}

/** One input and the spans that are to be found in it. */
export interface TaggerRow {
  readonly slots: readonly string[];
  readonly spans: readonly TaggedSpan[];
  /** How much the row counts; 1 by default. */
  readonly weight?: number;
}

/** What a tagger says to one input. */
export interface Tagging {
  /** In the order of the input; they never overlap. */
  readonly spans: readonly TaggedSpan[];
  /** Of all these spans and no others, among all taggings; calibrated on held-out rows. */
  readonly probability: number;
  /** Probability of the likeliest state of a token less that of its runner-up, the least over all tokens; 1 without tokens. */
  readonly margin: number;
  /** Share of the tokens' own features (the word, its beginnings and endings) that no training row held; 1 for an empty input. */
  readonly unseenShare: number;
}

/** Finds spans in inputs: data and a pure function, the same in Node, a worker, a browser. */
export interface Tagger {
  readonly tags: readonly string[];
  /** Never fails: texts may be empty, very long (the first 20,000 characters of a slot count), or broken Unicode. */
  tag(slots: readonly string[]): Tagging;
  toBytes(): Uint8Array;
}
