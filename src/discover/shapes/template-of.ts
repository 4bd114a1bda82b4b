import type { LetterCase, TemplateForm, TemplateSlot } from '../../records/shapes/answer-form.ts';
import { inCase } from '../../records/shapes/letter-case.ts';
import { splitByConstants } from '../../records/shapes/template-codec.ts';
import { isSpace, isStructural, isWord, tokenise } from '../tokens.ts';

/** Different answers aligned; a longer one is no template. */
const mostTexts = 120;
const mostTokens = 400;
/** An answer that shares less than this with what the others share is another one: a refusal, a question back. */
const leastShared = 0.5;
/** Share of the answers that a template must fit. */
const fitting = 0.9;

/** The constants around the values of answers that are written alike; null where they have next to nothing in common. */
export function templateOf(texts: readonly string[]): TemplateForm | null {
  const looked = texts.slice(0, mostTexts);
  const rows = looked.map((text) => wordsOf(text)).filter((row) => row.length <= mostTokens);
  const common = sharedTokens(rows.map((row) => row.map(({ token }) => token)));
  if (common.length === 0) return null;
  const constants = constantsOf(rows, common);
  const split = looked.flatMap((text) => splitByConstants(constants, text) ?? []);
  const slots = constants.length - 1;
  if (slots < 1 || split.length < fitting * looked.length * slots) return null;
  const values = Array.from({ length: split.length / slots }, (_, i) => split.slice(i * slots, (i + 1) * slots));
  return { kind: 'template', constants, slots: slotsOf(values) };
}

interface Word {
  readonly token: string;
  /** White space before it. */
  readonly space: string;
}

function wordsOf(text: string): readonly Word[] {
  const words: Word[] = [];
  let space = '';
  for (const token of tokenise(text)) {
    if (isSpace(token)) space += token;
    else {
      words.push({ token, space });
      space = '';
    }
  }
  if (space !== '') words.push({ token: '', space });
  return words;
}

/** Tokens that all texts have in this order: the longest common subsequence, text after text. */
function sharedTokens(rows: readonly (readonly string[])[]): readonly string[] {
  let common = rows[0] ?? [];
  for (const row of rows) {
    const shared = longestCommon(common, row).map(([index]) => common[index]!);
    if (shared.length >= leastShared * Math.min(common.length, row.length)) common = shared;
  }
  return common;
}

/** Places of a longest common subsequence in both (Wagner and Fischer 1974). */
function longestCommon(a: readonly string[], b: readonly string[]): readonly (readonly [number, number])[] {
  const width = b.length + 1;
  const lengths = new Uint16Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      lengths[i * width + j] =
        a[i] === b[j]
          ? 1 + lengths[(i + 1) * width + j + 1]!
          : Math.max(lengths[(i + 1) * width + j]!, lengths[i * width + j + 1]!);
  const pairs: (readonly [number, number])[] = [];
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    if (a[i] === b[j]) pairs.push([i++, j++]);
    else if (lengths[(i + 1) * width + j]! >= lengths[i * width + j + 1]!) i++;
    else j++;
  }
  return pairs;
}

/** What was seen between two neighbours of the common tokens: other tokens (a slot), and the white space at either end of it. */
interface Joint {
  isSlot: boolean;
  /** Behind the left neighbour. */
  readonly left: Set<string>;
  /** Before the right neighbour; the only white space where nothing else stands between. */
  readonly right: Set<string>;
}

/** Runs of common tokens that nothing ever stands between; runs that may as well belong to a value are given to it. */
function constantsOf(rows: readonly (readonly Word[])[], common: readonly string[]): readonly string[] {
  const joints = Array.from(
    { length: common.length + 1 },
    (): Joint => ({ isSlot: false, left: new Set(), right: new Set() }),
  );
  for (const row of rows) {
    const places = longestCommon(
      common,
      row.map(({ token }) => token),
    ).map(([, place]) => place);
    if (places.length < common.length) continue;
    for (const [index, joint] of joints.entries()) look(joint, row, places[index - 1], places[index]);
  }
  for (const joint of joints) joint.isSlot ||= joint.right.size > 1;
  const runs: { tokens: string[]; text: string }[] = [{ tokens: [], text: '' }];
  joints.forEach((joint, index) => {
    if (joint.isSlot) {
      runs.at(-1)!.text += only(joint.left);
      runs.push({ tokens: [], text: '' });
    }
    const token = common[index];
    if (token === undefined) return;
    runs.at(-1)!.tokens.push(token);
    runs.at(-1)!.text += only(joint.right) + token;
  });
  return runs
    .filter(
      ({ tokens }, index) =>
        index === 0 || index === runs.length - 1 || isTelling(tokens) || isUnmistakable(tokens, rows),
    )
    .map(({ text }) => text);
}

function look(joint: Joint, row: readonly Word[], before = -1, after = row.length): void {
  const isSlot = after > before + 1;
  joint.isSlot ||= isSlot;
  if (isSlot) joint.left.add(before < 0 ? '' : (row[before + 1]?.space ?? ''));
  joint.right.add(row[after]?.space ?? '');
}

function only(spaces: ReadonlySet<string>): string {
  const [space = '', other] = spaces;
  return other === undefined ? space : '';
}

/** Between two values a comma or a short word may be the values' own. */
function isTelling(run: readonly string[]): boolean {
  return run.some((token) => isStructural(token.trim())) || run.filter((token) => isWord(token)).length >= 2;
}

/** Of so many different answers, none has the word by accident. */
const fewestForWord = 30;

/** A single word that every one of many answers has once: no value ever holds it. */
function isUnmistakable(run: readonly string[], rows: readonly (readonly Word[])[]): boolean {
  const [word, second] = run.filter(isWord);
  if (word === undefined || second !== undefined || rows.length < fewestForWord) return false;
  return rows.every((row) => row.filter(({ token }) => token === word).length === 1);
}

const letterCases: readonly LetterCase[] = ['same', 'sentence', 'title', 'lower', 'upper'];

/** Values that always repeat an earlier one, in some case, are no values of their own. */
function slotsOf(rows: readonly (readonly string[])[]): readonly TemplateSlot[] {
  const slots: TemplateSlot[] = [];
  const own: { readonly key: string; readonly index: number }[] = [];
  for (let index = 0; index < (rows[0]?.length ?? 0); index++) {
    const repeated = own.flatMap(({ key, index: earlier }) => {
      const letterCase = letterCases.find(
        (one) => rows.filter((row) => inCase(row[earlier]!, one) === row[index]).length >= 0.97 * rows.length,
      );
      return letterCase === undefined ? [] : [{ kind: 'repeat' as const, of: key, letterCase }];
    })[0];
    if (repeated === undefined) {
      const key = String(own.length);
      own.push({ key, index });
      slots.push({ kind: 'own', key });
    } else slots.push(repeated);
  }
  return slots;
}
