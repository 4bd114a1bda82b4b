/** The label field of one row, and the tags of its copied places. */
export interface GuidedRow {
  readonly labels: ReadonlyMap<string, string>;
  readonly tags: ReadonlySet<string>;
}

const leastTelling = 0.15;

/**
 * The label field that tells most about which tags occur (a tool tells its arguments): share of the tags' entropy that
 * it takes away, summed over the tags. Null where none takes away much.
 */
export function chooseGuide(paths: readonly string[], rows: readonly GuidedRow[]): string | null {
  const tags = new Set(rows.flatMap((row) => [...row.tags]));
  let best: string | null = null;
  let most = leastTelling;
  for (const path of paths) {
    const groups = new Map<string, GuidedRow[]>();
    for (const row of rows) {
      const label = row.labels.get(path) ?? '';
      const group = groups.get(label);
      if (group === undefined) groups.set(label, [row]);
      else group.push(row);
    }
    const telling = toldShare(tags, rows, [...groups.values()]);
    if (telling > most) [best, most] = [path, telling];
  }
  return best;
}

function toldShare(tags: ReadonlySet<string>, rows: readonly GuidedRow[], groups: readonly GuidedRow[][]): number {
  let before = 0;
  let after = 0;
  for (const tag of tags) {
    before += entropyOf(tag, rows);
    for (const group of groups) after += (group.length / rows.length) * entropyOf(tag, group);
  }
  return before === 0 ? 0 : 1 - after / before;
}

/** Of "the tag occurs in the row", in nats. */
function entropyOf(tag: string, rows: readonly GuidedRow[]): number {
  const share = rows.filter((row) => row.tags.has(tag)).length / rows.length;
  return share <= 0 || share >= 1 ? 0 : -(share * Math.log(share) + (1 - share) * Math.log(1 - share));
}
