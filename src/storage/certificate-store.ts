import type { Certificate } from '../records/certificate.ts';

/** Keeps certificates. What was stated stays stated: there is no update. */
export interface CertificateStore {
  /** A certificate whose id is stored already is left as it is. */
  append(certificate: Certificate): Promise<void>;
  get(id: string): Promise<Certificate | null>;
  /** Newest first; of the same time, the one stored last first. */
  list(filter?: {
    readonly task?: string | undefined;
    readonly student?: string | undefined;
  }): Promise<readonly Certificate[]>;
}
