import { Command } from 'commander';
import { WorkerTrainer } from '../train/worker-trainer.ts';
import { runDemo } from './demo/run-demo.ts';
import { sayDemo } from './demo/say-demo.ts';
import { parseCount, parseShare } from './parse-options.ts';
import { type CommandContext, jsonOption, runCommand } from './run-command.ts';

interface DemoFlags {
  readonly epsilon: number;
  readonly delta: number;
  readonly seed: number;
  readonly quick?: boolean;
}

/** So many calls show everything but the growth. */
const quickCalls = 3000;

/** `rightsize demo`: the whole loop on bundled recorded traffic; no key, no network, nothing kept. */
export function createDemoCommand(): Command {
  return new Command('demo')
    .description('Shows the whole loop on bundled recorded traffic. Needs no key and no network, and keeps nothing.')
    .option('--epsilon <share>', "share of a task's calls that may differ", parseShare, 0.02)
    .option('--delta <share>', 'chance that a certificate is wrong, at most', parseShare, 0.05)
    .option('--seed <number>', 'seed of everything random', parseCount, 1)
    .option('--quick', `only the first ${quickCalls.toLocaleString('en')} calls`)
    .addOption(jsonOption())
    .action(runCommand<[DemoFlags]>(demo));
}

async function demo({ epsilon, delta, seed, quick }: DemoFlags, context: CommandContext): Promise<void> {
  context.say(
    'A month of recorded calls, played in its own time order: watched first, then learned, certified, answered.',
  );
  const trainer = new WorkerTrainer({ size: 2 });
  try {
    const most = quick ? quickCalls : Number.POSITIVE_INFINITY;
    const { signal, progress } = context;
    const report = await runDemo({ epsilon, delta, seed, most, trainer, signal, progress });
    if (context.isJson) context.printJson(report);
    else sayDemo(report, context);
  } finally {
    await trainer.close();
  }
}
