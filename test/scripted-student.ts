import type { Prediction, Student } from '../src/learn/student.ts';

/** A student whose every word a test has written; its score is taken as it is, even NaN. */
export function scriptedStudent(
  says: (text: string) => { readonly label: string; readonly score: number },
  id = 'scripted',
): Student {
  return {
    id,
    labels: [],
    encoder: null,
    predict: (slots): Prediction => ({ ...says(slots.join(' ')), probability: 1, margin: 1, unseenShare: 0 }),
    toBytes: () => new Uint8Array(),
  };
}
