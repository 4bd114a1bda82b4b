import type { termsOfLineage } from '../curate/lineage.ts';
import { basisInWords } from '../curate/provider-terms.ts';

type Terms = ReturnType<typeof termsOfLineage>;

/** One line a provider: what its terms say about training on its answers. */
export function describeTerms({ notices, unknownTeachers }: Terms): readonly string[] {
  return [
    ...notices.map((notice) => `Terms of ${notice.name}: ${notice.short} (${basisInWords(notice)}; no legal advice).`),
    ...unknownTeachers.map((model) => `Terms: nothing is known of who answers as \`${model}\`; read its provider's.`),
  ];
}

/** The same at length, with the source of each. */
export function explainTerms({ notices, unknownTeachers }: Terms): readonly string[] {
  const explained = notices.flatMap((notice) => {
    const { title, url, dated } = notice.source;
    const of = dated === null ? 'undated' : `of ${dated}`;
    return [`  ${notice.name}: ${notice.says}`, `    ${title} (${of}), ${url}; ${basisInWords(notice)}`];
  });
  return [
    ...explained,
    ...unknownTeachers.map((model) => `  ${model}: nothing is known of who answers under this name.`),
    '  Information about terms that change without notice; no legal advice, and nothing is blocked by it.',
  ];
}
