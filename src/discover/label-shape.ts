import { judgeClosed } from '../learn/closed-set.ts';
import {
  countLabelWords,
  foldLabel,
  type LabelForm,
  type LabelSpelling,
  labelOf,
  type OutputShape,
} from '../records/output-shape.ts';
import type { AnswerTally } from './answer-tally.ts';
import {
  type CountedText,
  looksLikeNumber,
  type ShapeHints,
  sameShape,
  sumOf,
  tolerated,
  wordsIn,
} from './shape-evidence.ts';
import { separatedLabelsShape } from './shapes/plain-shapes.ts';
import { isWord, tokenise } from './tokens.ts';

export function labelShape(answers: readonly CountedText[], tally: AnswerTally, hints: ShapeHints): OutputShape | null {
  const plain = answers.filter(({ text }) => !looksLikeList(text));
  const folded = new Set(plain.map(({ text }) => foldLabel(text)));
  if (folded.size === 1 && tally.overflow === 0) return sameShape(tally);
  return (
    separatedListShape(answers, tally, hints) ??
    labelWithForm(sentenceForm(answers), answers, tally, hints) ??
    labelWithForm({ kind: 'plain' }, answers, tally, hints)
  );
}

function looksLikeList(text: string): boolean {
  return text.trimStart().startsWith('[');
}

/** The words that (almost) all answers begin and end with; null where there are none worth the name. */
export function sentenceForm(answers: readonly CountedText[]): LabelForm | null {
  if (answers.length < 2) return null;
  const rows = answers.map(({ text, count }) => ({ tokens: tokenise(text), count }));
  const needed = sumOf(answers) - tolerated(sumOf(answers));
  const before = sharedRun(rows, needed, (tokens, i) => tokens[i]).join('');
  const after = sharedRun(rows, needed, (tokens, i) => tokens[tokens.length - 1 - i])
    .reverse()
    .join('');
  const isWorthIt = tokenise(before).some(isWord) || tokenise(after).some(isWord) || /["{}[\]<>`]/.test(before);
  return isWorthIt ? { kind: 'sentence', before, after } : null;
}

/** Token by token from one end, for as long as (almost) all agree and every one of them goes on. */
function sharedRun(
  rows: readonly { readonly tokens: readonly string[]; readonly count: number }[],
  needed: number,
  pick: (tokens: readonly string[], index: number) => string | undefined,
): string[] {
  const run: string[] = [];
  let agreeing = rows;
  for (let i = 0; ; i++) {
    const votes = new Map<string, number>();
    for (const row of agreeing) {
      const token = pick(row.tokens, i);
      // The last token may be the label itself.
      if (token !== undefined && row.tokens.length > i + 1) votes.set(token, (votes.get(token) ?? 0) + row.count);
    }
    const [token, count] = [...votes].reduce((best, vote) => (vote[1] > best[1] ? vote : best), ['', 0] as const);
    if (count < needed) break;
    run.push(token);
    agreeing = agreeing.filter((row) => pick(row.tokens, i) === token);
  }
  // A space before the label is part of the sentence; a half word never is.
  return run;
}

export function labelWithForm(
  loose: LabelForm | null,
  answers: readonly CountedText[],
  tally: AnswerTally,
  hints: ShapeHints,
): OutputShape | null {
  if (loose === null) return null;
  const total = sumOf(answers) + tally.overflow;
  const all = spellingsOf(loose, answers);
  const form: LabelForm = loose.kind === 'json' ? loose : { ...loose, mostWords: mostWordsOf(all, tolerated(total)) };
  const labels = loose.kind === 'json' ? all : spellingsOf(form, answers);
  if (total - sumOf(labels) > tolerated(total) || labels.length < 2) return null;
  const counts = labels.map((label) => label.count);
  const { isClosed, unseenShare } = judgeClosed(counts, areListed(labels, hints.constants));
  return isClosed ? { kind: 'label', form, labels, unseenShare } : null;
}

/** Labels with the spelling each is most often written in, most frequent first. */
function spellingsOf(form: LabelForm, answers: readonly CountedText[]): readonly LabelSpelling[] {
  const merged = new Map<string, { answer: string; best: number; count: number }>();
  for (const { text, count } of answers) {
    const label = form.kind === 'plain' && looksLikeList(text) ? null : labelOf(form, { kind: 'text', text });
    if (label === null) continue;
    const known = merged.get(label);
    if (known === undefined) merged.set(label, { answer: text, best: count, count });
    else {
      known.count += count;
      if (count > known.best) {
        known.best = count;
        known.answer = text;
      }
    }
  }
  return [...merged]
    .map(([label, { answer, count }]) => ({ label, answer, count }))
    .sort((a, b) => b.count - a.count || (a.label < b.label ? -1 : 1));
}

/** Words a label may have: twice as many as nine of ten answers have, or as many as any that is no accident. */
function mostWordsOf(labels: readonly LabelSpelling[], accident: number): number {
  const lengths = labels
    .map(({ label, count }) => ({ words: countLabelWords(label), count }))
    .sort((a, b) => a.words - b.words);
  const usual = Math.max(0, ...lengths.filter(({ count }) => count > accident).map(({ words }) => words));
  return Math.max(2 * quantile(lengths, 0.9) + 2, usual);
}

/** The words that this share of the answers does not exceed. */
function quantile(lengths: readonly { readonly words: number; readonly count: number }[], share: number): number {
  let left = share * sumOf(lengths);
  for (const { words, count } of lengths) {
    left -= count;
    if (left <= 0) return words;
  }
  return 0;
}

/** Whether the prompt itself names (almost) all the values. */
function areListed(labels: readonly LabelSpelling[], constants: string): boolean {
  const folded = constants.toLowerCase();
  const named = labels.filter((label) => wordsIn(label.label) <= 6 && folded.includes(label.label));
  return sumOf(named) >= 0.9 * sumOf(labels);
}

/** Values of a closed set, several in one answer, separated by commas, semicolons or line breaks. */
function separatedListShape(
  answers: readonly CountedText[],
  tally: AnswerTally,
  hints: ShapeHints,
): OutputShape | null {
  const items = new Map<string, { count: number; answers: number }>();
  let several = 0;
  let different = 0;
  // "1,250" is one number.
  if (sumOf(answers.filter(({ text }) => looksLikeNumber(text))) > sumOf(answers) / 2) return null;
  for (const { text, count } of answers) {
    const parts = new Set(
      text
        .split(/[,;\n|]/)
        .map(foldLabel)
        .filter(Boolean),
    );
    if (parts.size > 1) several += count;
    if (parts.size > 1) different++;
    for (const part of parts) {
      const item = items.get(part) ?? { count: 0, answers: 0 };
      items.set(part, { count: item.count + count, answers: item.answers + 1 });
    }
  }
  if (several < 0.1 * sumOf(answers) || different < 3) return null;
  const isShort = [...items.keys()].every((item) => wordsIn(item) <= 4);
  // "Paris, France" is one label: its parts stand in no other answer.
  const inSeveral = [...items.values()].filter((item) => item.answers > 1);
  if (!isShort || sumOf(inSeveral) < 0.9 * sumOf([...items.values()])) return null;
  if (!judgeClosed([...items.values()].map((item) => item.count)).isClosed) return null;
  return separatedLabelsShape(answers, tally, hints);
}
