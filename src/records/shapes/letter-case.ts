import type { LetterCase } from './answer-form.ts';

/** A text in another case. `sentence`: only the first letter is made a capital; `title`: that of every word. */
export function inCase(text: string, letterCase: LetterCase): string {
  switch (letterCase) {
    case 'same':
      return text;
    case 'lower':
      return text.toLowerCase();
    case 'upper':
      return text.toUpperCase();
    case 'sentence':
      return text.replace(/^\P{L}*\p{L}/u, (start) => start.toUpperCase());
    case 'title':
      return text.replace(/(?<![\p{L}\p{M}'’])\p{L}/gu, (letter) => letter.toUpperCase());
  }
}
