/** A sum of costs that says how much of it is missing. */
export interface CostSum {
  /** US dollars, over the calls whose cost is known; null where none is. */
  readonly usd: number | null;
  readonly knownCalls: number;
  /** Calls without usage or without a price: never counted as free. */
  readonly unknownCalls: number;
}

/** What the calls cost, and what they would have cost had the teacher answered all of them. */
export interface Ledger<Purpose extends string> {
  readonly before: CostSum;
  readonly after: CostSum;
  /** `after` by what was paid for. */
  readonly spent: Readonly<Record<Purpose, CostSum>>;
}

/** One call as the ledger sees it. */
export interface LedgerEntry<Purpose extends string> {
  /** US dollars the teacher's answer cost or would have cost; null where that is not known. */
  readonly teacherCost: number | null;
  /** What the teacher was paid for; null where a student answered, which costs nothing. */
  readonly paidFor: Purpose | null;
}

export const nothingSpent: CostSum = { usd: null, knownCalls: 0, unknownCalls: 0 };

export function addCost(sum: CostSum, cost: number | null): CostSum {
  if (cost === null) return { ...sum, unknownCalls: sum.unknownCalls + 1 };
  return { usd: (sum.usd ?? 0) + cost, knownCalls: sum.knownCalls + 1, unknownCalls: sum.unknownCalls };
}

/** The bill before and after, with a row for each of `purposes` even where nothing was paid for it. */
export function keepLedger<Purpose extends string>(
  entries: Iterable<LedgerEntry<Purpose>>,
  purposes: readonly Purpose[],
): Ledger<Purpose> {
  let before = nothingSpent;
  let after = nothingSpent;
  const spent = Object.fromEntries(purposes.map((purpose) => [purpose, nothingSpent])) as Record<Purpose, CostSum>;
  for (const { teacherCost, paidFor } of entries) {
    before = addCost(before, teacherCost);
    after = addCost(after, paidFor === null ? 0 : teacherCost);
    if (paidFor !== null) spent[paidFor] = addCost(spent[paidFor], teacherCost);
  }
  return { before, after, spent };
}
