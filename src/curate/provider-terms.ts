import { providerTermsTable } from './provider-terms-table.ts';

export type TermsStance =
  /** Training on answers is named among what is permitted. */
  | 'permits'
  /** Nothing that forbids it was found. */
  | 'no-ban-found'
  /** Permitted, with something to do or to name. */
  | 'conditions'
  /** Not for models, or products, that compete with the provider's. */
  | 'no-competitors'
  /** The provider hosts others' models: their terms decide. */
  | 'of-the-model';

/** A dated notice of what one provider's terms, or one licence of weights, say about training on answers. Information, no legal advice. */
export interface ProviderTerms {
  readonly id: string;
  readonly name: string;
  readonly stance: TermsStance;
  /** In half a line. */
  readonly short: string;
  readonly says: string;
  readonly source: {
    readonly title: string;
    readonly url: string;
    /** The date that the text bears (YYYY-MM-DD, or less); null where it bears none or it is not known. */
    readonly dated: string | null;
  };
  /** `text`: a copy of the page was read. `quotations`: others' quotations of it. */
  readonly basis: 'text' | 'quotations' | 'general-knowledge';
  /** YYYY-MM: until when what is said was known to hold. */
  readonly asOf: string;
  /** YYYY-MM-DD: when the text itself was read; null where it was not. */
  readonly checked: string | null;
  /** Ends of the host names that belong to it. */
  readonly hosts: readonly string[];
  /** Its models' names, in lower case; null where it only hosts others'. */
  readonly models: RegExp | null;
}

/** A notice as it is shown and kept: without what finds it. */
export type TermsNotice = Omit<ProviderTerms, 'hosts' | 'models'>;

export function noticeOf({ hosts: _hosts, models: _models, ...notice }: ProviderTerms): TermsNotice {
  return notice;
}

export interface Teacher {
  /** As requests name it. */
  readonly model: string;
  /** Host, or base URL, of the upstream; null where nobody knows (an imported log). */
  readonly upstream: string | null;
}

/**
 * The terms that bear on a teacher's answers: those of the service that answered and, where it hosts others' models or
 * is not known, those that the model's name points to. Empty where neither says anything.
 */
export function findTerms(
  { model, upstream }: Teacher,
  table: readonly ProviderTerms[] = providerTermsTable,
): readonly ProviderTerms[] {
  const host = upstream === null ? null : hostOf(upstream);
  const service = table.find(({ hosts }) => host !== null && hosts.some((end) => isHostOf(host, end)));
  if (service !== undefined && service.stance !== 'of-the-model') return [service];
  const name = model.toLowerCase();
  const ofModel = table.find(({ models }) => models?.test(name));
  return [...new Set([service, ofModel])].filter((terms) => terms !== undefined);
}

/** How sure the notice is, in words: "read on 2026-11-25", "from quotations, as of 2026-11". */
export function basisInWords({ basis, asOf, checked }: TermsNotice): string {
  if (checked !== null) return `read on ${checked}`;
  return basis === 'quotations' ? `from quotations, as of ${asOf}` : `from general knowledge, as of ${asOf}`;
}

/** The host of a URL; a bare host, with or without a port, is one too. */
export function hostOf(upstream: string): string {
  try {
    return new URL(upstream.includes('://') ? upstream : `http://${upstream}`).hostname;
  } catch {
    return upstream;
  }
}

function isHostOf(host: string, end: string): boolean {
  return host === end || host.endsWith(`.${end}`);
}
