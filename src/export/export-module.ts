import { readAnsweringParts } from '../gateway/answering-parts.ts';
import type { Task } from '../records/task.ts';
import type { Store } from '../storage/store.ts';
import { cardCertificate, limitsOf, type StudentCard } from './student-card.ts';
import { type ModuleTexts, writeModule } from './write-module.ts';

export interface ModuleExport {
  readonly store: Store;
  readonly task: Task;
  /** See `writeModule`. */
  readonly runtime: string;
  /** Lets a student without a certificate answer from this score on; null: it abstains. A certificate's own threshold wins. */
  readonly uncertifiedThreshold: number | null;
  /** Milliseconds since 1970, UTC. */
  readonly now: number;
  /** Version of this program. */
  readonly rightsize: string;
}

export interface ExportedModule extends ModuleTexts {
  readonly card: StudentCard;
}

/**
 * The serving student of a task as a module.
 * Throws `student_not_found`, `student_damaged`, `shape_not_learnable`, `call_not_found`, `module_too_large`.
 */
export async function exportModule({ store, task, runtime, ...choices }: ModuleExport): Promise<ExportedModule> {
  const parts = await readAnsweringParts(store, task);
  const { student, version, serving, tenant, taskGiven, teacher, shape, structure } = parts;
  const { bytes, createdAt, details } = serving.stored;
  const certificate =
    parts.threshold === null || serving.certificate === null ? null : cardCertificate(serving.certificate);
  const threshold = certificate?.threshold ?? choices.uncertifiedThreshold;
  const card: StudentCard = {
    task: { id: task.id, name: task.name, tenant },
    version: version.id,
    teacher,
    student: {
      id: student.id,
      bytes: bytes.length,
      trainedAt: new Date(createdAt).toISOString(),
      training: details,
      labels: student.labels,
      encoder: student.encoder,
    },
    certificate,
    threshold,
    limits: limitsOf({ certificate, threshold }),
    exportedAt: new Date(choices.now).toISOString(),
    rightsize: choices.rightsize,
  };
  const payload = {
    tenant,
    taskGiven,
    template: { messages: version.template.messages },
    teacher,
    shape,
    structure,
    traits: [...parts.traits],
    slots: version.template.slots,
    card,
  };
  return { ...writeModule(payload, bytes, runtime), card };
}
