import type { CheckNumber } from '../../conformance/check.ts';
import type { LineResult } from '../../conformance/suite.ts';
import type { PeerName } from './peers.ts';

export type GatewayName = PeerName | 'rightsize';

/** How long a line took says nothing beside other work. */
export type ComparedLine = Omit<LineResult, 'seconds'>;

/** The suite's lines of each gateway, as they came out of it. */
export interface Comparison {
  readonly gateways: readonly GatewayResult[];
}

export interface GatewayResult {
  readonly name: GatewayName;
  readonly version: string;
  readonly date: string;
  readonly machine: { readonly cpu: string; readonly cores: number; readonly node: string };
  readonly lines: readonly ComparedLine[];
}

/** What somebody saw who looked at a failure of a peer by hand. */
export interface Finding {
  /** `differs`: another sensible way, or a demand of ours alone. `not compared`: this run cannot tell. */
  readonly verdict: 'fail' | 'differs' | 'not compared';
  readonly evidence: string;
}

/** By peer and version: another version has to be looked at again. */
export type Findings = Readonly<Record<string, Readonly<Partial<Record<CheckNumber, Finding>>>>>;

type Cell = 'pass' | 'in part' | 'fail' | 'differs' | 'not compared' | 'not checked' | '–' | 'later';

const titles: Readonly<Record<GatewayName, string>> = {
  rightsize: 'Rightsize',
  portkey: 'Portkey',
  litellm: 'LiteLLM',
};
const order: readonly GatewayName[] = ['rightsize', 'portkey', 'litellm'];
const [begin, end] = ['<!-- generated: npm run bench:comparison -->', '<!-- end of generated -->'];

/** Puts the text between the page's markers; throws where it has none. */
export function withGenerated(page: string, text: string): string {
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`the page has no lines ${begin} and ${end}`);
  return `${page.slice(0, from + begin.length)}\n\n${text}\n\n${page.slice(to)}`;
}

/** When and where, counts, one row a line, and what was seen of each failure. */
export function describeComparison({ gateways }: Comparison, findings: Findings): string {
  const shown = order.flatMap((name) => gateways.find((gateway) => gateway.name === name) ?? []);
  const cells = (gateway: GatewayResult) => gateway.lines.map((line) => cellOf(gateway, line, findings));
  return [
    ...shown.map(
      ({ name, version, date, machine }) =>
        `- ${titles[name]} ${version}: ${date}, Node ${machine.node.slice(1)}, ${machine.cores} cores (${machine.cpu})`,
    ),
    '',
    table(['', ...shown.map(({ name }) => titles[name])], countRows(shown.map(cells))),
    '',
    table(['Line', 'Rule', ...shown.map(({ name }) => titles[name])], lineRows(shown, findings)),
    ...shown.flatMap((gateway) => describeFailures(gateway, findings)),
  ].join('\n');
}

/** A failure of a peer counts as one only where it was looked at by hand, on this version. */
export function cellOf(gateway: Pick<GatewayResult, 'name' | 'version'>, line: ComparedLine, findings: Findings): Cell {
  if (line.verdict === 'later') return gateway.name === 'rightsize' ? 'later' : '–';
  if (line.verdict === 'skip') return '–';
  if (line.verdict === 'pass') return line.reason === '' ? 'pass' : 'in part';
  if (gateway.name === 'rightsize') return 'fail';
  return findingOf(gateway, line, findings)?.verdict ?? 'not checked';
}

function findingOf(
  { name, version }: Pick<GatewayResult, 'name' | 'version'>,
  { number }: ComparedLine,
  all: Findings,
) {
  return all[`${name} ${version}`]?.[number];
}

function countRows(columns: readonly (readonly Cell[])[]): readonly (readonly string[])[] {
  const kinds: readonly Cell[] = ['pass', 'in part', 'fail', 'differs', 'not compared', 'not checked', '–', 'later'];
  return kinds
    .map((kind) => [kind, ...columns.map((cells) => String(cells.filter((cell) => cell === kind).length))])
    .filter(([, ...counts]) => counts.some((count) => count !== '0'));
}

function lineRows(shown: readonly GatewayResult[], findings: Findings): readonly (readonly string[])[] {
  return (shown[0]?.lines ?? []).map(({ number, title }) => [
    number,
    title,
    ...shown.map((gateway) => {
      const line = gateway.lines.find((each) => each.number === number);
      return line === undefined ? '–' : cellOf(gateway, line, findings);
    }),
  ]);
}

function describeFailures(gateway: GatewayResult, findings: Findings): readonly string[] {
  const failed = gateway.lines.filter(({ verdict }) => verdict === 'fail');
  if (failed.length === 0) return [];
  const isOurs = gateway.name === 'rightsize';
  const title = `${titles[gateway.name]} ${gateway.version}, ${isOurs ? 'as the suite says' : 'looked at by hand'}`;
  const told = failed.flatMap((line) => {
    const seen = isOurs ? ({ verdict: 'fail', evidence: line.reason } as const) : findingOf(gateway, line, findings);
    return seen === undefined ? [] : [`- **${line.number}**, ${seen.verdict}: ${seen.evidence}`];
  });
  return ['', `### ${title}`, '', ...told];
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [row(head), row(head.map(() => '---')), ...rows.map(row)].join('\n');
}
