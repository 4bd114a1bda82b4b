import { measureShare } from '../evaluate/measured-share.ts';
import type { PromiseKind } from '../records/certificate.ts';
import type { OutputShape } from '../records/output-shape.ts';

/** What the teacher was paid for. */
export const purposes = ['shadow', 'windows', 'escalations', 'spotChecks', 'training', 'other'] as const;
export type Purpose = (typeof purposes)[number];

export interface Interval {
  readonly share: number;
  readonly low: number;
  readonly high: number;
}

export interface Accuracy {
  readonly given: number;
  readonly teacher: number;
  readonly goldCalls: number;
}

/** One certificate, and what happened to the calls that came while it was in force. */
export interface CertificateReport {
  readonly id: string;
  readonly at: string;
  /** When it ceased to be in force; null while it is. */
  readonly until: string | null;
  readonly version: string;
  readonly look: number;
  readonly student: string;
  readonly n: number;
  readonly errors: number;
  readonly threshold: number;
  readonly upperBound: number;
  readonly served: { readonly calls: number; readonly answered: number; readonly different: number };
}

export interface TaskReport {
  readonly id: string;
  readonly name: string;
  readonly tenant: string;
  readonly shape: OutputShape['kind'];
  readonly calls: number;
  readonly teacherCalls: number;
  readonly avoidedShare: number;
  readonly agreement: Interval | null;
  readonly accuracy: Accuracy | null;
  readonly promise: PromiseKind;
  readonly epsilon: number;
  readonly delta: number;
  readonly disagreementShare: number;
  readonly certificates: readonly CertificateReport[];
  readonly changes: readonly { readonly at: string; readonly what: string }[];
  readonly outlook: string;
}

/** The document of `replay --json`. */
export interface ReplayReport {
  readonly calls: number;
  readonly teacherCalls: number;
  readonly avoidedShare: number;
  readonly agreement: Interval | null;
  readonly accuracy: Accuracy | null;
  readonly costUsd: {
    /** Null where the price or the usage of no call is known. */
    readonly before: number | null;
    readonly after: number | null;
    readonly spent: Readonly<Record<Purpose, number | null>>;
    /** Calls whose cost is not known; they are in none of the sums. */
    readonly unknownCalls: number;
  };
  readonly seconds: number;
  readonly tasks: readonly TaskReport[];
}

/** Running figures of one task, or of everything. */
export class Tally {
  calls = 0;
  teacherCalls = 0;
  different = 0;
  goldCalls = 0;
  givenRight = 0;
  teacherRight = 0;

  add({ byStudent, isDifferent }: { readonly byStudent: boolean; readonly isDifferent: boolean }): void {
    this.calls++;
    if (!byStudent) this.teacherCalls++;
    if (isDifferent) this.different++;
  }

  addGold({
    gold,
    given,
    teacher,
  }: {
    readonly gold: string;
    readonly given: string | null;
    readonly teacher: string | null;
  }): void {
    this.goldCalls++;
    if (given === gold) this.givenRight++;
    if (teacher === gold) this.teacherRight++;
  }

  get avoidedShare(): number {
    return this.calls === 0 ? 0 : 1 - this.teacherCalls / this.calls;
  }

  agreement(delta: number): Interval | null {
    const measured = measureShare(this.calls - this.different, this.calls, delta);
    return measured === null ? null : { share: measured.share, low: measured.low, high: measured.high };
  }

  accuracy(): Accuracy | null {
    if (this.goldCalls === 0) return null;
    return {
      given: this.givenRight / this.goldCalls,
      teacher: this.teacherRight / this.goldCalls,
      goldCalls: this.goldCalls,
    };
  }
}
