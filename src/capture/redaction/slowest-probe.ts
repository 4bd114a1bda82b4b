/** What a pattern took longer on than it may. */
export interface SlowProbe {
  readonly ms: number;
  readonly length: number;
  readonly beginning: string;
}

const longestProbe = 120_000;
/** One character more each time at first: a pattern that doubles its time with each is caught within a moment. */
const oneByOneUpTo = 64;
const slowlyUpTo = 1_500;

/**
 * Runs a pattern over texts that are made to be slow for it: what leads up to a piece of it, that piece (or a few of
 * them in a row) again and again, and an end that cannot match. Null where none of them takes longer than `limitMs`.
 * Probes grow step by step, so a bad pattern is stopped early; a clever one may still pass.
 */
export function slowestProbe(pattern: RegExp, limitMs: number): SlowProbe | null {
  for (const { lead, unit } of attacksOn(pattern.source)) {
    for (let length = 8; length <= longestProbe; length = longerThan(length)) {
      const text = `${lead}${unit.repeat(Math.ceil(length / unit.length)).slice(0, length)}\u0000`;
      const first = timeOf(pattern, text);
      if (first <= limitMs) continue;
      // The machine may have been busy: what is a little slow must be so twice.
      const ms = first > 3 * limitMs ? first : timeOf(pattern, text);
      if (ms > limitMs) return { ms, length: text.length, beginning: text.slice(0, 12) };
    }
  }
  return null;
}

function longerThan(length: number): number {
  if (length < oneByOneUpTo) return length + 1;
  return length < slowlyUpTo ? Math.ceil(length * 1.1) : length * 2;
}

function timeOf(pattern: RegExp, text: string): number {
  const started = performance.now();
  const before = process.cpuUsage();
  for (const match of text.matchAll(pattern)) if (match[0] === '') break;
  // Time of the processor, where others use it too.
  return Math.min(performance.now() - started, process.cpuUsage(before).user / 1_000);
}

/** From every place in the pattern: what stands before it, and the next one to three pieces as the unit of repetition. */
function attacksOn(source: string): readonly { readonly lead: string; readonly unit: string }[] {
  const pieces = piecesOf(source);
  const attacks = pieces.flatMap((_, place) => {
    const lead = pieces.slice(0, place).join('');
    return [1, 2, 3].map((count) => ({
      lead,
      unit: pieces.slice(place, place + count).join(''),
    }));
  });
  const whole = pieces.join('');
  const plain = ['a', '0', ' ', 'a ', '0-', whole].map((unit) => ({ lead: '', unit }));
  const distinct = new Map(
    [...attacks, ...plain].filter(({ unit }) => unit !== '').map((each) => [JSON.stringify(each), each]),
  );
  return [...distinct.values()].slice(0, mostAttacks);
}

const mostAttacks = 300;

/** The pattern as a row of pieces that match: groups are opened, of alternatives all stand in the row. */
function piecesOf(source: string): readonly string[] {
  const pieces: string[] = [];
  const token =
    /\(\?(?:[:=!]|<[=!]|<\w+>)|\[(?:\\.|[^\]\\])*\]|\\u\{[0-9a-fA-F]+\}|\\[pP]\{[^}]*\}|\\k<\w+>|\\u[0-9a-fA-F]{4}|\\x[0-9a-fA-F]{2}|\\.|\{\d+(?:,\d*)?\}|[\s\S]/gu;
  for (const [piece] of source.matchAll(token)) {
    const repeat = /^\{(\d+)/.exec(piece)?.[1];
    const last = pieces.at(-1);
    if (repeat !== undefined && last !== undefined)
      pieces[pieces.length - 1] = last.repeat(Math.max(1, Math.min(200, Number(repeat))));
    else {
      const text = exampleOf(piece);
      if (text !== '') pieces.push(text);
    }
  }
  return pieces;
}

/** A character that a piece matches; nothing for what matches no character. */
function exampleOf(piece: string): string {
  if (piece.length > 1 && (piece.startsWith('(') || piece.startsWith('{') || piece.startsWith('\\k'))) return '';
  if ('()*+?|^$'.includes(piece)) return '';
  if (piece === '.') return 'a';
  if (piece === '\\b' || piece === '\\B') return '';
  if (!piece.startsWith('[') && !piece.startsWith('\\')) return piece;
  const matcher = new RegExp(`^${piece}$`, 'u');
  return candidates.find((candidate) => matcher.test(candidate)) ?? '';
}

const candidates = [
  ...'aA0 -_.@:/,+=\n\t',
  ...Array.from({ length: 0x250 }, (_, code) => String.fromCharCode(code)),
  '€',
  '字',
  '😀',
];
