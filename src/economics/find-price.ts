import { priceTable } from './price-table.ts';

/** What one model costs, in US dollars per million tokens. Null: not known, which is not the same as free. */
export interface Price {
  readonly model: string;
  readonly input: number | null;
  /** Null where the provider has no such discount: cached tokens then cost what others do. */
  readonly cachedInput: number | null;
  readonly output: number | null;
}

/** A price without its name, as the settings of a deployment give it. */
export type Rates = Omit<Price, 'model'>;

/** Prices with the day on which they held and where they were read. */
export interface PriceTable {
  readonly source: string;
  /** YYYY-MM-DD */
  readonly date: string;
  readonly prices: readonly Price[];
}

/**
 * The price of a model by its name as requests and responses write it: exact, without a provider in front
 * (`openai/gpt-4o`), or without the day of a snapshot behind (`gpt-4o-2024-08-06`). Null where the table has no such
 * model; nothing is guessed from similar names.
 */
export function findPrice(model: string, table: PriceTable = priceTable): Price | null {
  const name = model.toLowerCase().replace(/^.*\//, '');
  const undated = name.replace(/-(\d{4}-\d{2}-\d{2}|\d{8})$/, '');
  const prices = pricesByName(table);
  return prices.get(model.toLowerCase()) ?? prices.get(name) ?? prices.get(undated) ?? null;
}

const indexes = new WeakMap<PriceTable, ReadonlyMap<string, Price>>();

function pricesByName(table: PriceTable): ReadonlyMap<string, Price> {
  const known = indexes.get(table);
  if (known) return known;
  const index = new Map(table.prices.map((price) => [price.model.toLowerCase(), price]));
  indexes.set(table, index);
  return index;
}
