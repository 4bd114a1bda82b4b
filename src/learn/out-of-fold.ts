import type { Random } from '../records/random.ts';
import {
  createLinearState,
  type DescentSettings,
  descend,
  type LinearState,
  type LinearView,
  removeRows,
} from './linear-head.ts';
import { fitMlp, type MlpProblem, type MlpSettings, type MlpState, mlpLogits } from './mlp-head.ts';
import type { TrainingSet } from './training-set.ts';

export interface Folds {
  /** Which fold holds each row out. */
  readonly foldOf: Int32Array;
  readonly folds: number;
}

interface Pass {
  readonly random: Random;
}

/**
 * Logits of every row from a linear head without the row's fold. Each fold starts where all rows together ended, less
 * what its own rows had added, and goes on to its own optimum.
 */
export function linearOutOfFold(
  view: LinearView,
  full: LinearState,
  { foldOf, folds }: Folds,
  { descent, random }: Pass & { readonly descent: DescentSettings },
): Float32Array {
  const { problem, columns, workspace, logits } = view;
  const scratch = { workspace, logits, random };
  const state = createLinearState(problem, columns, workspace);
  const result = new Float32Array(problem.targets.length * problem.width);
  for (let fold = 0; fold < folds; fold++) {
    state.weights.view.set(full.weights.view);
    state.duals.view.set(full.duals.view);
    state.offsets.set(full.offsets);
    const { held, kept } = parts(foldOf, fold);
    removeRows(problem, state, held, scratch);
    descend(problem, state, kept, descent, scratch);
    for (const row of held) {
      linearLogits(view, row, state);
      result.set(logits.view, row * problem.width);
    }
  }
  return result;
}

/** Logits of every row from an MLP fitted without the row's fold, each from scratch. */
export function mlpOutOfFold(
  set: TrainingSet,
  problem: MlpProblem,
  state: MlpState,
  { foldOf, folds }: Folds,
  { settings, random }: Pass & { readonly settings: MlpSettings },
): Float32Array {
  const result = new Float32Array(set.targets.length * set.width);
  for (let fold = 0; fold < folds; fold++) {
    const { held, kept } = parts(foldOf, fold);
    fitMlp(problem, state, kept, settings, { workspace: set.workspace, random });
    for (const row of held) {
      mlpLogits(problem, row, state, set.workspace);
      result.set(state.logits.view, row * set.width);
    }
  }
  return result;
}

function parts(foldOf: Int32Array, fold: number): { readonly held: number[]; readonly kept: number[] } {
  const held: number[] = [];
  const kept: number[] = [];
  foldOf.forEach((of, row) => {
    (of === fold ? held : kept).push(row);
  });
  return { held, kept };
}

function linearLogits({ problem, workspace, logits }: LinearView, row: number, state: LinearState): void {
  const { rows, width } = problem;
  const start = rows.starts[row] as number;
  workspace.kernels.sumRows(
    rows.indices.at + 4 * start,
    rows.values.at + 4 * start,
    (rows.starts[row + 1] as number) - start,
    state.weights.at,
    width,
    logits.at,
  );
}
