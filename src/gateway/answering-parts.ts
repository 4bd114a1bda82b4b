import { readPrompt } from '../discover/read-prompt.ts';
import { RightsizeError } from '../errors.ts';
import type { Call } from '../records/call.ts';
import { isLearnable } from '../records/output-shape.ts';
import type { Task, TaskVersion } from '../records/task.ts';
import type { Store } from '../storage/store.ts';
import type { ReplierParts } from './replier.ts';
import { readServingStudent, type ServingStudent } from './serving-student.ts';
import { traitsOf } from './student-obstacle.ts';

export interface AnsweringParts extends ReplierParts {
  readonly serving: ServingStudent;
  readonly version: TaskVersion;
}

/**
 * What answers the calls of a stored task: its serving student, and what the calls look like that it was certified on.
 * Throws `student_not_found`, `student_damaged`, `shape_not_learnable`, `call_not_found`.
 */
export async function readAnsweringParts(store: Store, task: Task): Promise<AnsweringParts> {
  const { shape, tenant } = task;
  const serving = await readServingStudent(store, task);
  const version = task.versions.find(({ id }) => id === serving.stored.version);
  if (version === undefined || !isLearnable(shape))
    throw new RightsizeError('shape_not_learnable', `No student can learn the answers of \`${task.name}\`.`);
  const { request, task: taskGiven } = await sampleOf(store, task, version);
  const { student, certificate } = serving;
  return {
    serving,
    version,
    student,
    threshold: certificate !== null && certificate.student === student.id ? certificate.threshold : null,
    tenant,
    taskGiven,
    template: version.template,
    teacher: version.teacher,
    shape,
    structure: readPrompt({ tenant, task: taskGiven, request }).structure,
    traits: traitsOf(request),
  };
}

/** A call of the version, to compare requests with in all that is no text. */
async function sampleOf(store: Store, task: Task, version: TaskVersion): Promise<Call> {
  for (const { call, match } of await store.calls.list({ task: task.id, limit: 200 }))
    if (match?.version === version.id) return call;
  throw new RightsizeError('call_not_found', `No call of the version that \`${task.name}\` was trained on is kept.`, {
    remedy: `Train a student on newer calls with \`rightsize train ${task.name}\`.`,
  });
}
