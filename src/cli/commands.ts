import type { Command } from 'commander';

/** A subcommand: one line for the overview, and the module that is loaded only when it is asked for. */
export interface CommandEntry {
  readonly summary: string;
  readonly load: () => Promise<Command>;
}

/** All subcommands, in the order of the overview. */
export const commands: Readonly<Record<string, CommandEntry>> = {};
