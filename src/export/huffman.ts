/** Longest code, in bits: one look into a table of 4,096 entries decodes a symbol. */
export const longestCode = 12;

/** Code lengths of a Huffman code over bytes, none longer than `longestCode`; 0 for bytes that do not occur. */
export function codeLengths(bytes: Uint8Array): Uint8Array {
  const counts = new Float64Array(256);
  for (const byte of bytes) counts[byte] = (counts[byte] as number) + 1;
  for (;;) {
    const lengths = treeDepths(counts);
    if (Math.max(...lengths) <= longestCode) return lengths;
    // Flatter counts give a flatter tree: a little longer on average, and never too deep in the end.
    counts.forEach((count, byte) => {
      counts[byte] = Math.ceil(count / 4);
    });
  }
}

interface Node {
  readonly count: number;
  readonly bytes: readonly number[];
}

function treeDepths(counts: Float64Array): Uint8Array {
  const depths = new Uint8Array(256);
  let nodes: Node[] = [...counts].flatMap((count, byte) => (count > 0 ? [{ count, bytes: [byte] }] : []));
  if (nodes.length === 1) depths[nodes[0]?.bytes[0] as number] = 1;
  while (nodes.length > 1) {
    nodes.sort((a, b) => a.count - b.count);
    const [a, b, ...rest] = nodes as [Node, Node, ...Node[]];
    const joined = { count: a.count + b.count, bytes: [...a.bytes, ...b.bytes] };
    for (const byte of joined.bytes) depths[byte] = (depths[byte] as number) + 1;
    nodes = [...rest, joined];
  }
  return depths;
}

/** Canonical codes: shorter ones first, then by byte. */
export function canonicalCodes(lengths: Uint8Array): Uint16Array {
  const codes = new Uint16Array(256);
  let code = 0;
  for (let length = 1; length <= longestCode; length++, code <<= 1)
    for (let byte = 0; byte < 256; byte++) if (lengths[byte] === length) codes[byte] = code++;
  return codes;
}

/** For each next `longestCode` bits of a stream: the byte they begin with, times 16, plus the length of its code. */
export function decodingTable(lengths: Uint8Array, table: Uint16Array): void {
  const codes = canonicalCodes(lengths);
  for (let byte = 0; byte < 256; byte++) {
    const length = lengths[byte] as number;
    if (length === 0) continue;
    const spare = longestCode - length;
    const from = (codes[byte] as number) << spare;
    table.fill(byte * 16 + length, from, from + (1 << spare));
  }
}
