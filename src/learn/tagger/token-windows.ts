import { outside } from './tag-states.ts';

/** Tokens from … to, the end excluded. */
export interface TokenWindow {
  readonly from: number;
  readonly to: number;
}

/** Tokens kept on either side of a span, and at the slot's beginning. */
const reach = 24;

/**
 * What is learned of a slot that is longer than `limit` tokens: its beginning, and the neighbourhood of every span. Never
 * cuts a span; may keep more than the limit where the spans alone are longer.
 */
export function chooseWindows(path: Uint16Array, limit: number): readonly TokenWindow[] {
  if (path.length <= limit) return [{ from: 0, to: path.length }];
  const isKept = new Uint8Array(path.length).fill(1, 0, Math.min(limit, 2 * reach));
  for (let token = 0; token < path.length; token++)
    if (path[token] !== outside) isKept.fill(1, Math.max(0, token - reach), token + reach + 1);
  const windows: TokenWindow[] = [];
  for (let from = isKept.indexOf(1); from >= 0; ) {
    const end = isKept.indexOf(0, from);
    const to = end < 0 ? path.length : end;
    windows.push({ from, to });
    from = isKept.indexOf(1, to);
  }
  return windows;
}
