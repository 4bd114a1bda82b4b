import { type Command, InvalidArgumentError } from 'commander';
import type { KeyChange, LimitChange } from '../access/keyring.ts';
import { type LimitName, limitName, resources, spans } from '../records/limits.ts';

/** What can be said of a key; what is missing was not given. */
export type KeyFlags = { readonly [Name in LimitName]?: number | 'none' } & {
  readonly models?: readonly string[] | 'all';
  /** Milliseconds since 1970, UTC. */
  readonly expires?: number | 'never';
};

const wordsFor = { requests: 'requests', tokens: 'tokens, in and out', usd: 'US dollars' } as const;

export function withKeyOptions(command: Command): Command {
  command
    .option('--models <names>', 'models it may ask for, with commas between, or all (default: all)', parseNames)
    .option('--expires <when>', 'after a time, as in 90d, 12h, 30m, on a date, or never (default: never)', parseExpiry);
  for (const span of spans)
    for (const resource of resources)
      command.option(
        `--${resource}-per-${span} <number>`,
        `most ${wordsFor[resource]} in a ${span}, or none (default: none)`,
        parseAmount,
      );
  return command;
}

/** The same as a change of a key: null lifts what stood there before. */
export function keyChangeOf(flags: KeyFlags): Omit<KeyChange, 'name'> {
  const { models, expires } = flags;
  return {
    limits: limitsIn(flags),
    ...(models === undefined ? {} : { models: models === 'all' ? null : models }),
    ...(expires === undefined ? {} : { expiresAt: expires === 'never' ? null : expires }),
  };
}

function limitsIn(flags: KeyFlags): LimitChange {
  const names: readonly LimitName[] = spans.flatMap((span) => resources.map((resource) => limitName(resource, span)));
  return Object.fromEntries(
    names.flatMap((name) => {
      const most = flags[name];
      return most === undefined ? [] : [[name, most === 'none' ? null : most]];
    }),
  );
}

function parseNames(text: string): readonly string[] | 'all' {
  if (text === 'all') return text;
  const names = text.split(',').map((name) => name.trim());
  if (names.some((name) => name === '')) throw new InvalidArgumentError('Give names with commas between, as in a,b.');
  return names;
}

function parseAmount(text: string): number | 'none' {
  if (text === 'none') return text;
  const amount = Number(text);
  if (text.trim() === '' || !(amount >= 0 && Number.isFinite(amount)))
    throw new InvalidArgumentError(`\`${text}\` is no amount: give a number from 0, or none.`);
  return amount;
}

function parseExpiry(text: string): number | 'never' {
  if (text === 'never') return text;
  const date = /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(date) ? Date.now() + parseTime(text) : date;
}

const unitMs: Readonly<Record<string, number>> = { d: 86_400_000, h: 3_600_000, m: 60_000 };

/** `90d`, `12h` or `30m`, in milliseconds. */
export function parseTime(text: string): number {
  const [, number = '', unit = ''] = /^(\d{1,6})([dhm])$/.exec(text) ?? [];
  const milliseconds = Number(number) * (unitMs[unit] ?? 0);
  if (milliseconds === 0) throw new InvalidArgumentError(`\`${text}\` is no time: give one as in 90d, 12h or 30m.`);
  return milliseconds;
}
