import { RightsizeError } from '../errors.ts';
import { seededRandom } from '../records/random.ts';
import {
  type Calibration,
  calibrate,
  type HeldOut,
  type HeldOutHead,
  type Judged,
  judgeHeldOut,
} from './calibration.ts';
import { assignFolds } from './folds.ts';
import { imagineStrangers } from './imagined-strangers.ts';
import { buildLabelStudent, type LabelStudent, openReader } from './label-student.ts';
import { type LearnedLinear, type LearnedVectors, learnVectors, learnWords, wordsStrength } from './learn-linear.ts';
import { createMlpState, fitMlp, hiddenUnits, type MlpProblem, type MlpState, mlpSettings } from './mlp-head.ts';
import { type Folds, mlpOutOfFold } from './out-of-fold.ts';
import { phaseClock } from './phase-clock.ts';
import { quantiseRows } from './quantise.ts';
import { type ChosenWeights, chooseRowWeights, type RowWeights } from './row-weights.ts';
import type { HeadKind, MlpContents, StudentContents } from './student-contents.ts';
import type { EncoderNeed, TrainingRow } from './student-contract.ts';
import { formatVersion } from './student-file.ts';
import { type ClassBalance, heldOutFamiliarity, prepareTrainingSet, type TrainingSet } from './training-set.ts';
import { unframedWeights } from './vector-view.ts';

export interface TrainingOptions {
  /** The same rows and seed give the same bytes. */
  readonly seed: number;
  /** `best` (the default) takes the MLP only where it wins on held-out rows; vectors take part in each. */
  readonly head?: 'linear' | 'mlp' | 'best';
  /** Whose vectors the rows carry, all of them; null or absent where they carry none. */
  readonly encoder?: EncoderNeed | null;
  /** Parts that are held out in turn; by default 5, or 10 below 500 rows, where a fifth fewer is a poorer student. */
  readonly folds?: number;
  /** `chosen` (the default): other weights where held-out rows say so. `given`: the rows' own, to compare with. */
  readonly rowWeights?: 'given' | 'chosen';
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
  /** Rows whose label is likely wrong, worst first. */
  readonly likelyErrors: readonly number[];
  /** Those of them that count less: all, where held-out rows are answered better so, or none. */
  readonly weighedDown: readonly number[];
  readonly report: TrainingReport;
}

export interface TrainingReport {
  /** The head over n-grams that was chosen. */
  readonly head: 'linear' | 'mlp';
  /** Every head that has a say, with its weight. */
  readonly heads: readonly { readonly kind: HeadKind; readonly weight: number }[];
  /** Share of out-of-fold labels that equal the row's own. */
  readonly heldOutAccuracy: number;
  /** Area under the risk–coverage curve out of fold, of what was tried; smaller is better. */
  readonly heldOutRisk: { readonly linear: number; readonly mlp: number | null; readonly encoder: number | null };
  readonly rowWeights: RowWeightsReport;
  /** How far rare labels pull harder than frequent ones. */
  readonly classBalance: ClassBalance;
  /** N-grams that the student knows. */
  readonly features: number;
  readonly bytes: number;
  readonly seconds: Readonly<Record<Phase, number>>;
}

export interface RowWeightsReport {
  /** Rows whose answer is likely wrong. */
  readonly likelyErrors: number;
  /** Rows that count less for it: none where that did not help. */
  readonly weighedDown: number;
}

const phases = ['features', 'linear', 'folds', 'vectors', 'weights', 'mlp', 'calibration'] as const;
type Phase = (typeof phases)[number];

/** An encoder must make the risk that much smaller before calls wait for it. */
const encoderWorth = 0.98;

/**
 * Learns a student. Pure but for the time it reports.
 * @throws RightsizeError `too_few_examples` for no rows.
 */
export function trainStudent(rows: readonly TrainingRow[], options: TrainingOptions): TrainedStudent {
  if (rows.length === 0) throw new RightsizeError('too_few_examples', 'there are 0 rows to learn from');
  const clock = phaseClock(phases);
  const tell = (share: number): void => options.onProgress?.(share);
  const vectors = vectorsOf(rows, options.encoder ?? null);
  const set = prepareTrainingSet(rows, { withMlp: isMlpTried(options, vectors), encoder: options.encoder ?? null });
  const folds = chooseFolds(set, options);
  clock.end('features');
  const plainWords = learnWords(set, folds, options.seed, () => clock.end('linear'));
  clock.end('folds');
  tell(0.3);
  const plainVectors = vectors === null ? null : learnVectors(set, vectors, folds, options.seed);
  tell(0.5);
  clock.end('vectors');
  const { chosen, words, withVectors } = weighRowsAnew(plainWords, plainVectors, { set, folds, options });
  tell(0.6);
  clock.end('weights');
  const mlp =
    isMlpTried(options, vectors) && set.labels.length > 1 ? learnMlp(set, folds, chosen.weights, options.seed) : null;
  clock.end('mlp');
  tell(0.9);
  const choice = chooseHeads(set, folds, { words, withVectors, mlp, isMlpWanted: options.head === 'mlp' });
  const contents = finish(set, choice, { words, withVectors, mlp, options });
  const strangers = strangerSignals(rows, contents, options.seed);
  const { model, scores } = calibrate(choice.judged, folds, strangers);
  const student = buildLabelStudent({ ...contents, manifest: { ...contents.manifest, score: model } });
  clock.end('calibration');
  tell(1);
  const likelyErrors = chosen.likelyErrors.map(({ row }) => row);
  const weighedDown = chosen.isWeighedDown ? likelyErrors : [];
  return {
    student,
    outOfFold: Array.from(choice.judged.given, (given, row) => ({
      label: set.labels[given] as string,
      score: scores[row] as number,
    })),
    likelyErrors,
    weighedDown,
    report: {
      head: choice.kinds.includes('mlp') ? 'mlp' : 'linear',
      heads: choice.judged.entries.map(({ kind, weight }) => ({ kind, weight })),
      heldOutAccuracy: choice.judged.accuracy,
      heldOutRisk: choice.risk,
      rowWeights: { likelyErrors: likelyErrors.length, weighedDown: weighedDown.length },
      classBalance: chosen.balance,
      features: set.columns - 1,
      bytes: student.toBytes().length,
      seconds: clock.seconds,
    },
  };
}

/** The rows' vectors; null unless every row has one of the encoder's size. */
function vectorsOf(rows: readonly TrainingRow[], encoder: EncoderNeed | null): readonly Float32Array[] | null {
  if (encoder === null) return null;
  const vectors = rows.flatMap(({ vector }) => (vector?.length === encoder.dimensions ? [vector] : []));
  return vectors.length === rows.length ? vectors : null;
}

/** Beside vectors the MLP adds little for ten times the time: there it must be asked for (docs/experiments.md). */
function isMlpTried({ head = 'best' }: TrainingOptions, vectors: readonly Float32Array[] | null): boolean {
  return head === 'mlp' || (head === 'best' && vectors === null);
}

function chooseFolds(set: TrainingSet, { folds, seed }: TrainingOptions): Folds {
  const rows = set.targets.length;
  const count = Math.max(2, Math.min(folds ?? (rows < 500 ? 10 : 5), rows));
  return { folds: count, foldOf: assignFolds(set.targets, count, seededRandom(seed)) };
}

/** The linear heads under the weights that help held-out rows most; the same heads where those are the set's own. */
function weighRowsAnew(
  words: LearnedLinear,
  withVectors: LearnedVectors | null,
  { set, folds, options }: { readonly set: TrainingSet; readonly folds: Folds; readonly options: TrainingOptions },
): { readonly chosen: ChosenWeights; readonly words: LearnedLinear; readonly withVectors: LearnedVectors | null } {
  const linear = withVectors === null ? [words] : [words, withVectors.linear];
  const others = withVectors === null ? [] : [withVectors.neighbours.logits];
  const chosen = chooseRowWeights({ linear, others }, set, folds, {
    seed: options.seed,
    isFixed: options.rowWeights === 'given',
  });
  const [ofWords = words.outOfFold, ofVectors] = chosen.weights?.outOfFold ?? [];
  return {
    chosen,
    words: { ...words, outOfFold: ofWords },
    withVectors:
      withVectors === null || ofVectors === undefined
        ? withVectors
        : { ...withVectors, linear: { ...withVectors.linear, outOfFold: ofVectors } },
  };
}

interface LearnedMlp {
  readonly problem: MlpProblem;
  readonly state: MlpState;
  readonly outOfFold: Float32Array;
}

/** Judged out of fold; the final fit waits until it has won. */
function learnMlp(set: TrainingSet, folds: Folds, weights: RowWeights | null, seed: number): LearnedMlp {
  const problem = { ...set, weights: weights?.whole ?? set.weights, classes: set.labels.length };
  const state = createMlpState(problem, set.workspace);
  const settings = mlpSettings(set.targets.length);
  const problemOf = (fold: number): MlpProblem => ({ ...problem, weights: weights?.inFold[fold] ?? set.weights });
  const outOfFold = mlpOutOfFold(set, problemOf, state, folds, { settings, random: seededRandom(seed) });
  return { problem, state, outOfFold };
}

interface Learned {
  readonly words: LearnedLinear;
  readonly withVectors: LearnedVectors | null;
  readonly mlp: LearnedMlp | null;
}

interface Choice {
  readonly kinds: readonly HeadKind[];
  readonly judged: Judged;
  readonly risk: TrainingReport['heldOutRisk'];
}

/** The heads that err least on held-out rows. */
function chooseHeads(
  set: TrainingSet,
  folds: Folds,
  { words, withVectors, mlp, isMlpWanted }: Learned & { readonly isMlpWanted: boolean },
): Choice {
  const familiarity = heldOutFamiliarity(set, folds.foldOf, folds.folds);
  const weigh = (heads: readonly HeldOutHead[], nearest: Float64Array | null): Weighed => {
    const heldOut: HeldOut = {
      ...folds,
      heads,
      width: set.width,
      classes: set.labels.length,
      targets: set.targets,
      rowWeights: set.rowWeights,
      support: set.support,
      familiarity: { ...familiarity, nearest },
    };
    const judged = judgeHeldOut(heldOut);
    return { heads, nearest, judged, riskArea: calibrate(judged, folds).riskArea };
  };
  const linear = weigh([{ kind: 'words', logits: words.outOfFold }], null);
  const encoder =
    withVectors === null ? null : weigh([...linear.heads, ...vectorHeads(withVectors)], withVectors.neighbours.nearest);
  const plain = encoder !== null && encoder.riskArea < encoderWorth * linear.riskArea ? encoder : linear;
  const withMlp = mlp === null ? null : weigh([...plain.heads, { kind: 'mlp', logits: mlp.outOfFold }], plain.nearest);
  const best = withMlp !== null && (isMlpWanted || withMlp.riskArea < plain.riskArea) ? withMlp : plain;
  return {
    kinds: best.heads.map(({ kind }) => kind),
    judged: best.judged,
    risk: { linear: linear.riskArea, mlp: withMlp?.riskArea ?? null, encoder: encoder?.riskArea ?? null },
  };
}

interface Weighed {
  readonly heads: readonly HeldOutHead[];
  readonly nearest: Float64Array | null;
  readonly judged: Judged;
  readonly riskArea: number;
}

function vectorHeads({ linear, neighbours }: LearnedVectors): readonly HeldOutHead[] {
  return [
    { kind: 'vector', logits: linear.outOfFold },
    { kind: 'neighbours', logits: neighbours.logits },
  ];
}

/** A score model's place is kept until strangers have been read. */
const noScore: Calibration['model'] = {
  intercept: 0,
  weights: [],
  means: [],
  deviations: [],
  lows: [],
  highs: [],
  strangeFrom: 1,
};

function finish(
  set: TrainingSet,
  { kinds, judged }: Choice,
  { words, withVectors, mlp, options }: Learned & { readonly options: TrainingOptions },
): StudentContents {
  const usesVectors = withVectors !== null && kinds.includes('vector');
  const { bytes, scales } = quantiseRows(words.state.weights.view, set.columns, set.width);
  const mlpContents = mlp !== null && kinds.includes('mlp') ? finishMlp(set, mlp, options.seed) : null;
  return {
    manifest: {
      format: 'rightsize-student',
      version: formatVersion,
      labels: set.labels,
      features: { count: set.columns - 1, unknownIdf: set.vocabulary.unknownIdf },
      encoder: usesVectors ? (options.encoder ?? null) : null,
      heads: judged.entries,
      hiddenUnits: mlpContents === null ? 0 : hiddenUnits,
      codeDimensions: usesVectors ? withVectors.remembered.contents.dimensions : 0,
      width: set.width,
      score: noScore,
      trained: { rows: set.targets.length, seed: options.seed, support: set.support, strength: wordsStrength },
    },
    hashes: set.vocabulary.hashes,
    idf: set.vocabulary.idf,
    scales,
    weights: bytes,
    bias: judged.bias,
    mlp: mlpContents,
    vector: usesVectors ? unframedWeights(withVectors.linear.view, withVectors.linear.state.weights.view) : null,
    neighbours: usesVectors ? withVectors.remembered.contents : null,
  };
}

function finishMlp(set: TrainingSet, { problem, state }: LearnedMlp, seed: number): MlpContents {
  const everyRow = Array.from(set.targets, (_, row) => row);
  fitMlp(problem, state, everyRow, mlpSettings(everyRow.length), {
    workspace: set.workspace,
    random: seededRandom(seed),
  });
  const { bytes, scales } = quantiseRows(state.first.view, set.columns, hiddenUnits);
  return { scales, first: bytes, second: state.second.view.slice() };
}

/** What the finished heads say to imagined strangers. */
function strangerSignals(rows: readonly TrainingRow[], contents: StudentContents, seed: number): Float64Array[] {
  const reader = openReader(contents, 'wasm');
  const strangers = imagineStrangers(rows, contents.manifest.encoder !== null, seededRandom(seed));
  return strangers.map(({ slots, vector }) => reader.read(slots, vector).judge.signals.slice());
}
