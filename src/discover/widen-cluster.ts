import { countConstantWords, templateOf } from './build-template.ts';
import { type FoundCluster, gatherCluster } from './found-cluster.ts';
import { generalise } from './generalise.ts';
import type { KnownTemplate } from './known-template.ts';
import { compileTemplate } from './match-template.ts';
import type { PromptBucket } from './prompt-bucket.ts';
import { presenceDuring } from './succession.ts';

export interface Widened {
  readonly cluster: FoundCluster;
  /** Known templates that the cluster's covers and makes needless. */
  readonly replaced: readonly KnownTemplate[];
  /** What is replaced held by accident a few words of the inputs for constant: the prompt has not changed, nor has its version. */
  readonly isSamePrompt: boolean;
}

/** Words that a small sample may share by accident. A template that has more of its own is another prompt. */
const mostAccidentalWords = 8;
/** A template that still shows this share of the calls to be expected is in use. */
const inUse = 0.25;

/** A cluster that a known template is a special case of, or that differs from known ones in short values only, covers them too. */
export function widenCluster(cluster: FoundCluster, bucket: PromptBucket): Widened {
  const special = bucket.templates.filter((known) => isSpecialCase(known, cluster));
  const [replaced] = special;
  if (replaced !== undefined) {
    const { expected, seen } = presenceDuring(replaced.lifespan(), { times: cluster.calls.map(({ call }) => call.at) });
    const isSamePrompt =
      special.length === 1 &&
      replaced.template.slots === cluster.template.slots &&
      seen > inUse * expected &&
      seen >= 3;
    return { cluster, replaced: special, isSamePrompt };
  }
  return asVariant(cluster, bucket) ?? { cluster, replaced: [], isSamePrompt: false };
}

function isSpecialCase(known: KnownTemplate, { template }: FoundCluster): boolean {
  const matcher = compileTemplate(template);
  return (
    known.constantLength >= matcher.constantLength &&
    countConstantWords(known.template) <= countConstantWords(template) + mostAccidentalWords &&
    known.samples.length > 0 &&
    known.samples.every((call) => matcher.split(call.prompt.texts) !== null)
  );
}

function asVariant(cluster: FoundCluster, bucket: PromptBucket): Widened | null {
  const prompt = cluster.calls[0]?.call.prompt;
  if (prompt === undefined) return null;
  for (const variants of variantsIn(bucket.templates)) {
    const messages = generalise([...variants.map((known) => known.template), cluster.template]);
    const wide = messages === null ? null : gatherCluster(templateOf(prompt, messages), bucket.kept);
    if (wide !== null && wide.calls.length >= cluster.calls.length)
      return { cluster: wide, replaced: variants, isSamePrompt: false };
  }
  return null;
}

/** Templates of one task, which may differ in short values only: all of them, then each. */
function variantsIn(templates: readonly KnownTemplate[]): readonly (readonly KnownTemplate[])[] {
  const byTask = new Map<string, KnownTemplate[]>();
  for (const known of templates) byTask.set(known.task, [...(byTask.get(known.task) ?? []), known]);
  return [...byTask.values()].flatMap((variants) =>
    variants.length > 1 ? [variants, ...variants.map((known) => [known])] : [variants],
  );
}
