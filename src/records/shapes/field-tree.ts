import type { ShapeField } from './shape-field.ts';

/** The fields of a shape as the tree that its answers are. */
export interface FieldTree {
  /** What stands here; null where more fields stand below. */
  readonly field: ShapeField | null;
  /** In the order they are written. */
  readonly children: ReadonlyMap<string, FieldTree>;
}

const trees = new WeakMap<readonly ShapeField[], FieldTree>();

export function treeOf(fields: readonly ShapeField[]): FieldTree {
  const known = trees.get(fields);
  if (known !== undefined) return known;
  const tree = plant(fields, 0);
  trees.set(fields, tree);
  return tree;
}

function plant(fields: readonly ShapeField[], depth: number): FieldTree {
  const here = fields.find((field) => field.path.length === depth);
  const below = new Map<string, ShapeField[]>();
  for (const field of fields) {
    const key = field.path[depth];
    if (key === undefined) continue;
    const same = below.get(key);
    if (same === undefined) below.set(key, [field]);
    else same.push(field);
  }
  return {
    field: here ?? null,
    children: new Map([...below].map(([key, inside]) => [key, plant(inside, depth + 1)])),
  };
}
