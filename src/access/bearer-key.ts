import { createHash, timingSafeEqual } from 'node:crypto';

/** Whether an Authorization header carries the key. Takes the same time however much of it is right. */
export function carriesKey(authorization: string | undefined, key: string): boolean {
  const given = /^Bearer +(\S+) *$/i.exec(authorization ?? '')?.[1] ?? '';
  return timingSafeEqual(digest(given), digest(key));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
