import { compileTemplate } from '../discover/match-template.ts';
import { readPrompt } from '../discover/read-prompt.ts';
import { readCharacters } from '../learn/ngrams.ts';
import type { Student } from '../learn/student-contract.ts';
import { saidIn, type ToolCall } from '../records/answer.ts';
import type { ChatRequest } from '../records/call.ts';
import { answerOf } from '../records/canonical-answer.ts';
import type { LearnableShape } from '../records/output-shape.ts';
import type { RouteReason } from '../records/route.ts';
import type { Template } from '../records/task.ts';
import { type RequestTraits, studentObstacle } from './student-obstacle.ts';

/** What a student says to a request: the whole answer as the teacher would have written it, or why it gives none. */
export type StudentReply =
  | {
      readonly kind: 'answer';
      readonly answer: string | readonly ToolCall[];
      readonly label: string;
      readonly score: number;
    }
  | {
      readonly kind: 'abstention';
      readonly reason: RouteReason;
      /** Null where the student was not asked. */
      readonly label: string | null;
      readonly score: number | null;
    };

/** One version of a task and its student: all that it takes to answer, as plain data. */
export interface ReplierParts {
  readonly student: Student;
  /** Of the student's certificate; null where it has none: then it always abstains. */
  readonly threshold: number | null;
  readonly tenant: string;
  /** The name that the application gave the task in its calls; null where it gave none. */
  readonly taskGiven: string | null;
  readonly template: Pick<Template, 'messages'>;
  /** The requested model. */
  readonly teacher: string;
  readonly shape: LearnableShape;
  /** Of the calls that the student was certified on: see `Prompt.structure`. */
  readonly structure: string;
  /** What those calls ask for besides their prompt. */
  readonly traits: RequestTraits;
}

/** A student that answers what its certificate covers and abstains from everything else. Pure; runs without Node. */
export interface Replier {
  /** The text in each slot, or why no student may answer this request. */
  read(request: ChatRequest): { readonly slots: readonly string[] } | { readonly reason: RouteReason };
  /** `vector`: the input's, of the encoder that the student needs. */
  reply(slots: readonly string[], vector?: Float32Array | null): StudentReply;
}

export function createReplier(parts: ReplierParts): Replier {
  const { student, threshold, tenant, taskGiven, shape } = parts;
  const matcher = compileTemplate(parts.template);
  return {
    read(request) {
      const obstacle = studentObstacle(request, parts.traits);
      if (obstacle !== null) return { reason: obstacle };
      const prompt = readPrompt({ tenant, task: taskGiven, request });
      const slots = prompt.structure === parts.structure ? matcher.split(prompt.texts) : null;
      if (slots === null) return { reason: 'prompt-changed' };
      return prompt.model === parts.teacher ? { slots } : { reason: 'teacher-changed' };
    },
    reply(slots, vector = null) {
      if (slots.some((slot) => slot.length > readCharacters)) return abstention('input-too-long');
      if (student.encoder !== null && vector === null) return abstention('encoder-missing');
      const { label, score } = student.predict(slots, vector);
      if (threshold === null) return abstention('no-certificate', label, score);
      const answer = answerOf(shape, label, slots);
      if (!(score >= threshold) || answer === null) return abstention('not-confident', label, score);
      return { kind: 'answer', answer: saidIn(answer), label, score };
    },
  };
}

/** Both steps at once. */
export function replyTo(replier: Replier, request: ChatRequest, vector: Float32Array | null = null): StudentReply {
  const read = replier.read(request);
  return 'reason' in read ? abstention(read.reason) : replier.reply(read.slots, vector);
}

function abstention(reason: RouteReason, label: string | null = null, score: number | null = null): StudentReply {
  return { kind: 'abstention', reason, label, score };
}
