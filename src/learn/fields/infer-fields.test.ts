import { describe, expect, it } from 'vitest';
import type { Json } from '../../records/call.ts';
import { canonicalJson } from '../../records/shapes/canonical-json.ts';
import { takeApart } from './answer-tree.ts';
import { composeAnswer } from './compose-answer.ts';
import { inferFields, leafText } from './infer-fields.ts';
import { inventedRows, inventedTasks } from './invented-answers.contract.ts';
import { markSpans } from './mark-spans.ts';

function apart(rows: readonly { readonly slots: readonly string[]; readonly label: string }[]) {
  return rows.map(({ slots, label }) => ({ slots, label, ...takeApart(JSON.parse(label) as Json) }));
}

function kindsOf(rows: Parameters<typeof apart>[0]): Readonly<Record<string, string>> {
  return Object.fromEntries(inferFields(apart(rows)).map(({ path, as }) => [path, as.kind]));
}

/** The same words in every input and answer but for these. */
function rowsOf(pairs: readonly (readonly [text: string, answer: Json])[]) {
  return pairs.map(([text, answer]) => ({ slots: [text], label: JSON.stringify(answer) }));
}

describe('the fields of answers', () => {
  it.each([
    ['booking', { '/city': 'span', '/name': 'span', '/people': 'span' }],
    ['tools', { '/arguments/city': 'span', '/arguments/person': 'span', '/tool': 'label' }],
    ['entities', { '/found': 'typed-spans' }],
    ['topics', { '': 'labels' }],
  ] as const)('of %s are told apart', (task, kinds) => {
    expect(kindsOf(inventedRows(task, 120, 1))).toEqual(kinds);
  });

  it('are constant where every answer says the same, and free where they go on being new', () => {
    const rows = Array.from({ length: 60 }, (_, at) => ({
      slots: [`message ${at}`],
      label: JSON.stringify({ ok: true, reason: `because of cause number ${at * 7 + 1}00` }),
    }));
    expect(kindsOf(rows)).toEqual({ '/ok': 'constant', '/reason': 'free' });
  });

  it('are lists of copies where a list holds what the input says', () => {
    const rows = Array.from({ length: 40 }, (_, at) => ({
      slots: [`from town${at} to town${at + 1}`],
      label: JSON.stringify({ towns: [`town${at}`, `town${at + 1}`] }),
    }));
    expect(kindsOf(rows)).toEqual({ '/towns': 'spans' });
  });

  it('may hold several copies joined by a separator', () => {
    const people = ['ann lee', 'bo kim', 'cy orr', 'di fox', 'ed may'];
    const rows = Array.from({ length: 40 }, (_, at) => {
      const [one, two] = [people[at % 5] as string, people[(at * 3 + 1) % 5] as string];
      return at % 2 === 0
        ? ([`a film with ${one} number ${at}`, { ACTOR: one }] as const)
        : ([`${one} plays beside the great ${two} in ${at}`, { ACTOR: `${one},${two}` }] as const);
    });
    const [plan] = inferFields(apart(rowsOf(rows)));
    expect(plan?.as).toMatchObject({ kind: 'span', separator: ',' });
  });

  it.each(Object.keys(inventedTasks))('of %s say the whole answer again when every head is right', (task) => {
    const rows = apart(inventedRows(task, 120, 2));
    const plans = inferFields(rows);
    for (const { slots, leaves, label, containers } of rows) {
      const labels = new Map(plans.map(({ path }) => [path, leafText(leaves.get(path))]));
      const sets = new Map(
        plans.map(({ path }) => [path, [leaves.get(path) ?? []].flat().map((item) => canonicalJson(item as Json))]),
      );
      const spans = markSpans(plans, leaves, slots);
      expect(spans).not.toBeNull();
      expect(composeAnswer(plans, containers, { labels, sets, spans: spans ?? [] }, slots).answer).toBe(label);
    }
  });

  it('have no place for a value that stands nowhere in the input', () => {
    const rows = apart(inventedRows('booking', 120, 3));
    const plans = inferFields(rows);
    expect(markSpans(plans, new Map([['/city', 'Atlantis']]), ['a table in Lyon'])).toBeNull();
  });

  it('take one place each, the longest first', () => {
    const rows = apart(inventedRows('booking', 120, 4));
    const plans = inferFields(rows);
    const spans = markSpans(
      plans,
      new Map([
        ['/city', 'Lyon'],
        ['/name', 'Lyon Lyon'],
      ]),
      ['a table for Lyon Lyon in Lyon'],
    );
    expect(spans?.map(({ tag, start }) => [tag, start])).toEqual([
      ['/name', 12],
      ['/city', 25],
    ]);
  });
});
