import type { Band } from '../learn/band.ts';

/** Lines with their columns aligned: the first to the left, figures to the right. The first row is the heading. */
export function drawTable(rows: readonly (readonly string[])[]): readonly string[] {
  const columns = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...rows.map((row) => widthOf(row[column] ?? ''))),
  );
  const isFigures = widths.map((_, column) =>
    rows.slice(1).every((row) => /^([^\p{L}]*|unknown)$/u.test(row[column] ?? '')),
  );
  return rows.map((row) =>
    widths
      .map((width, column) => {
        const cell = row[column] ?? '';
        const blank = ' '.repeat(width - widthOf(cell));
        return isFigures[column] ? blank + cell : cell + blank;
      })
      .join('  ')
      .trimEnd(),
  );
}

/** Code points, which is close enough in a terminal for the names and labels shown here. */
function widthOf(text: string): number {
  return [...text].length;
}

/** "83.1%"; "–" where nothing is known. */
export function percent(share: number | null | undefined, digits = 1): string {
  return share === null || share === undefined ? '–' : `${(share * 100).toFixed(digits)}%`;
}

/** "83.1% (81.7 to 84.4)"; "–" where nothing was measured. */
export function measured(
  share: { readonly share: number; readonly low: number; readonly high: number } | null,
): string {
  if (share === null) return '–';
  return `${percent(share.share)} (${(share.low * 100).toFixed(1)} to ${(share.high * 100).toFixed(1)})`;
}

/** "93% (90 to 95)", in whole points. */
export function inBand({ share, low, high }: Band): string {
  const points = (part: number): string => (part >= 0.995 && part < 1 ? '>99' : (100 * part).toFixed(0));
  return `${points(share)}% (${points(low)} to ${points(high)})`;
}

/** "$12.34", with more digits for small sums; "unknown" for null. */
export function dollars(usd: number | null): string {
  if (usd === null) return 'unknown';
  return `$${usd >= 100 ? usd.toFixed(0) : usd >= 1 || usd === 0 ? usd.toFixed(2) : usd.toPrecision(2)}`;
}

/** A text on one line, cut to so many characters. */
export function excerpt(text: string, length: number): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return [...line].length <= length ? line : `${[...line].slice(0, length - 1).join('')}…`;
}
