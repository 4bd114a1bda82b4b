import type { Certificate } from '../../records/certificate.ts';
import type { CertificateStore } from '../certificate-store.ts';
import type { SqliteRow } from '../open-database.ts';
import type { Connection } from './connection.ts';

export class SqliteCertificateStore implements CertificateStore {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  async append(certificate: Certificate): Promise<void> {
    const { id, task, student, at } = certificate;
    this.#connection
      .prepare(
        'INSERT INTO certificates (id, task, student, at, record) VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING',
      )
      .run(id, task, student, at, JSON.stringify(certificate));
  }

  async get(id: string): Promise<Certificate | null> {
    const row = this.#connection.prepare('SELECT record FROM certificates WHERE id = ?').get(id);
    return row ? readCertificate(row) : null;
  }

  async list(
    filter: { readonly task?: string | undefined; readonly student?: string | undefined } = {},
  ): Promise<readonly Certificate[]> {
    const wanted = (['task', 'student'] as const).flatMap((column) => {
      const value = filter[column];
      return value === undefined ? [] : [{ column, value }];
    });
    const where = wanted.map(({ column }) => `${column} = ?`).join(' AND ') || 'true';
    return this.#connection
      .prepare(`SELECT record FROM certificates WHERE ${where} ORDER BY at DESC, seq DESC`)
      .all(...wanted.map(({ value }) => value))
      .map(readCertificate);
  }
}

function readCertificate(row: SqliteRow): Certificate {
  return JSON.parse(String(row.record)) as Certificate;
}
