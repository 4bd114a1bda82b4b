import { compileTemplate } from '../discover/match-template.ts';
import { readPrompt } from '../discover/read-prompt.ts';
import { RightsizeError } from '../errors.ts';
import type { Call, ChatRequest } from '../records/call.ts';
import type { Certificate } from '../records/certificate.ts';
import { type LabelShape, spellingOf } from '../records/output-shape.ts';
import type { RouteReason } from '../records/route.ts';
import type { Task, TaskVersion } from '../records/task.ts';
import { openStore } from '../storage/open-store.ts';
import type { Store } from '../storage/store.ts';
import { resolveTask } from './resolve-task.ts';
import { readServingStudent, type ServingStudent } from './serving-student.ts';
import { studentObstacle, traitsOf } from './student-obstacle.ts';

export interface OpenStudentOptions {
  /** The data folder; `.rightsize` by default. */
  readonly data?: string;
  /** Name, id, or tenant/name. */
  readonly task: string;
}

/** What a student says to a request: the whole answer as the teacher would have written it, or why it gives none. */
export type StudentReply =
  | { readonly kind: 'answer'; readonly answer: string; readonly label: string; readonly score: number }
  | {
      readonly kind: 'abstention';
      readonly reason: RouteReason;
      /** Null where the student was not asked. */
      readonly label: string | null;
      readonly score: number | null;
    };

/** A student without the gateway. It answers what its certificate covers and abstains from everything else. */
export interface OpenedStudent {
  readonly id: string;
  readonly task: Task;
  /** Null where nothing is certified: then it always abstains. */
  readonly certificate: Certificate | null;
  answer(request: ChatRequest): StudentReply;
}

/**
 * The student of a task in a data folder, read once; the folder may be in use by a server.
 * Throws `file_not_found`, `task_not_found`, `student_not_found`, `student_damaged`, `shape_not_learnable`.
 */
export async function openStudent({ data = '.rightsize', task: wanted }: OpenStudentOptions): Promise<OpenedStudent> {
  const store = await openStore(data, { readOnly: true });
  try {
    const task = resolveTask(await store.tasks.list(), wanted);
    const serving = await readServingStudent(store, task);
    const version = task.versions.find(({ id }) => id === serving.stored.version);
    const shape = task.shape;
    if (version === undefined || shape.kind !== 'label')
      throw new RightsizeError('shape_not_learnable', `The answers of \`${task.name}\` are no single label.`);
    const sample = await sampleOf(store, task, version);
    const answer = replier({ task, version, shape, serving, sample });
    return { id: serving.student.id, task, certificate: serving.certificate, answer };
  } finally {
    await store.close();
  }
}

/** A call of the version, to compare requests with in all that is no text. */
async function sampleOf(store: Store, task: Task, version: TaskVersion): Promise<Call> {
  for (const { call, match } of await store.calls.list({ task: task.id, limit: 200 }))
    if (match?.version === version.id) return call;
  throw new RightsizeError('call_not_found', `No call of the version that \`${task.name}\` was trained on is kept.`, {
    remedy: `Train a student on newer calls with \`rightsize train ${task.name}\`.`,
  });
}

interface ReplierParts {
  readonly task: Task;
  readonly version: TaskVersion;
  readonly shape: LabelShape;
  readonly serving: ServingStudent;
  readonly sample: Call;
}

function replier({ task, version, shape, serving, sample }: ReplierParts): (request: ChatRequest) => StudentReply {
  const { student, certificate } = serving;
  const matcher = compileTemplate(version.template);
  const promptOf = (request: ChatRequest) => readPrompt({ tenant: task.tenant, task: sample.task, request });
  const structure = promptOf(sample.request).structure;
  const seen = traitsOf(sample.request);
  return (request) => {
    const obstacle = studentObstacle(request, seen);
    if (obstacle !== null) return abstention(obstacle);
    const prompt = promptOf(request);
    const slots = prompt.structure === structure ? matcher.split(prompt.texts) : null;
    if (slots === null) return abstention('prompt-changed');
    if (prompt.model !== version.teacher) return abstention('teacher-changed');
    const { label, score } = student.predict(slots);
    const answer = spellingOf(shape, label);
    if (certificate === null || certificate.student !== student.id) return abstention('no-certificate', label, score);
    if (score < certificate.threshold || answer === null) return abstention('not-confident', label, score);
    return { kind: 'answer', answer, label, score };
  };
}

function abstention(reason: RouteReason, label: string | null = null, score: number | null = null): StudentReply {
  return { kind: 'abstention', reason, label, score };
}
