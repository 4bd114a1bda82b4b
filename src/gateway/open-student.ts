import type { Encoder } from '../encoder/encoder.ts';
import { encodeInput, vectorFor } from '../encoder/input-vector.ts';
import { openNeededEncoder } from '../encoder/installed-encoders.ts';
import type { ChatRequest } from '../records/call.ts';
import type { Certificate } from '../records/certificate.ts';
import type { Task } from '../records/task.ts';
import { openStore } from '../storage/open-store.ts';
import { readAnsweringParts } from './answering-parts.ts';
import { createReplier, replyTo, type StudentReply } from './replier.ts';
import { resolveTask } from './resolve-task.ts';

export type { StudentReply } from './replier.ts';

export interface OpenStudentOptions {
  /** The data folder; `.rightsize` by default. */
  readonly data?: string;
  /** Name, id, or tenant/name. */
  readonly task: string;
  /** What the student's vectors come from; by default the encoder it needs, as it is installed in the folder. */
  readonly encoder?: Encoder;
}

/** A student without the gateway. It answers what its certificate covers and abstains from everything else. */
export interface OpenedStudent {
  readonly id: string;
  readonly task: Task;
  /** Null where nothing is certified: then it always abstains. */
  readonly certificate: Certificate | null;
  /** At once. A student that needs a sentence encoder abstains here: `encoder-missing`. */
  answer(request: ChatRequest): StudentReply;
  /** As `answer`, with the vectors of the encoder. Never rejects: where the encoder fails, the student abstains. */
  ask(request: ChatRequest): Promise<StudentReply>;
  /** Lets the encoder go that was opened for the student. */
  close(): Promise<void>;
}

/** Vectors kept in memory for one student. */
const cacheBytes = 16_777_216;

/**
 * The student of a task in a data folder, read once; the folder may be in use by a server.
 * Throws `file_not_found`, `task_not_found`, `student_not_found`, `student_damaged`, `shape_not_learnable`.
 */
export async function openStudent(options: OpenStudentOptions): Promise<OpenedStudent> {
  const { data = '.rightsize', task: wanted } = options;
  const store = await openStore(data, { readOnly: true });
  try {
    const task = resolveTask(await store.tasks.list(), wanted);
    const parts = await readAnsweringParts(store, task);
    const replier = createReplier(parts);
    const need = parts.student.encoder;
    const own = need === null || options.encoder ? null : await openNeededEncoder(data, need, cacheBytes);
    const encoder = options.encoder ?? own;
    return {
      id: parts.student.id,
      task,
      certificate: parts.serving.certificate,
      answer: (request) => replyTo(replier, request),
      async ask(request) {
        const read = replier.read(request);
        if (need === null || encoder === null || !('slots' in read)) return replyTo(replier, request);
        const input = await encodeInput(encoder, read.slots);
        return replier.reply(read.slots, vectorFor(need, read.slots, input));
      },
      close: async () => own?.close(),
    };
  } finally {
    await store.close();
  }
}
