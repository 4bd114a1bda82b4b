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
}

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
    const parts = await readAnsweringParts(store, task);
    const replier = createReplier(parts);
    return {
      id: parts.student.id,
      task,
      certificate: parts.serving.certificate,
      answer: (request) => replyTo(replier, request),
    };
  } finally {
    await store.close();
  }
}
