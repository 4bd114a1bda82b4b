/** Zero to twenty, by language. "once" is left out: English has another use for it. */
const units: Readonly<Record<string, number>> = {
  ...counted(
    'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty',
  ),
  ...counted(
    'null eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn siebzehn achtzehn neunzehn zwanzig',
  ),
  ...counted(
    'zéro un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize dix-sept dix-huit dix-neuf vingt',
  ),
  ...counted(
    'cero uno dos tres cuatro cinco seis siete ocho nueve diez - doce trece catorce quince dieciséis diecisiete dieciocho diecinueve veinte',
  ),
  ein: 1,
  eine: 1,
  einen: 1,
  einer: 1,
  une: 1,
  una: 1,
  zwo: 2,
  dozen: 12,
  couple: 2,
};

const tens: Readonly<Record<string, number>> = {
  twenty: 20,
  thirty: 30,
  forty: 40,
  fifty: 50,
  sixty: 60,
  seventy: 70,
  eighty: 80,
  ninety: 90,
  zwanzig: 20,
  dreißig: 30,
  vierzig: 40,
  fünfzig: 50,
  sechzig: 60,
  siebzig: 70,
  achtzig: 80,
  neunzig: 90,
  vingt: 20,
  trente: 30,
  quarante: 40,
  cinquante: 50,
  soixante: 60,
  veinte: 20,
  treinta: 30,
  cuarenta: 40,
  cincuenta: 50,
  sesenta: 60,
  setenta: 70,
  ochenta: 80,
  noventa: 90,
};

const hundreds: Readonly<Record<string, number>> = { hundred: 100, hundert: 100, cent: 100, cien: 100 };

function counted(words: string): Readonly<Record<string, number>> {
  return Object.fromEntries(words.split(' ').flatMap((word, value) => (word === '-' ? [] : [[word, value]])));
}

/** The number that a text says, in digits or in English, German, French or Spanish words up to 999; null where it says none. */
export function readCount(text: string): number | null {
  const folded = text.trim().toLowerCase();
  if (/^\d{1,9}$/.test(folded)) return Number(folded);
  return Object.hasOwn(units, folded) ? (units[folded] ?? null) : readCompound(folded);
}

function readCompound(text: string): number | null {
  const german = /^(\p{L}+?)und(\p{L}+)$/u.exec(text);
  if (german !== null) {
    const [unit, ten] = [valueIn(units, german[1]), valueIn(tens, german[2])];
    return unit !== null && ten !== null && unit < 10 ? ten + unit : null;
  }
  let total = 0;
  let least = 1000;
  for (const word of text.split(/[\s-]+/)) {
    if (/^(and|et|y)$/.test(word)) continue;
    const hundred = valueIn(hundreds, word);
    const value = hundred ?? valueIn(tens, word) ?? valueIn(units, word);
    if (value === null) return null;
    if (hundred !== null) {
      if (total > 9) return null;
      total = Math.max(1, total) * 100;
      least = 100;
    } else if (value >= least || (least === 10 && value >= 10)) return null;
    else {
      total += value;
      least = value >= 20 ? 10 : 1;
    }
  }
  return total;
}

function valueIn(words: Readonly<Record<string, number>>, word: string | undefined): number | null {
  return word !== undefined && Object.hasOwn(words, word) ? (words[word] ?? null) : null;
}

const longestCount = 4;

/** Where counts stand in a text: the longest run of words, or of digits, that says one. */
export function spotCounts(text: string): readonly { readonly start: number; readonly end: number }[] {
  const words = [...text.matchAll(/[\p{L}\p{N}]+(?:-[\p{L}\p{N}]+)*/gu)].map(({ index, 0: part }) => ({
    start: index,
    end: index + part.length,
  }));
  const spots: { readonly start: number; readonly end: number }[] = [];
  for (let i = 0; i < words.length; ) {
    let taken = 0;
    for (let length = Math.min(longestCount, words.length - i); length > 0 && taken === 0; length--) {
      const span = { start: words[i]!.start, end: words[i + length - 1]!.end };
      if (readCount(text.slice(span.start, span.end)) === null) continue;
      spots.push(span);
      taken = length;
    }
    i += Math.max(1, taken);
  }
  return spots;
}
