import type { Random } from '../records/random.ts';
import {
  type DescentSettings,
  descend,
  type LinearState,
  type LinearView,
  linearLogits,
  removeRows,
} from './linear-head.ts';
import { fitMlp, type MlpProblem, type MlpSettings, type MlpState, mlpLogits } from './mlp-head.ts';
import type { TrainingSet } from './training-set.ts';

export interface Folds {
  /** Which fold holds each row out. */
  readonly foldOf: Int32Array;
  readonly folds: number;
}

/** The rows that a fold holds out, and those that its models learn from. */
export interface FoldParts {
  readonly held: readonly number[];
  readonly kept: readonly number[];
}

/** A linear head, and room for the models of its folds. */
export interface LinearFit<View extends LinearView = LinearView> {
  readonly view: View;
  /** Learned from every row. */
  readonly state: LinearState;
  readonly foldState: LinearState;
}

interface Pass {
  readonly random: Random;
}

/** Logits of every row from a linear head without the row's fold. */
export function linearOutOfFold(
  fit: LinearFit,
  { foldOf, folds }: Folds,
  pass: Pass & { readonly descent: DescentSettings },
): Float32Array {
  const { problem } = fit.view;
  const result = new Float32Array(problem.targets.length * problem.width);
  for (let fold = 0; fold < folds; fold++) {
    const parts = partsOf(foldOf, fold);
    startFold(fit, parts.held);
    descendFold(fit, parts, result, pass);
  }
  return result;
}

/** A fold's model starts where all rows together ended, less what the rows that it holds out had added. */
export function startFold({ view, state, foldState }: LinearFit, held: readonly number[]): void {
  foldState.weights.view.set(state.weights.view);
  foldState.duals.view.set(state.duals.view);
  foldState.offsets.set(state.offsets);
  removeRows(view.problem, foldState, held, view);
}

/** The fold's model goes on to its own optimum and says its word on the rows held out, written to `out`, rows × width. */
export function descendFold(
  { view, foldState }: LinearFit,
  { held, kept }: FoldParts,
  out: Float32Array,
  { descent, random }: Pass & { readonly descent: DescentSettings },
): void {
  const { workspace, logits, problem } = view;
  descend(problem, foldState, kept, descent, { workspace, logits, random });
  for (const row of held) {
    linearLogits(view, row, foldState);
    out.set(logits.view, row * problem.width);
  }
}

/** Logits of every row from an MLP fitted without the row's fold, each from scratch. */
export function mlpOutOfFold(
  set: TrainingSet,
  problemOf: (fold: number) => MlpProblem,
  state: MlpState,
  { foldOf, folds }: Folds,
  { settings, random }: Pass & { readonly settings: MlpSettings },
): Float32Array {
  const result = new Float32Array(set.targets.length * set.width);
  for (let fold = 0; fold < folds; fold++) {
    const { held, kept } = partsOf(foldOf, fold);
    const problem = problemOf(fold);
    fitMlp(problem, state, kept, settings, { workspace: set.workspace, random });
    for (const row of held) {
      mlpLogits(problem, row, state, set.workspace);
      result.set(state.logits.view, row * set.width);
    }
  }
  return result;
}

export function partsOf(foldOf: Int32Array, fold: number): FoldParts {
  const held: number[] = [];
  const kept: number[] = [];
  foldOf.forEach((of, row) => {
    (of === fold ? held : kept).push(row);
  });
  return { held, kept };
}
