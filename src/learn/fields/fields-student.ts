import { type LabelStudent, readLabelStudent } from '../label-student.ts';
import type { EncoderNeed, Prediction, Student, StudentReading } from '../student-contract.ts';
import { readTagger } from '../tagger/tagger.ts';
import type { Tagger, Tagging } from '../tagger/tagger-contract.ts';
import { composeAnswer } from './compose-answer.ts';
import {
  type FieldsContents,
  type FieldsManifest,
  fieldsFileId,
  parseFieldsFile,
  writeFieldsFile,
} from './fields-file.ts';
import { type FieldsJudgement, fieldsScore } from './fields-score.ts';

/** A student whose answers have several fields: one head per label field, one tagger for all that is copied. */
export interface FieldsStudent extends Student {
  readonly manifest: FieldsManifest;
}

/** @throws RightsizeError `student_damaged` when the bytes were cut, altered, or written by a newer version. */
export function readFieldsStudent(bytes: Uint8Array, reading: StudentReading = {}): FieldsStudent {
  return openStudent(parseFieldsFile(bytes, reading), bytes.slice(), reading);
}

/** A student straight from its contents. */
export function buildFieldsStudent(contents: FieldsContents): FieldsStudent {
  return openStudent(contents, writeFieldsFile(contents), { isVerified: true });
}

function openStudent(
  { manifest, heads }: FieldsContents,
  bytes: Uint8Array,
  { kernels = 'wasm' }: StudentReading,
): FieldsStudent {
  const labelHeads = new Map<string, LabelStudent>();
  let tagger: Tagger | null = null;
  manifest.heads.forEach(({ path }, at) => {
    const file = heads[at] as Uint8Array;
    if (path === null) tagger = readTagger(file);
    else labelHeads.set(path, readLabelStudent(file, { kernels, isVerified: true }));
  });
  return {
    id: fieldsFileId(bytes),
    labels: [],
    encoder: manifest.encoder,
    manifest,
    predict: (slots, vector) => predict(manifest, { labelHeads, tagger }, slots, vector ?? null),
    toBytes: () => bytes.slice(),
  };
}

interface OpenHeads {
  readonly labelHeads: ReadonlyMap<string, LabelStudent>;
  readonly tagger: Tagger | null;
}

function predict(
  manifest: FieldsManifest,
  { labelHeads, tagger }: OpenHeads,
  slots: readonly string[],
  vector: Float32Array | null,
): Prediction {
  const guesses = [...labelHeads].map(([path, head]) => ({ path, ...head.predict(slots, vector) }));
  const labels = new Map(guesses.map(({ path, label }) => [path, label]));
  const tagging = tagger?.tag(guidedSlots(slots, manifest.guide, labels)) ?? null;
  const spans = tagging?.spans ?? [];
  const { answer, isDoubtful } = composeAnswer(manifest.plans, manifest.containers, { labels, spans }, slots);
  const judgement = judge(
    guesses.map(({ score }) => score),
    tagging,
    isDoubtful,
  );
  return {
    label: answer,
    score: fieldsScore(manifest.score, judgement),
    probability: judgement.probability,
    margin: judgement.margin,
    unseenShare: judgement.unseenShare,
  };
}

/** What the tagger reads: the input, and the guiding label behind it. */
export function guidedSlots(
  slots: readonly string[],
  guide: string | null,
  labels: ReadonlyMap<string, string>,
): readonly string[] {
  return guide === null ? slots : [...slots, labels.get(guide) ?? ''];
}

/** Puts the heads' doubts together. `scores`: one a label field. */
export function judge(scores: readonly number[], tagging: Tagging | null, isDoubtful: boolean): FieldsJudgement {
  const probabilities = tagging === null ? scores : [...scores, tagging.probability];
  return {
    probability: probabilities.reduce((product, probability) => product * probability, 1),
    weakest: Math.min(1, ...probabilities),
    margin: tagging?.margin ?? 1,
    spans: tagging?.spans.length ?? 0,
    // Label heads count what they have never seen in their own scores.
    unseenShare: tagging?.unseenShare ?? 0,
    isDoubtful,
  };
}

/** The encoder that any of the heads needs. */
export function encoderOf(heads: Iterable<LabelStudent>): EncoderNeed | null {
  for (const { encoder } of heads) if (encoder !== null) return encoder;
  return null;
}
