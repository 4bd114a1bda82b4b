import type { Certificate } from '../../records/certificate.ts';
import type { CertificateStore } from '../certificate-store.ts';

export class MemoryCertificateStore implements CertificateStore {
  readonly #certificates = new Map<string, Certificate>();

  async append(certificate: Certificate): Promise<void> {
    if (!this.#certificates.has(certificate.id)) this.#certificates.set(certificate.id, certificate);
  }

  async get(id: string): Promise<Certificate | null> {
    return this.#certificates.get(id) ?? null;
  }

  async list({
    task,
    student,
  }: {
    readonly task?: string | undefined;
    readonly student?: string | undefined;
  } = {}): Promise<readonly Certificate[]> {
    return [...this.#certificates.values()]
      .filter((certificate) => task === undefined || certificate.task === task)
      .filter((certificate) => student === undefined || certificate.student === student)
      .reverse()
      .sort((a, b) => b.at - a.at);
  }

  removeTask(task: string): void {
    for (const certificate of [...this.#certificates.values()]) {
      if (certificate.task === task) this.#certificates.delete(certificate.id);
    }
  }
}
