import type { Command } from 'commander';

/** A subcommand: one line for the overview, and the module that is loaded only when it is asked for. */
export interface CommandEntry {
  readonly summary: string;
  readonly load: () => Promise<Command>;
}

/** All subcommands, in the order of the overview. */
export const commands: Readonly<Record<string, CommandEntry>> = {
  demo: {
    summary: 'show the whole loop on bundled recorded traffic, without key or network',
    load: async () => (await import('./demo.ts')).createDemoCommand(),
  },
  start: {
    summary: 'start the gateway and its admin API on one port',
    load: async () => (await import('./start.ts')).createStartCommand(),
  },
  status: {
    summary: 'show stages, certificates, spot checks and what to expect',
    load: async () => (await import('./status.ts')).createStatusCommand(),
  },
  why: {
    summary: 'show who answered a call, and why',
    load: async () => (await import('./why.ts')).createWhyCommand(),
  },
  stage: {
    summary: 'say how far the students of a task are let; --all off is the kill switch',
    load: async () => (await import('./stage.ts')).createStageCommand(),
  },
  import: {
    summary: 'import call logs; bad lines are counted and shown, the rest is kept',
    load: async () => (await import('./import.ts')).createImportCommand(),
  },
  tasks: {
    summary: 'list the tasks found among the calls, show one, rename or forget it',
    load: async () => (await import('./tasks.ts')).createTasksCommand(),
  },
  train: {
    summary: 'train a student for a task, measure it and ask for its certificate',
    load: async () => (await import('./train.ts')).createTrainCommand(),
  },
  plan: {
    summary: 'work out how many spot checks, gold rows or sampled calls a wanted certainty takes',
    load: async () => (await import('./plan.ts')).createPlanCommand(),
  },
  card: {
    summary: 'show what a student was trained on, and the terms of its teachers',
    load: async () => (await import('./card.ts')).createCardCommand(),
  },
  evaluate: {
    summary: 'measure student, teacher and baselines on the same unseen calls',
    load: async () => (await import('./evaluate.ts')).createEvaluateCommand(),
  },
  predict: {
    summary: 'answer a line of input with the student of a task',
    load: async () => (await import('./predict.ts')).createPredictCommand(),
  },
  export: {
    summary: 'write a student as one module that runs anywhere, or its examples as a data set',
    load: async () => (await import('./export.ts')).createExportCommand(),
  },
  review: {
    summary: 'list the calls most worth a look, likely wrong answers first',
    load: async () => (await import('./review.ts')).createReviewCommand(),
  },
  gold: {
    summary: 'add, import, list or freeze answers that a person verified',
    load: async () => (await import('./gold.ts')).createGoldCommand(),
  },
  redact: {
    summary: 'show what redaction would replace in a text',
    load: async () => (await import('./redact.ts')).createRedactCommand(),
  },
  erase: {
    summary: 'erase the calls of a user, or one call, for good',
    load: async () => (await import('./erase.ts')).createEraseCommand(),
  },
  models: {
    summary: 'list who answers to which model, and send a small call through each',
    load: async () => (await import('./models.ts')).createModelsCommand(),
  },
  encoder: {
    summary: 'add, list or remove sentence encoders, which let students see meaning',
    load: async () => (await import('./encoder.ts')).createEncoderCommand(),
  },
  replay: {
    summary: 'run the live loop over a call log: what would have happened',
    load: async () => (await import('./replay.ts')).createReplayCommand(),
  },
  keys: {
    summary: 'add, list, show, rotate or revoke gateway keys, with their limits and budgets',
    load: async () => (await import('./keys.ts')).createKeysCommand(),
  },
  backup: {
    summary: 'write everything that is kept into one file, also while the server runs',
    load: async () => (await import('./backup.ts')).createBackupCommand(),
  },
  restore: {
    summary: 'put a backup in the place of everything that is kept',
    load: async () => (await import('./restore.ts')).createRestoreCommand(),
  },
  doctor: {
    summary: 'check the runtime, the store, the data folder, the port, the upstream and the encoder',
    load: async () => (await import('./doctor.ts')).createDoctorCommand(),
  },
};
