import { type LabelSetHead, readLabelSetHead } from '../label-set/label-set-head.ts';
import { type LabelStudent, readLabelStudent } from '../label-student.ts';
import type { Prediction, Student, StudentReading } from '../student-contract.ts';
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
  return openStudent(contents, writeFieldsFile(contents), {});
}

function openStudent(contents: FieldsContents, bytes: Uint8Array, reading: StudentReading): FieldsStudent {
  const { manifest } = contents;
  // The heads' bytes were checked with the whole file's.
  const heads = openHeads(contents, { ...reading, isVerified: true });
  return {
    id: fieldsFileId(bytes),
    labels: [],
    encoder: manifest.encoder,
    manifest,
    predict: (slots, vector) => predict(manifest, heads, slots, vector ?? null),
    toBytes: () => bytes.slice(),
  };
}

interface OpenHeads {
  readonly labels: readonly { readonly path: string; readonly head: LabelStudent }[];
  readonly sets: readonly { readonly path: string; readonly head: LabelSetHead }[];
  readonly tagger: Tagger | null;
}

function openHeads({ manifest, heads }: FieldsContents, reading: StudentReading): OpenHeads {
  const files = manifest.heads.map((head, at) => ({ ...head, file: heads[at] as Uint8Array }));
  const tagger = files.find(({ kind }) => kind === 'tagger');
  return {
    labels: files.flatMap((one) =>
      one.kind === 'label' ? [{ path: one.path, head: readLabelStudent(one.file, reading) }] : [],
    ),
    sets: files.flatMap((one) =>
      one.kind === 'label-set' ? [{ path: one.path, head: readLabelSetHead(one.file, reading) }] : [],
    ),
    tagger: tagger === undefined ? null : readTagger(tagger.file, reading),
  };
}

function predict(
  manifest: FieldsManifest,
  heads: OpenHeads,
  slots: readonly string[],
  vector: Float32Array | null,
): Prediction {
  const labels = heads.labels.map(({ path, head }) => ({ path, ...head.predict(slots, vector) }));
  const sets = heads.sets.map(({ path, head }) => ({ path, head, ...head.predict(slots, vector) }));
  const labelOf = new Map(labels.map(({ path, label }) => [path, label]));
  const tagging = heads.tagger?.tag(guidedSlots(slots, manifest.guide, labelOf)) ?? null;
  const says = {
    labels: labelOf,
    sets: new Map(sets.map(({ path, head, members }) => [path, members.map((at) => head.labels[at] as string)])),
    spans: tagging?.spans ?? [],
  };
  const { answer, isDoubtful } = composeAnswer(manifest.plans, manifest.containers, says, slots);
  const judgement = judge({
    probabilities: [...labels.map(({ score }) => score), ...sets.map(({ probability }) => probability)],
    margins: sets.map(({ margin }) => margin),
    unseenShares: sets.map(({ unseenShare }) => unseenShare),
    tagging,
    isDoubtful,
  });
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

/** What is known of one answer, head by head. */
export interface HeadsDoubt {
  /** A label field's score, a label set's probability. */
  readonly probabilities: readonly number[];
  readonly margins: readonly number[];
  /** Label heads count what they have never seen in their own scores. */
  readonly unseenShares: readonly number[];
  readonly tagging: Tagging | null;
  readonly isDoubtful: boolean;
}

/** Puts the heads' doubts together. */
export function judge({ probabilities, margins, unseenShares, tagging, isDoubtful }: HeadsDoubt): FieldsJudgement {
  const all = tagging === null ? probabilities : [...probabilities, tagging.probability];
  return {
    probability: all.reduce((product, probability) => product * probability, 1),
    weakest: Math.min(1, ...all),
    margin: Math.min(1, ...margins, ...(tagging === null ? [] : [tagging.margin])),
    spans: tagging?.spans.length ?? 0,
    unseenShare: Math.max(0, ...unseenShares, ...(tagging === null ? [] : [tagging.unseenShare])),
    isDoubtful,
  };
}
