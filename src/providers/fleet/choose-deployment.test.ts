import { describe, expect, it } from 'vitest';
import { type Candidate, chooseDeployment } from './choose-deployment.ts';

function candidate(name: string, change: Partial<Candidate> = {}) {
  return { name, weight: 1, priority: 1, inFlight: 0, ...change };
}

describe('chooseDeployment', () => {
  it('draws by weight', () => {
    const candidates = [candidate('a', { weight: 3 }), candidate('b')];
    const names = [0, 0.5, 0.74, 0.76, 0.999].map((draw) => chooseDeployment(candidates, 'weighted', draw)?.name);
    expect(names).toEqual(['a', 'a', 'a', 'b', 'b']);
  });

  it('asks only the lowest priority number', () => {
    const candidates = [candidate('reserve', { priority: 2, weight: 99 }), candidate('first')];
    expect(chooseDeployment(candidates, 'weighted', 0)?.name).toBe('first');
  });

  it('finds the least busy for its weight, and draws among equals', () => {
    const candidates = [
      candidate('a', { inFlight: 3, weight: 2 }),
      candidate('b', { inFlight: 1 }),
      candidate('c', { inFlight: 2, weight: 2 }),
    ];
    expect(chooseDeployment(candidates, 'least-busy', 0)?.name).toBe('b');
    expect(chooseDeployment(candidates, 'least-busy', 0.99)?.name).toBe('c');
  });

  it('gives nobody where there is nobody', () => {
    expect(chooseDeployment([], 'weighted', 0.5)).toBeNull();
  });
});
