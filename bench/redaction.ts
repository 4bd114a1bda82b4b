// Usage: npx tsx bench/redaction.ts
// How much of the personal data in presidio-pii the built-in recognisers find, how much else they take, and what it costs.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { builtInRecognisers } from '../src/capture/redaction/recognisers.ts';
import { createRedactor } from '../src/capture/redaction/redactor.ts';

interface Row {
  readonly text: string;
  readonly gold: Readonly<Record<string, readonly string[]>>;
}

const folder = join(process.env.SHARED_DIR ?? '../shared', 'data', 'presidio-pii');
const rows = ['train', 'test'].flatMap((split) =>
  readFileSync(join(folder, `${split}.jsonl`), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Row),
);

/** Kinds of the set that have a recogniser; names, addresses, dates and the like have none. */
const kinds: Readonly<Record<string, string>> = {
  CREDIT_CARD: 'credit-card',
  EMAIL_ADDRESS: 'email',
  IBAN_CODE: 'iban',
  IP_ADDRESS: 'ip-address',
  PHONE_NUMBER: 'phone',
  US_SSN: 'us-ssn',
};

const redactor = createRedactor(builtInRecognisers);
const tally = new Map<string, { gold: number; covered: number; found: number; right: number }>();
const of = (name: string) => {
  const known = tally.get(name) ?? { gold: 0, covered: 0, found: 0, right: 0 };
  tally.set(name, known);
  return known;
};
const missed: string[] = [];
const wrong: string[] = [];

for (const { text, gold } of rows) {
  const found = redactor.find(text).map((finding) => ({ ...finding, text: text.slice(finding.start, finding.end) }));
  for (const [kind, name] of Object.entries(kinds)) {
    for (const value of gold[kind] ?? []) {
      of(name).gold++;
      if (found.some((finding) => finding.text.includes(value))) of(name).covered++;
      else missed.push(`${kind}: ${value}`);
    }
  }
  const all = Object.values(gold).flat();
  for (const finding of found) {
    of(finding.recogniser).found++;
    if (all.some((value) => value.includes(finding.text) || finding.text.includes(value)))
      of(finding.recogniser).right++;
    else wrong.push(`${finding.recogniser}: ${finding.text}`);
  }
}

console.log('recogniser'.padEnd(26), 'in the set', 'covered', 'recall', 'found', 'personal data', 'precision');
for (const [name, { gold, covered, found, right }] of tally) {
  const share = (part: number, whole: number) => (whole === 0 ? '–' : `${((100 * part) / whole).toFixed(1)} %`);
  console.log(name.padEnd(26), gold, covered, share(covered, gold), found, right, share(right, found));
}
console.log('missed:', missed.slice(0, 12));
console.log('wrong:', wrong.slice(0, 12));

const characters = rows.reduce((sum, { text }) => sum + text.length, 0);
for (let round = 0; round < 5; round++) {
  const fresh = createRedactor(builtInRecognisers);
  const started = process.cpuUsage();
  for (const { text } of rows) fresh.find(text);
  const { user } = process.cpuUsage(started);
  console.log(
    `${(user / rows.length).toFixed(1)} µs a text, ${(user / (characters / 1000)).toFixed(1)} µs a thousand characters`,
  );
}
