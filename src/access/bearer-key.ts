import { timingSafeEqual } from 'node:crypto';
import { keyIn } from './key-headers.ts';
import { hashSecret } from './key-secret.ts';

/** Whether an Authorization header carries the key. Takes the same time however much of it is right. */
export function carriesKey(authorization: string | undefined, key: string): boolean {
  const given = authorization === undefined ? null : keyIn({ authorization }, 'authorization');
  return timingSafeEqual(hashSecret(given ?? ''), hashSecret(key));
}
