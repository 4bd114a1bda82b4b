import { describe, expect, it } from 'vitest';
import { chooseWindows } from './token-windows.ts';

describe('the windows of a slot that are learned from', () => {
  it('are the whole slot while it is short', () => {
    expect(chooseWindows(new Uint16Array(100), 100)).toEqual([{ from: 0, to: 100 }]);
    expect(chooseWindows(new Uint16Array(0), 100)).toEqual([{ from: 0, to: 0 }]);
  });

  it('are the beginning and the neighbourhood of every span of a long one, and never cut a span', () => {
    const path = new Uint16Array(1000);
    path.fill(1, 500, 520);
    path[999] = 4;
    expect(chooseWindows(path, 100)).toEqual([
      { from: 0, to: 48 },
      { from: 476, to: 544 },
      { from: 975, to: 1000 },
    ]);
  });
});
