/** Share of numbers that must agree on how many decimals they have: of numbers written as short as they can be, nine of ten do. */
const agreeing = 0.97;

/** How many decimals numbers written like these always have; null where that varies, or where they have none. */
export function decimalsOf(texts: readonly { readonly text: string; readonly count: number }[]): number | null {
  const counts = new Map<number, number>();
  let all = 0;
  for (const { text, count } of texts) {
    const decimals = /^[^.]*\.(\d+)$/.exec(text)?.[1]?.length ?? 0;
    counts.set(decimals, (counts.get(decimals) ?? 0) + count);
    all += count;
  }
  const [decimals, count] = [...counts].reduce((best, one) => (one[1] > best[1] ? one : best), [0, 0] as const);
  return decimals > 0 && count >= agreeing * all ? decimals : null;
}

/** Whether a text is a plain number. */
export function isNumberText(text: string): boolean {
  return /^\s*-?\d+(\.\d+)?\s*$/.test(text);
}
