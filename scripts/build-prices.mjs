// Writes src/economics/price-table.ts from the prices in @pydantic/genai-prices (MIT). Run it to bring the table up to date.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { calcPrice } from '@pydantic/genai-prices';

const models = {
  openai: [
    'gpt-3.5-turbo',
    'gpt-3.5-turbo-0125',
    'gpt-3.5-turbo-1106',
    'gpt-3.5-turbo-0613',
    'gpt-4',
    'gpt-4-0613',
    'gpt-4-32k',
    'gpt-4-turbo',
    'gpt-4-1106-preview',
    'gpt-4-0125-preview',
    'gpt-4o',
    'gpt-4o-2024-05-13',
    'gpt-4o-mini',
    'gpt-4.1',
    'gpt-4.1-mini',
    'gpt-4.1-nano',
    'gpt-5',
    'gpt-5-mini',
    'gpt-5-nano',
    'gpt-5.1',
    'gpt-5.2',
    'gpt-5.4',
    'gpt-5.4-mini',
    'gpt-5.4-nano',
    'gpt-5.5',
    'o1',
    'o1-mini',
    'o3',
    'o3-mini',
    'o4-mini',
  ],
  anthropic: [
    'claude-3-haiku-20240307',
    'claude-3-opus-20240229',
    'claude-3-5-haiku-20241022',
    'claude-3-5-sonnet-20241022',
    'claude-3-7-sonnet-20250219',
    'claude-3-5-sonnet-latest',
    'claude-3-5-haiku-latest',
    'claude-sonnet-4-0',
    'claude-sonnet-4-20250514',
    'claude-opus-4-0',
    'claude-opus-4-20250514',
    'claude-sonnet-4-5',
    'claude-haiku-4-5',
    'claude-opus-4-1',
    'claude-opus-4-5',
    'claude-sonnet-4-6',
    'claude-opus-4-6',
  ],
};

const { version } = JSON.parse(readFileSync('node_modules/@pydantic/genai-prices/package.json', 'utf8'));
const rows = Object.entries(models).flatMap(([provider, names]) => names.flatMap((name) => priceRow(provider, name)));
const date = new Date().toISOString().slice(0, 10);
writeFileSync(
  'src/economics/price-table.ts',
  `import type { PriceTable } from './find-price.ts';

/** Written by scripts/build-prices.mjs; edit that, or give your own prices in the settings. US dollars per million tokens. */
export const priceTable: PriceTable = {
  source: '@pydantic/genai-prices ${version} (MIT, https://github.com/pydantic/genai-prices)',
  date: '${date}',
  prices: ${JSON.stringify(rows)},
};
`,
);
execFileSync('npx', ['--no-install', 'biome', 'check', '--write', 'src/economics/price-table.ts'], {
  stdio: 'inherit',
});
console.log(`${rows.length} prices of ${date}`);

/** The price of the smallest requests, where a model has tiers. */
function priceRow(provider, model) {
  const price = calcPrice({ input_tokens: 1, output_tokens: 1 }, model, { providerId: provider });
  if (!price) {
    console.error(`no price for ${provider} ${model}`);
    return [];
  }
  const { input_mtok, output_mtok, cache_read_mtok } = price.model_price;
  return [
    { model, input: perMillion(input_mtok), cachedInput: perMillion(cache_read_mtok), output: perMillion(output_mtok) },
  ];
}

function perMillion(price) {
  if (price === undefined || price === null) return null;
  const base = typeof price === 'number' ? price : price.base;
  if (typeof base !== 'number' || !(base >= 0)) throw new Error(`cannot read the price ${JSON.stringify(price)}`);
  return base;
}
