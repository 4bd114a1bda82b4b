import type { Random } from '../src/records/random.ts';
import { pick } from './keyword-stream.ts';

const alphabets = [
  'abcdefghijklmnopqrstuvwxyz    ',
  'ABCDEFGHIJ klmnop 0123456789 .,;:!?()[]{}<>"\'`/\\|@#$%^&*-_=+~',
  'äöüßéèêñçåøæœÀÉÎÕÜ İıſK ΑΒΓαβγς привет ПРИВЕТ  ',
  '你好世界 日本語テスト 한국어 ภาษาไทย שלום عالم مرحبا ',
  '🙂🚀👩‍👩‍👧‍👦🏳️‍🌈  ',
  '\u0000\u0001\t\n\r\u00a0\u2028\u2029\ufeff\u200b\u200d\u0301 ',
];

/** A text that real ones could break on: other scripts, emoji, control characters, halves of surrogate pairs, nothing at all. */
export function oddText(random: Random): string {
  const length = random() < 0.02 ? 3_000 : Math.floor(random() * 60);
  const alphabet = [...pick(alphabets, random)];
  const text = Array.from({ length }, () =>
    pick(random() < 0.1 ? [...pick(alphabets, random)] : alphabet, random),
  ).join('');
  return random() < 0.1 ? text.slice(1, -1) + String.fromCharCode(0xd800 + Math.floor(random() * 2048)) : text;
}
