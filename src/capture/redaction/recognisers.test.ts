import { describe, expect, it } from 'vitest';
import { builtInRecognisers } from './recognisers.ts';
import { createRedactor } from './redactor.ts';

const redactor = createRedactor(builtInRecognisers);

/** What is found in a text, each with the name of its recogniser. */
function found(text: string): readonly string[] {
  return redactor.find(text).map(({ recogniser, start, end }) => `${recogniser}: ${text.slice(start, end)}`);
}

/** Published examples: the standards, test cards of the networks, documentation of the issuers. Keys are put together so that no scanner takes them for real. */
const examples: Readonly<Record<string, readonly string[]>> = {
  email: ['jane.doe+news@mail.example.co.uk', "o'neill@example.org", 'jürgen@müller.example'],
  phone: [
    '+49 30 901820',
    '+1 (415) 555-2671',
    '+442079460958',
    '0044 20 7946 0958',
    '(415) 555-2671',
    '415.555.2671',
    '030 90182000',
    '01 23 45 67 89',
    '03.93.92.16.85',
  ],
  'ip-address': ['192.168.17.4', '8.8.8.8', '2001:db8::8a2e:370:7334', 'fe80::1ff:fe23:4567:890a'],
  'url-credentials': ['admin:s3cret'],
  'credit-card': [
    '4111 1111 1111 1111',
    '5555555555554444',
    '3782 822463 10005',
    '6011-1111-1111-1117',
    '30569309025904',
  ],
  iban: [
    'DE89 3704 0044 0532 0130 00',
    'GB82WEST12345698765432',
    'NL91ABNA0417164300',
    'FR14 2004 1010 0505 0001 3M02 606',
  ],
  'us-ssn': ['536-90-4399', '536 90 4399'],
  'uk-nino': ['AB 12 34 56 C', 'JG103759A'],
  'uk-nhs': ['943 476 5919'],
  'german-tax-id': ['86095742719', '47 036 892 816'],
  'spanish-dni': ['12345678Z', 'X1234567L', '12345678-z'],
  'french-nir': ['255081416802538', '2 55 08 14 168 025 38'],
  'italian-tax-code': ['RSSMRA85T10A562S'],
  'indian-aadhaar': ['2341 2341 2346'],
  'brazilian-cpf': ['529.982.247-25'],
  'polish-pesel': ['44051401359'],
  'canadian-sin': ['130 692 544'],
  'swedish-personnummer': ['811218-9876', '19811218-9876'],
  'finnish-hetu': ['131052-308T'],
  'belgian-national-number': ['85.07.30-033.28'],
  'aws-key': [`AKIA${'IOSFODNN7EXAMPLE'}`],
  'api-key': [
    `ghp_${'a1B2'.repeat(9)}`,
    `github_pat_${'11ABC_'.repeat(5)}`,
    `xoxb-${'123456789012-abcdef'}`,
    `sk_live_${'4eC39HqLyjWDarjtT1zdp7dc'}`,
    `sk-proj-${'abcDEF123_'.repeat(4)}`,
    `sk-ant-api03-${'abcDEF123-'.repeat(4)}`,
    `AIza${'SyA1234567890abcdefghijklmnopqrstuv'}`,
  ],
  'json-web-token': [`eyJ${'hbGciOiJIUzI1NiJ9'}.eyJ${'zdWIiOiIxMjM0In0'}.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U`],
};

/** Numbers, codes and words of everyday texts that are none of these. */
const harmless = [
  'Version 1.2.3 came on 2024-05-17 at 12:30:45, build 20240517123045.',
  'Order 123456789, item 4711-0815, 3.14159265, 1,234,567.89 euros, 50%.',
  'Call me @ noon, or write to @jane. std::vector<int> a::b; Face::add.',
  'He said: password: yes. The token is valid; secrets are safe.',
  'Numbers 4111 1111 1111 1112 and 1234 5678 9012 3456 fail their check.',
  'DE88 3704 0044 0532 0130 00 is wrong, and so is GB82 WEST 1234.',
  'SSN 000-12-3456, 666-12-3456 and 536-00-4399 were never issued.',
  'Der Termin ist am 01.02.2024 um 08:15 Uhr, Raum 030.',
  'sk-learn is a library; see https://example.com/a:b/c@d and 10:20.',
  'The year 1999 2000 2001 2002, chapter 7.1.2.3.4, and 555-1234.',
];

describe('what is recognised', () => {
  it('covers every recogniser that there is with an example', () => {
    const contextual = ['dutch-bsn', 'private-key', 'password'];
    expect([...Object.keys(examples), ...contextual].sort()).toEqual([...redactor.recognisers].sort());
  });

  for (const [name, texts] of Object.entries(examples)) {
    it(`is ${name}, alone and in a sentence, whole and nothing beside it`, () => {
      for (const text of texts) {
        const sentence =
          name === 'url-credentials' ? `See https://${text}@localhost/x now.` : `It is ${text}, as I said.`;
        expect(found(sentence)).toEqual([`${name}: ${text}`]);
        expect(found(`(${sentence})`)).toEqual([`${name}: ${text}`]);
      }
    });
  }

  it('is no everyday number, date, version or word', () => {
    for (const text of harmless) expect([text, found(text)]).toEqual([text, []]);
  });

  it('is believed only with its check digit: one other digit, and it is left', () => {
    const checked = [
      'credit-card',
      'iban',
      'uk-nhs',
      'german-tax-id',
      'spanish-dni',
      'french-nir',
      'italian-tax-code',
      'indian-aadhaar',
      'brazilian-cpf',
      'polish-pesel',
      'canadian-sin',
      'swedish-personnummer',
      'finnish-hetu',
      'belgian-national-number',
    ];
    for (const name of checked) {
      for (const text of examples[name] ?? []) {
        const last = text.at(-1) as string;
        const other = /\d/.test(last) ? String((Number(last) + 1) % 10) : last === 'A' ? 'B' : 'A';
        const names = found(`It is ${text.slice(0, -1)}${other}.`).map((each) => each.split(':')[0]);
        expect([text, names.includes(name)]).toEqual([text, false]);
      }
    }
  });

  it('needs a word before it where the number alone could be anything', () => {
    expect(found('My BSN is 111222333.')).toEqual(['dutch-bsn: 111222333']);
    expect(found('The order is 111222333.')).toEqual([]);
    expect(found('NHS number 9434765919')).toEqual(['uk-nhs: 9434765919']);
    expect(found('order 9434765919')).toEqual([]);
  });

  it('is a number to call in any grouping, where a word before it says so', () => {
    expect(found('You can call me at 9472 7916 today')).toEqual(['phone: 9472 7916']);
    expect(found('My mobile: 699 956 915.')).toEqual(['phone: 699 956 915']);
    expect(found('Parcel 9472 7916 is here')).toEqual([]);
  });

  it('is what follows a password, a token or a key, and not the word itself', () => {
    expect(found('password=hunter22 and more')).toEqual(['password: hunter22']);
    expect(found('{"api_key": "abc-123-def", "x": 1}')).toEqual(['password: abc-123-def']);
    expect(found('Authorization: Bearer abcdefghijklmnop1234')).toEqual(['password: abcdefghijklmnop1234']);
    expect(found(`aws_secret_access_key = ${'wJalrXUtnFEMI/K7MDENG/bPxRfiCY'}EXAMPLEKEY`)[0]).toMatch(
      /^aws-key: wJalr.*KEY$/,
    );
  });

  it('is a private key from its first line to its last, and to the end of the text where it is cut', () => {
    const key = `-----BEGIN RSA ${'PRIVATE'} KEY-----\nMIIEow\nIBAAK\n-----END RSA ${'PRIVATE'} KEY-----`;
    expect(found(`key:\n${key}\nthanks`)).toEqual([`private-key: ${key}`]);
    expect(found(`key:\n${key.slice(0, 50)}`)).toEqual([`private-key: ${key.slice(0, 50)}`]);
  });

  it('is one stretch where two recognisers overlap', () => {
    expect(found('https://jane:pass@example.com/')).toEqual(['url-credentials: jane:pass@example.com']);
    expect(found('token=jane.doe@example.com')).toEqual(['password: jane.doe@example.com']);
  });
});
