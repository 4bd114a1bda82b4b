import { describe, expect, it } from 'vitest';
import { HangUp } from './hang-up.ts';

describe('a hang-up', () => {
  it('tells its reason to whoever listens then, once', () => {
    const hangUp = new HangUp();
    const heard: unknown[] = [];
    const forgotten = () => heard.push('forgotten');
    hangUp.addEventListener('abort', () => heard.push(hangUp.reason));
    hangUp.addEventListener('abort', forgotten);
    hangUp.removeEventListener('abort', forgotten);
    hangUp.throwIfAborted();
    hangUp.abort('gone');
    hangUp.abort('again');
    expect(heard).toEqual(['gone']);
    expect([hangUp.aborted, hangUp.reason]).toEqual([true, 'gone']);
    expect(() => hangUp.throwIfAborted()).toThrow('gone');
  });
});
