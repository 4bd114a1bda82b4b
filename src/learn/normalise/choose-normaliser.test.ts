import { describe, expect, it } from 'vitest';
import { chooseNormaliser, inferNormaliser, type ValuePair } from './choose-normaliser.ts';
import { applyNormaliser, findSources, type Normaliser } from './normaliser.ts';

/** What the pairs teach, asked for one text more. */
function learned(
  pairs: readonly (readonly [string, string | number])[],
  text: string,
): string | number | null | 'nothing' {
  const known = inferNormaliser(pairs.map(([one, value]): ValuePair => ({ text: one, value })));
  if (known === null) return 'nothing';
  expect(JSON.parse(JSON.stringify(known.normaliser))).toEqual(known.normaliser);
  return applyNormaliser(known.normaliser, text);
}

describe('a normaliser told from texts and values', () => {
  const months = ['03', '11', '07', '08', '05'];

  it.each<[string, readonly (readonly [string, string | number])[], string, string | number | null]>([
    ['copies', ['a b', 'C', 'd', 'e', 'F'].map((text) => [text, text]), 'x Y', 'x Y'],
    ['lower case', ['A b', 'C', 'd', 'E', 'F'].map((text) => [text, text.toLowerCase()]), 'X Y', 'x y'],
    [
      'a capital a word',
      [
        ['new york', 'New York'],
        ['rome', 'Rome'],
        ['ULM', 'Ulm'],
        ['bad ems', 'Bad Ems'],
        ['bonn', 'Bonn'],
      ],
      'ST. GALLEN',
      'St. Gallen',
    ],
    [
      'edges and white space',
      [
        [' "Ada  L." ', 'Ada L'],
        ['(Bo)', 'Bo'],
        ['Cy,', 'Cy'],
        ['Dee', 'Dee'],
        ['Eli\nK', 'Eli K'],
      ],
      '“Flo\tM”',
      'Flo M',
    ],
    [
      'dates, day first',
      months.map((month, i) => [`${i + 20}/${month}/2024`, `2024-${month}-${i + 20}`]),
      'May 3rd, 2024',
      '2024-05-03',
    ],
    [
      'dates with names',
      [
        ['3 May 2024', '2024-05-03'],
        ['4. März 2024', '2024-03-04'],
        ['5 août 2023', '2023-08-05'],
        ['6 de enero de 2025', '2025-01-06'],
        ['Dec 7, 2024', '2024-12-07'],
      ],
      '1st of June 2022',
      '2022-06-01',
    ],
    [
      'dates to another form',
      months.map((month, i) => [`2024-${month}-0${i + 1}`, `0${i + 1}.${month}.2024`]),
      '9 Oct 2024',
      '09.10.2024',
    ],
    [
      'times',
      [
        ['7pm', '19:00'],
        ['7.30 a.m.', '07:30'],
        ['19h15', '19:15'],
        ['noon', '12:00'],
        ['12 am', '00:00'],
      ],
      '8:45 PM',
      '20:45',
    ],
    [
      'times of the evening',
      [
        ['7', '19:00'],
        ['8:30', '20:30'],
        ['6', '18:00'],
        ['9', '21:00'],
        ['19:30', '19:30'],
      ],
      '7:15',
      '19:15',
    ],
    [
      'amounts',
      [
        ['$1,200.50', 1200.5],
        ['€7.00', 7],
        ['3 %', 3],
        ['12', 12],
        ['EUR 1,000,000', 1_000_000],
      ],
      '£ 9.99',
      9.99,
    ],
    [
      'amounts with commas',
      [
        ['1.200,50 €', 1200.5],
        ['7,00 €', 7],
        ['1.000 €', 1000],
        ['12,5', 12.5],
        ['3.000.000', 3_000_000],
      ],
      '9.500',
      9500,
    ],
    [
      'amounts as texts',
      [
        ['$5', '5.00'],
        ['7.5 USD', '7.50'],
        ['$1,200.25', '1200.25'],
        ['3', '3.00'],
        ['4', '4.00'],
      ],
      '$6.1',
      '6.10',
    ],
    [
      'currencies',
      [
        ['$', 'USD'],
        ['€', 'EUR'],
        ['pounds', 'GBP'],
        ['EUR', 'EUR'],
        ['US$', 'USD'],
      ],
      'Euro',
      'EUR',
    ],
    [
      'words for numbers',
      [
        ['two', 2],
        ['drei', 3],
        ['quatre', 4],
        ['cinco', 5],
        ['twenty-one', 21],
      ],
      'one hundred and five',
      105,
    ],
    [
      'words for numbers as texts',
      [
        ['two', '2'],
        ['7', '7'],
        ['einundzwanzig', '21'],
        ['six', '6'],
        ['ten', '10'],
      ],
      'fünf',
      '5',
    ],
    [
      'telephone numbers',
      [
        ['(555) 123-4567', '5551234567'],
        ['555 987 6543', '5559876543'],
        ['555.222.3333', '5552223333'],
        ['5554443333', '5554443333'],
        ['555-111-2222', '5551112222'],
      ],
      '555/000.1111',
      '5550001111',
    ],
    [
      'telephone numbers with their country',
      [
        ['0171 2345678', '+491712345678'],
        ['+49 171 8765432', '+491718765432'],
        ['030 1234567', '+49301234567'],
        ['0049 30 7654321', '+49307654321'],
        ['089/123456', '+4989123456'],
      ],
      '040 999888',
      '+4940999888',
    ],
    [
      'telephone numbers in a form',
      [
        ['5551234567', '555-123-4567'],
        ['(555) 987 6543', '555-987-6543'],
        ['555.222.3333', '555-222-3333'],
        ['555 4443333', '555-444-3333'],
        ['555-111-2222', '555-111-2222'],
      ],
      '5550001111',
      '555-000-1111',
    ],
  ])('reads %s', (_, pairs, text, value) => {
    expect(learned(pairs, text)).toBe(value);
  });

  it('never guesses which number is the month', () => {
    const either = [1, 2, 3, 4, 5].map((n) => [`0${n}/0${n}/2024`, `2024-0${n}-0${n}`] as const);
    expect(learned(either, '03/04/2024')).toBeNull();
    expect(learned([...either, ['03/04/2024', '2024-04-03']], '05/06/2024')).toBe('2024-06-05');
    expect(learned([...either, ['03/04/2024', '2024-03-04']], '05/06/2024')).toBe('2024-05-06');
  });

  it('never guesses what a comma before three digits is', () => {
    const either = [1, 2, 3, 4, 5].map((n) => [`$${n}`, n] as const);
    expect(learned(either, '1,200')).toBeNull();
    expect(learned([...either, ['1,200', 1200]], '3,450')).toBe(3450);
    expect(learned([...either, ['1,200', 1.2]], '3,450')).toBe(3.45);
  });

  it('is none where it fails in more than one of a hundred, or where few values prove it', () => {
    const dates = Array.from(
      { length: 60 },
      (_, i) => [`${(i % 28) + 1} May 2024`, `2024-05-${String((i % 28) + 1).padStart(2, '0')}`] as const,
    );
    expect(learned(dates, '1 May 2024')).toBe('2024-05-01');
    expect(learned([...dates, ['tomorrow', '2024-05-02']], '1 May 2024')).toBe('nothing');
    expect(learned(dates.slice(0, 4), '1 May 2024')).toBe('nothing');
  });

  it('reads no date relative to today, no day that is none and no text that only holds one', () => {
    const date: Normaliser = { name: 'date', order: 'day-first', form: 'YYYY-MM-DD' };
    for (const text of ['tomorrow', 'next Friday', '31 Feb 2024', '40/01/2024', 'on 3 May 2024', '3 May', ''])
      expect(applyNormaliser(date, text)).toBeNull();
    expect(applyNormaliser({ name: 'time', bare: 'as-written', form: 'HH:MM' }, '25:00')).toBeNull();
    expect(applyNormaliser({ name: 'time', bare: 'as-written', form: 'HH:MM' }, '13 pm')).toBeNull();
    expect(applyNormaliser({ name: 'count', form: 'number' }, 'toString')).toBeNull();
  });
});

describe('a normaliser told from whole inputs', () => {
  const rows = Array.from({ length: 40 }, (_, i) => ({
    value: `2024-05-${String((i % 28) + 1).padStart(2, '0')}`,
    slots: ['Booking', `we come on ${(i % 28) + 1} May 2024, at 7`],
  }));

  it('is chosen by the values it makes; inputs without anything of its kind do not speak against it', () => {
    const relative = { value: '2024-05-02', slots: ['', 'we come tomorrow'] };
    const { normaliser, share } = chooseNormaliser([...rows, relative]);
    expect(normaliser).toEqual({ name: 'date', order: null, form: 'YYYY-MM-DD' });
    expect(share).toBeCloseTo(40 / 41);
  });

  it('gives way to copies where these make as much', () => {
    const { normaliser, share } = chooseNormaliser(rows.map(({ slots }) => ({ value: '7', slots })));
    expect([normaliser, share]).toEqual([{ name: 'exactly' }, 1]);
  });

  it('does not copy texts where the answer holds numbers', () => {
    const counts = Array.from({ length: 20 }, (_, i) => ({ value: (i % 9) + 1, slots: [`for ${(i % 9) + 1} people`] }));
    expect(chooseNormaliser(counts)).toMatchObject({ normaliser: { name: 'amount', form: 'number' }, share: 1 });
  });

  it('says where its sources stand, whole words only', () => {
    const [first] = rows;
    const [source] = findSources('2024-05-01', first?.slots ?? [], { name: 'date', order: null, form: 'YYYY-MM-DD' });
    expect(source).toEqual({ slot: 1, start: 11, end: 21 });
    expect(findSources(2, ['a table for two, not 12'], { name: 'count', form: 'number' })).toEqual([
      { slot: 0, start: 12, end: 15 },
    ]);
    expect(findSources('Ulm', ['ulmen', 'to ULM'], { name: 'trimmed', letterCase: 'title' })).toEqual([
      { slot: 1, start: 3, end: 6 },
    ]);
  });

  it('takes inputs of 50,000 characters in its stride', () => {
    const long = { value: '2024-05-01', slots: [`${'1.2 '.repeat(12_000)} 1 May 2024`] };
    const startedAt = performance.now();
    chooseNormaliser([...rows, long]);
    expect(performance.now() - startedAt).toBeLessThan(2000);
  });
});
