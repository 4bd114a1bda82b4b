// Draws certificates by the thousand from the scores of real students and counts the broken promises, beside careless variants.
// usage: npx tsx bench/certificates.ts [--only thresholds,looks] [--draws 1000] [--json]
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { alarmSection } from './certificates/alarms.ts';
import { layerSection } from './certificates/layers.ts';
import { anytimeSection, lookSection } from './certificates/looks.ts';
import { type Pool, sources, studentPool } from './certificates/pool.ts';
import { printSection, type Section } from './certificates/report.ts';
import { sameLabelsSection } from './certificates/same-labels.ts';
import { selectiveSection, thresholdSection } from './certificates/thresholds.ts';
import { chosenStudentSection, unfairSampleSection } from './certificates/unfair-samples.ts';
import { windowSection } from './certificates/windows.ts';

const DELTA = 0.05;

const { values: options } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    draws: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
  },
});
const draws = Number(options.draws);
const seed = Number(options.seed);

const pools = new Map<string, ReturnType<typeof studentPool>>();
function pool(name: string): ReturnType<typeof studentPool> {
  const known = pools.get(name) ?? studentPool(name, seed);
  pools.set(name, known);
  return known;
}
const all = (): readonly Pool[] => Object.keys(sources).map(pool);
const some = () => ['banking77', 'isear (GPT-3.5)', 'banking77 (GPT-4)'].map(pool);

const simulations: Readonly<Record<string, () => Section>> = {
  thresholds: () => thresholdSection(all(), DELTA, draws),
  'same-labels': () => sameLabelsSection(all(), DELTA, draws),
  selective: () => selectiveSection(some(), DELTA, draws),
  looks: () => lookSection(['banking77', 'banking77 (GPT-4)'].map(pool), DELTA, draws),
  anytime: () => anytimeSection(DELTA, draws),
  windows: () => windowSection(['clinc150', 'isear (GPT-3.5)'].map(pool), DELTA, draws),
  layers: () => layerSection(['banking77', 'isear (GPT-3.5)'], DELTA, draws, seed),
  unfair: () => unfairSampleSection(some(), DELTA, draws),
  chosen: () => chosenStudentSection('banking77', DELTA, draws, seed),
  alarms: () => alarmSection(DELTA, draws),
};

const chosen = options.only === '' ? Object.keys(simulations) : options.only.split(',');
const sections: Record<string, Section & { seconds: number }> = {};
for (const name of chosen) {
  const simulate = simulations[name];
  if (simulate === undefined)
    throw new Error(`no simulation is called ${name}; there are ${Object.keys(simulations).join(', ')}`);
  const started = performance.now();
  const section = simulate();
  const seconds = Math.round((performance.now() - started) / 100) / 10;
  sections[name] = { ...section, seconds };
  if (!options.json) {
    printSection(section);
    console.log(`(${seconds} s)`);
  }
}

const folder = join(import.meta.dirname, 'results');
const file = join(folder, 'certificates.json');
const settings = { delta: DELTA, draws, seed };
const report = {
  at: new Date().toISOString(),
  node: process.version,
  machine: `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}`,
  ...settings,
  sections: { ...earlier(), ...sections },
};
if (options.json) console.log(JSON.stringify(report));
mkdirSync(folder, { recursive: true });
writeFileSync(file, `${JSON.stringify(report, null, 1)}\n`);

/** Sections of the results file that were drawn with the same settings: a run of a part keeps the rest. */
function earlier(): Readonly<Record<string, unknown>> {
  if (!existsSync(file)) return {};
  const known: typeof settings & { sections: Record<string, unknown> } = JSON.parse(readFileSync(file, 'utf8'));
  const isSame = known.delta === settings.delta && known.draws === draws && known.seed === seed;
  return isSame ? known.sections : {};
}
