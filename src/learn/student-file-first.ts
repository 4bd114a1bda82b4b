import type { ArrayEntry, StudentManifest } from './student-contents.ts';

/** The manifest of format version 1, which knew n-grams only. Students written then are still read. */
export interface FirstManifest extends Omit<StudentManifest, 'encoder' | 'heads' | 'codeDimensions'> {
  readonly version: 1;
  readonly head: 'linear' | 'mlp';
  /** Of the sum of its heads. */
  readonly temperature: number;
}

export function upgradeManifest({ head, temperature, ...rest }: FirstManifest): StudentManifest {
  const kinds = head === 'mlp' ? (['words', 'mlp'] as const) : (['words'] as const);
  return {
    ...rest,
    encoder: null,
    heads: kinds.map((kind) => ({ kind, weight: 1 / temperature, temperature: 1 })),
    codeDimensions: 0,
  };
}

/** The arrays that stood behind it, in their order. */
export function firstArrays({ features, width, hiddenUnits, head }: FirstManifest): readonly ArrayEntry[] {
  const columns = features.count + 1;
  const isMlp = head === 'mlp';
  return [
    { name: 'hashes', type: 'int32', length: features.count },
    { name: 'idf', type: 'float32', length: features.count },
    { name: 'scales', type: 'float32', length: columns },
    ...(isMlp
      ? ([
          { name: 'mlpScales', type: 'float32', length: columns },
          { name: 'mlpSecond', type: 'float32', length: (hiddenUnits + 1) * width },
        ] as const)
      : []),
    { name: 'weights', type: 'int8', length: columns * width },
    ...(isMlp ? ([{ name: 'mlpFirst', type: 'int8', length: columns * hiddenUnits }] as const) : []),
  ];
}
