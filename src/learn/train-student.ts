import { RightsizeError } from '../errors.ts';
import { type Random, seededRandom } from '../records/random.ts';
import { addTempered, type Calibration, calibrate, type HeldOut } from './calibration.ts';
import { assignFolds } from './folds.ts';
import { buildLabelStudent, type LabelStudent } from './label-student.ts';
import { createLinearState, descend, type LinearProblem, type LinearState } from './linear-head.ts';
import { createMlpState, fitMlp, hiddenUnits, type MlpProblem, type MlpState, mlpSettings } from './mlp-head.ts';
import { type Folds, linearOutOfFold, mlpOutOfFold } from './out-of-fold.ts';
import { quantiseRows } from './quantise.ts';
import type { EncoderNeed, TrainingRow } from './student-contract.ts';
import { formatVersion, type MlpContents } from './student-file.ts';
import { fitTemperature } from './temperature.ts';
import { heldOutFamiliarity, prepareTrainingSet, type TrainingSet } from './training-set.ts';

export interface TrainingOptions {
  /** The same rows and seed give the same bytes. */
  readonly seed: number;
  /** `best` (the default) takes the MLP only where it wins on held-out rows. */
  readonly head?: 'linear' | 'mlp' | 'best';
  /** Whose vectors the rows carry, all of them; null or absent where they carry none. */
  readonly encoder?: EncoderNeed | null;
  /** Parts that are held out in turn; by default 5, or 10 below 500 rows, where a fifth fewer is a poorer student. */
  readonly folds?: number;
  /** Told the share of the work done, from 0 to 1. */
  readonly onProgress?: (share: number) => void;
}

export interface TrainedStudent {
  readonly student: LabelStudent;
  /**
   * One entry a training row, from models that did not learn from the row: its label, and the score of a calibration
   * that did not see the row either. What the student will do on unseen calls, at no extra label.
   */
  readonly outOfFold: readonly { readonly label: string; readonly score: number }[];
  readonly report: TrainingReport;
}

export interface TrainingReport {
  /** The head chosen. */
  readonly head: 'linear' | 'mlp';
  /** Share of out-of-fold labels that equal the row's own. */
  readonly heldOutAccuracy: number;
  /** Area under the risk–coverage curve of each head that was tried, out of fold; smaller is better. */
  readonly heldOutRisk: { readonly linear: number; readonly mlp: number | null };
  /** N-grams that the student knows. */
  readonly features: number;
  readonly bytes: number;
  readonly seconds: Readonly<Record<'features' | 'linear' | 'folds' | 'mlp' | 'calibration', number>>;
}

/** Inverse of the L2 penalty. Between 10 and 30, held-out rows of a dozen kinds did not care (docs/experiments.md). */
const strength = 20;
const descent = { epochs: 30, tolerance: 0.003 };
const foldDescent = { epochs: 8, tolerance: 0.003 };

/**
 * Learns a student. Pure but for the time it reports.
 * @throws RightsizeError `too_few_examples` for no rows.
 */
export function trainStudent(rows: readonly TrainingRow[], options: TrainingOptions): TrainedStudent {
  if (rows.length === 0) throw new RightsizeError('too_few_examples', 'there are 0 rows to learn from');
  const wanted = options.head ?? 'best';
  const clock = phaseClock();
  const tell = (share: number): void => options.onProgress?.(share);
  const linearShare = wanted === 'linear' ? 0.95 : 0.1;
  const set = prepareTrainingSet(rows, wanted !== 'linear');
  const folds = chooseFolds(set, options);
  clock.end('features');
  const linear = fitLinear(set, options.seed);
  tell(linearShare * 0.4);
  clock.end('linear');
  const linearLogits = linearOutOfFold(set, linear.problem, linear.state, folds, {
    descent: foldDescent,
    random: linear.random,
    onFold: (done) => tell(linearShare * (0.4 + (0.6 * done) / folds.folds)),
  });
  clock.end('folds');
  const linearCalibration = calibrate(heldOut(set, folds, linearLogits));
  clock.end('calibration');
  const isMlpTried = wanted !== 'linear' && set.labels.length > 1;
  const mlp = isMlpTried ? learnMlp(set, folds, options.seed, linearLogits, (share) => tell(0.1 + share * 0.7)) : null;
  const isMlp = mlp !== null && (wanted === 'mlp' || mlp.calibration.riskArea < linearCalibration.riskArea);
  const mlpContents = isMlp ? finishMlp(set, mlp, options.seed) : null;
  clock.end('mlp');
  const calibration = isMlp ? mlp.calibration : linearCalibration;
  const linearTemperature = isMlp ? mlp.linearTemperature : 1;
  const student = assemble(set, {
    linear: linear.state,
    linearTemperature,
    mlp: mlpContents,
    calibration,
    seed: options.seed,
  });
  clock.end('calibration');
  tell(1);
  return {
    student,
    outOfFold: Array.from(calibration.given, (given, row) => ({
      label: set.labels[given] as string,
      score: calibration.scores[row] as number,
    })),
    report: {
      head: isMlp ? 'mlp' : 'linear',
      heldOutAccuracy: calibration.accuracy,
      heldOutRisk: { linear: linearCalibration.riskArea, mlp: mlp?.calibration.riskArea ?? null },
      features: set.columns - 1,
      bytes: student.toBytes().length,
      seconds: clock.seconds,
    },
  };
}

function chooseFolds(set: TrainingSet, { folds, seed }: TrainingOptions): Folds {
  const rows = set.targets.length;
  const count = Math.max(2, Math.min(folds ?? (rows < 500 ? 10 : 5), rows));
  return { folds: count, foldOf: assignFolds(set.targets, count, seededRandom(seed)) };
}

function heldOut(set: TrainingSet, folds: Folds, logits: Float32Array): HeldOut {
  return {
    ...folds,
    logits,
    width: set.width,
    classes: set.labels.length,
    targets: set.targets,
    support: set.support,
    familiarity: heldOutFamiliarity(set, folds.foldOf, folds.folds),
  };
}

function fitLinear(
  set: TrainingSet,
  seed: number,
): { readonly problem: LinearProblem; readonly state: LinearState; readonly random: Random } {
  const random = seededRandom(seed);
  const problem = {
    rows: set.rows,
    targets: set.targets,
    pulls: set.weights.map((weight) => strength * weight),
    classes: set.labels.length,
    width: set.width,
  };
  const state = createLinearState(problem, set.columns, set.workspace);
  const everyRow = Array.from(set.targets, (_, row) => row);
  descend(problem, state, everyRow, descent, { workspace: set.workspace, logits: set.logits, random });
  return { problem, state, random };
}

interface LearnedMlp {
  readonly problem: MlpProblem;
  readonly state: MlpState;
  readonly calibration: Calibration;
  readonly linearTemperature: number;
  readonly mlpTemperature: number;
}

/** The MLP beside the linear head, judged out of fold; the final fit waits until it has won. */
function learnMlp(
  set: TrainingSet,
  folds: Folds,
  seed: number,
  linearOutOfFold: Float32Array,
  onProgress: (share: number) => void,
): LearnedMlp {
  const problem = { ...set, classes: set.labels.length };
  const state = createMlpState(problem, set.workspace);
  const settings = mlpSettings(set.targets.length);
  const onFold = (done: number): void => onProgress(done / folds.folds);
  const own = mlpOutOfFold(set, problem, state, folds, { settings, random: seededRandom(seed), onFold });
  const linearTemperature = fitTemperature(heldOut(set, folds, linearOutOfFold));
  const mlpTemperature = fitTemperature(heldOut(set, folds, own));
  const together = addTempered([linearOutOfFold, own], [linearTemperature, mlpTemperature]);
  return { problem, state, calibration: calibrate(heldOut(set, folds, together)), linearTemperature, mlpTemperature };
}

function finishMlp(set: TrainingSet, { problem, state, mlpTemperature }: LearnedMlp, seed: number): MlpContents {
  const everyRow = Array.from(set.targets, (_, row) => row);
  fitMlp(problem, state, everyRow, mlpSettings(everyRow.length), {
    workspace: set.workspace,
    random: seededRandom(seed),
  });
  const { bytes, scales } = quantiseRows(state.first.view, set.columns, hiddenUnits);
  return { scales, first: bytes, second: state.second.view.map((weight) => weight / mlpTemperature) };
}

interface Learned {
  readonly linear: LinearState;
  readonly linearTemperature: number;
  readonly mlp: MlpContents | null;
  readonly calibration: Calibration;
  readonly seed: number;
}

function assemble(set: TrainingSet, { linear, linearTemperature, mlp, calibration, seed }: Learned): LabelStudent {
  const { bytes, scales } = quantiseRows(linear.weights.view, set.columns, set.width);
  return buildLabelStudent({
    manifest: {
      format: 'rightsize-student',
      version: formatVersion,
      labels: set.labels,
      features: { count: set.columns - 1, unknownIdf: set.vocabulary.unknownIdf },
      head: mlp === null ? 'linear' : 'mlp',
      hiddenUnits: mlp === null ? 0 : hiddenUnits,
      width: set.width,
      temperature: calibration.temperature,
      score: calibration.model,
      trained: { rows: set.targets.length, seed, support: set.support, strength },
    },
    hashes: set.vocabulary.hashes,
    idf: set.vocabulary.idf,
    scales: scales.map((scale) => scale / linearTemperature),
    weights: bytes,
    mlp,
  });
}

function phaseClock() {
  const seconds = { features: 0, linear: 0, folds: 0, mlp: 0, calibration: 0 };
  let last = performance.now();
  return {
    seconds,
    end(phase: keyof typeof seconds): void {
      const now = performance.now();
      seconds[phase] += (now - last) / 1000;
      last = now;
    },
  };
}
