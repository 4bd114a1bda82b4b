import type { ReplierParts } from '../gateway/replier.ts';
import type { StudentCard } from './student-card.ts';

/** Everything an exported module holds beside its code and the student's bytes. Plain JSON. */
export interface ModulePayload
  extends Pick<ReplierParts, 'tenant' | 'taskGiven' | 'template' | 'teacher' | 'shape' | 'structure'> {
  readonly traits: readonly (readonly [field: string, canonicalJson: string])[];
  readonly slots: number;
  readonly card: StudentCard;
}
