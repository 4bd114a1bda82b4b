/** Months by name: English, German, French, Spanish, each also cut short. */
const names: readonly (readonly string[])[] = [
  ['january', 'jan', 'januar', 'jänner', 'janvier', 'janv', 'enero', 'ene'],
  ['february', 'feb', 'februar', 'février', 'févr', 'febrero'],
  ['march', 'mar', 'märz', 'mär', 'mars', 'marzo'],
  ['april', 'apr', 'avril', 'avr', 'abril', 'abr'],
  ['may', 'mai', 'mayo'],
  ['june', 'jun', 'juni', 'juin', 'junio'],
  ['july', 'jul', 'juli', 'juillet', 'juil', 'julio'],
  ['august', 'aug', 'août', 'agosto', 'ago'],
  ['september', 'sep', 'sept', 'septembre', 'septiembre'],
  ['october', 'oct', 'oktober', 'okt', 'octobre', 'octubre'],
  ['november', 'nov', 'novembre', 'noviembre'],
  ['december', 'dec', 'dezember', 'dez', 'décembre', 'déc', 'diciembre', 'dic'],
];

const numbers = new Map(names.flatMap((months, index) => months.map((name) => [name, index + 1])));

/** All names, the longest first, as one alternative of a pattern. */
export const anyMonth = [...numbers.keys()].sort((a, b) => b.length - a.length).join('|');

/** 1 to 12; null for what is no month. */
export function monthOf(name: string): number | null {
  return numbers.get(name.toLowerCase().replace(/\.$/, '')) ?? null;
}
