/** The declarations that are written beside a module; module-types.test.ts holds them against the code. */
export const moduleTypes = `/** The text of each slot of the prompt, in order; a single text where it has one slot. */
export type Input = string | readonly string[];

/** A chat completion body, as the application would have sent it to the teacher. */
export interface ChatRequest {
  readonly model: string;
  readonly messages: readonly { readonly role: string; readonly content?: unknown; readonly [field: string]: unknown }[];
  readonly [field: string]: unknown;
}

/** The whole answer as the teacher would have written it, or why there is none. */
export type Reply =
  | {
      readonly kind: 'answer';
      /** Text, or the tool calls. */
      readonly answer: string | readonly ToolCall[];
      /** The canonical answer: a label, or JSON with sorted keys. */
      readonly label: string;
      /** Calibrated probability that the teacher would have said the same. */
      readonly score: number;
    }
  | {
      readonly kind: 'abstention';
      /** Such as 'not-confident', 'prompt-changed', 'encoder-missing', 'input-too-long', 'no-certificate'. */
      readonly reason: string;
      /** Null where the student was not asked. */
      readonly label: string | null;
      readonly score: number | null;
    };

export interface ToolCall {
  readonly name: string;
  /** JSON text. */
  readonly arguments: string;
}

/** The sentence encoder that the student needs; null where it needs none. */
export interface EncoderNeed {
  /** Hash of the encoder's files. */
  readonly id: string;
  readonly dimensions: number;
}

export interface Certificate {
  readonly id: string;
  /** ISO 8601, UTC, like all times here. */
  readonly at: string;
  /** Of which calls epsilon is a share: all of the task, or those that the student answers. */
  readonly promise: 'all-calls' | 'answered-calls';
  /** Share of these calls that may get an answer that differs from the teacher's. */
  readonly epsilon: number;
  /** Chance that the certificate is wrong, at most. */
  readonly delta: number;
  /** Calls it rests on, and how many of them were answered and different. */
  readonly n: number;
  readonly errors: number;
  readonly upperBound: number;
  readonly threshold: number;
  readonly look: number;
  readonly source: 'shadow' | 'window' | 'escalations';
}

/** What the student is: for people and for audits. Plain JSON. */
export interface Card {
  readonly task: { readonly id: string; readonly name: string; readonly tenant: string };
  readonly version: string;
  readonly teacher: string;
  readonly student: {
    readonly id: string;
    readonly bytes: number;
    readonly trainedAt: string;
    readonly training: { readonly [field: string]: unknown };
    readonly labels: readonly string[];
    readonly encoder: EncoderNeed | null;
  };
  readonly certificate: Certificate | null;
  /** It answers where the score is at least this; null: it always abstains. */
  readonly threshold: number | null;
  readonly limits: readonly string[];
  readonly exportedAt: string;
  readonly rightsize: string;
}

export declare const card: Card;
export declare const encoder: EncoderNeed | null;
/** What computes here. Both say the same to the last bit; 'plain' is slower, and taken where WebAssembly may not be compiled. */
export declare const kernels: 'webassembly' | 'plain';
/**
 * Answers the texts in the slots, or abstains. \`vector\`: of \`textToEncode(input)\`, where \`encoder\` is not null.
 * Throws a TypeError for an input of another form.
 */
export declare function answer(input: Input, vector?: Float32Array | null): Reply;
/** The same for a whole request: abstains where its prompt, model or settings are not those that were certified. */
export declare function answerRequest(request: ChatRequest, vector?: Float32Array | null): Reply;
/** The text whose vector a student with an encoder wants; null where the request is none of its task. */
export declare function textToEncode(input: Input | ChatRequest): string | null;
`;
