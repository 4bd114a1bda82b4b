import { Tokenizer } from '@huggingface/tokenizers';

/** Longer texts are cut before they are split into tokens; far more than any limit of tokens needs. */
const mostCharacters = 8_000;

/** Reads texts as the token ids of one model. */
export interface TokenReader {
  /** At most `limit` ids, the special ones at both ends included. Never fails: broken Unicode is read as its replacement. */
  read(text: string, limit: number): readonly number[];
  /** What fills up the shorter texts of a batch. */
  readonly padId: number;
}

/** @throws whatever the library says of a file that it cannot read. */
export function openTokenReader(tokenizerJson: string): TokenReader {
  const description = JSON.parse(tokenizerJson) as { readonly padding?: { readonly pad_id?: number } | null };
  const tokenizer = new Tokenizer(description, {});
  const tail = specialTail(tokenizer);
  return {
    padId: description.padding?.pad_id ?? 0,
    read(text, limit) {
      // Half a surrogate pair, of the cut or of the text, becomes the replacement character on the way through UTF-8.
      const ids: readonly number[] = tokenizer.encode(Buffer.from(text.slice(0, mostCharacters)).toString()).ids;
      return ids.length <= limit ? ids : [...ids.slice(0, limit - tail), ...ids.slice(ids.length - tail)];
    },
  };
}

/** How many special tokens close a text: what a probe has behind its own. */
function specialTail(tokenizer: Tokenizer): number {
  const bare: readonly number[] = tokenizer.encode('a', { add_special_tokens: false }).ids;
  const whole: readonly number[] = tokenizer.encode('a').ids;
  const start = whole.findIndex((_, at) => bare.every((id, i) => whole[at + i] === id));
  return start < 0 ? 0 : whole.length - start - bare.length;
}
