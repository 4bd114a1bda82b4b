import { hash, randomBytes } from 'node:crypto';

/** What every secret of a gateway key begins with. */
export const secretPrefix = 'rsk_';

const form = /^rsk_([0-9a-f]{12})_[0-9a-f]{48}$/;
const length = 65;

export function newKeyId(): string {
  return randomBytes(6).toString('hex');
}

/** `rsk_<id>_<random>`: 192 random bits, which need no salt and no slow hash. */
export function newSecret(id: string): string {
  return `${secretPrefix}${id}_${randomBytes(24).toString('hex')}`;
}

/** The id in a secret; null for a text of another form, however long. */
export function idInSecret(secret: string): string | null {
  return secret.length === length ? (form.exec(secret)?.[1] ?? null) : null;
}

export function hashSecret(secret: string): Buffer {
  return hash('sha256', secret, 'buffer');
}
