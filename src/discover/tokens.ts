/** Splits a text without loss: words, single white-space characters, single marks. `tokens.join('')` is the text again. */
export function tokenise(text: string): readonly string[] {
  return text.match(tokenPattern) ?? [];
}

// Scripts that write without spaces count a character as a word. A reference, date or path ("A-17", "2026-10-22", "Sci/Tech")
// is one word, so that no constant ends inside it.
const tokenPattern =
  /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}]|(?:(?![\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}])[\p{L}\p{N}\p{M}_])+(?:[-./'’@&+](?:(?![\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}])[\p{L}\p{N}\p{M}_])+)*|[\s\S]/gu;

const wordPattern = /[\p{L}\p{N}]/u;
const spacePattern = /^[^\S\n]$/;
const structuralPattern = /^[\n:=<>{}[\]()|#"`*~“”„«»「」：（）【】]$/;
const sentencePattern = /^[.?!,;。，！？、；]$/;

export function isWord(token: string): boolean {
  return wordPattern.test(token);
}

/** White space that is not a line break: a line break is part of how a prompt is built. */
export function isSpace(token: string): boolean {
  return spacePattern.test(token);
}

/** Marks that prompts use to set inputs apart, and running text rarely repeats: line breaks, colons, quotes, brackets, fences. */
export function isStructural(token: string): boolean {
  return structuralPattern.test(token);
}

export function isSentenceMark(token: string): boolean {
  return sentencePattern.test(token);
}
