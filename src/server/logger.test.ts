import { describe, expect, it } from 'vitest';
import { RightsizeError } from '../errors.ts';
import { describeFault } from './logger.ts';

function caught(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return error;
  }
}

describe('S10: an error in the log', () => {
  it('keeps no word of what it choked on, and says where it happened', () => {
    const fault = describeFault(caught(() => JSON.parse('canary-word {')));
    expect(JSON.stringify(fault)).not.toContain('canary');
    expect(fault).toMatchObject({
      type: 'SyntaxError',
      stack: expect.arrayContaining([expect.stringContaining('at ')]),
    });
    const wrapped = new RightsizeError('disk_full', 'The disk is full.', { cause: new Error('canary-word') });
    expect(JSON.stringify(describeFault(wrapped))).not.toContain('canary');
    expect(describeFault('canary-word')).toBe('string');
  });

  it('keeps the messages of this program and of the operating system', () => {
    expect(describeFault(new RightsizeError('disk_full', 'The disk is full.'))).toMatchObject({
      code: 'disk_full',
      message: 'The disk is full.',
    });
    const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED', syscall: 'connect' });
    expect(describeFault(refused)).toMatchObject({ message: 'connect ECONNREFUSED' });
  });
});
