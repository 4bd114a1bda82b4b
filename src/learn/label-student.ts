import { inputReader } from './input-reader.ts';
import { Judge } from './judge.ts';
import { openHeads } from './open-heads.ts';
import { scoreOf } from './score-model.ts';
import type { StudentContents, StudentManifest } from './student-contents.ts';
import type { Prediction, Student, StudentReading } from './student-contract.ts';
import { parseStudentFile, studentFileId, writeStudentFile } from './student-file.ts';
import type { KernelKind } from './workspace.ts';

/** A student whose answer is one label of a closed set. */
export interface LabelStudent extends Student {
  readonly labels: readonly string[];
  readonly manifest: StudentManifest;
}

/** @throws RightsizeError `student_damaged` when the bytes were cut, altered, or written by a newer version. */
export function readLabelStudent(
  bytes: Uint8Array,
  { kernels = 'wasm', isVerified = false }: StudentReading = {},
): LabelStudent {
  return openStudent(parseStudentFile(bytes, { isVerified }), bytes.slice(), kernels);
}

/** A student straight from its contents. */
export function buildLabelStudent(contents: StudentContents): LabelStudent {
  return openStudent(contents, writeStudentFile(contents), 'wasm');
}

/** What is said without the vector that a student was trained with: no threshold lets it through. */
const leastScore = 1e-9;

function openStudent(contents: StudentContents, bytes: Uint8Array, kind: KernelKind): LabelStudent {
  const { manifest } = contents;
  const { labels, encoder } = manifest;
  const reader = openReader(contents, kind);

  return {
    id: studentFileId(bytes),
    labels,
    encoder,
    manifest,
    predict(slots, vector = null): Prediction {
      const isBlind = encoder !== null && vector?.length !== encoder.dimensions;
      const { judge, unseenShare } = reader.read(slots, isBlind || encoder === null ? null : vector);
      const { best, second, probabilities } = judge;
      const probability = probabilities[best] as number;
      return {
        label: labels[best] as string,
        score: isBlind ? leastScore : scoreOf(manifest.score, judge.signals),
        probability,
        margin: probability - (second < 0 ? 0 : (probabilities[second] as number)),
        unseenShare,
      };
    },
    toBytes: () => bytes.slice(),
  };
}

/** Reads inputs with a student's heads. What it returns is overwritten by the next input. */
export interface StudentReader {
  read(slots: readonly string[], vector: Float32Array | null): { readonly judge: Judge; readonly unseenShare: number };
}

/** Everything of a student but its score. */
export function openReader(contents: StudentContents, kind: KernelKind): StudentReader {
  const { manifest } = contents;
  const heads = openHeads(contents, kind);
  const reader = inputReader(
    { hashes: contents.hashes, idf: contents.idf, unknownIdf: manifest.features.unknownIdf },
    heads.indices,
    heads.values,
  );
  const judge = new Judge({ heads: manifest.heads, bias: contents.bias, support: manifest.trained.support });
  return {
    read(slots, vector) {
      const { count, unseenShare } = reader.read(slots);
      const nearest = heads.run(count, vector);
      judge.judge(heads.logits, 0, { unseenShare, ngrams: count - 1, nearest });
      return { judge, unseenShare };
    },
  };
}
