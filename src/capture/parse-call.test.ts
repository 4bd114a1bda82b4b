import { describe, expect, it } from 'vitest';
import { parseCall, parseTime } from './parse-call.ts';

const request = { model: 'm', messages: [{ role: 'user', content: 'hello' }] };
const response = { choices: [] };

function reasonOf(record: unknown): string {
  const parsed = parseCall(record);
  return parsed.ok ? 'fine' : parsed.reason;
}

describe('parseCall', () => {
  it('needs a request and a response, and gives everything else its default', () => {
    expect(parseCall({ request, response })).toEqual({
      ok: true,
      draft: {
        id: null,
        at: null,
        tenant: null,
        status: 200,
        latencyMs: null,
        request,
        response,
        task: null,
        gold: null,
        tags: {},
      },
    });
  });

  it('takes null as missing', () => {
    const empty = {
      id: null,
      at: null,
      tenant: null,
      status: null,
      latencyMs: null,
      task: null,
      gold: null,
      tags: null,
    };
    expect(parseCall({ request, response, ...empty })).toEqual(parseCall({ request, response }));
  });

  it('keeps every form of gold, and tags as text', () => {
    for (const gold of ['spam', 0, false, { label: 'x' }, ['a']]) {
      expect(parseCall({ request, response, gold })).toMatchObject({ ok: true, draft: { gold } });
    }
    expect(parseCall({ request, response, tags: { step: 1, last: true, none: null } })).toMatchObject({
      draft: { tags: { step: '1', last: 'true' } },
    });
  });

  it.each([
    [[], 'is an empty list; give a JSON object'],
    ['text', 'is "text"; give a JSON object'],
    [{ response }, '`request` is missing; give the body of a chat completion'],
    [{ request }, '`response` is missing; give the body of the answer'],
    [{ request, response: 'yes' }, '`response` is "yes"; give the body of the answer'],
    [{ request: { messages: request.messages }, response }, "`request.model` is missing; give the model's name"],
    [
      { request: { model: 'm', prompt: 'x' }, response },
      '`request.messages` is missing; give the messages of a chat completion',
    ],
    [
      { request: { model: 'm', messages: [] }, response },
      '`request.messages` is an empty list; give the messages of a chat completion',
    ],
    [
      { request: { model: 'm', messages: [{ role: 'user' }, 'x'] }, response },
      '`request.messages[1]` is "x"; give an object with a `role`',
    ],
    [{ request, response, at: 'yesterday' }, '`at` is "yesterday"; give a time like 2026-10-01T00:01:22.155Z'],
    [{ request, response, status: 99 }, '`status` is 99; give an HTTP status from 100 to 599'],
    [{ request, response, latencyMs: -1 }, '`latencyMs` is -1; give milliseconds from 0'],
    [{ request, response, tenant: '' }, '`tenant` is ""; give a text'],
    [{ request, response, id: {} }, '`id` is an object; give a text'],
    [{ request, response, tags: { a: [] } }, '`tags.a` is an empty list; give a text'],
  ])('says what is wrong with %j', (record, reason) => {
    expect(reasonOf(record)).toBe(reason);
  });
});

describe('parseTime', () => {
  it.each([
    ['2026-10-01T00:01:22.155Z', '2026-10-01T00:01:22.155Z'],
    ['2026-10-01T02:01:22+02:00', '2026-10-01T00:01:22.000Z'],
    ['2026-10-01 00:01:22.155', '2026-10-01T00:01:22.155Z'],
    ['2026-10-01T00:01:22', '2026-10-01T00:01:22.000Z'],
    ['2026-10-01', '2026-10-01T00:00:00.000Z'],
    [1790812882.155, '2026-10-01T00:01:22.155Z'],
    [1790812882155, '2026-10-01T00:01:22.155Z'],
  ])('reads %j as %s, whatever zone the machine is in', (value, iso) => {
    expect(new Date(parseTime(value) ?? Number.NaN).toISOString()).toBe(iso);
  });

  it.each([['10/01/2026'], ['2026-13-01'], [Number.NaN], [1e17], [true], [null]])('takes %j for no time', (value) => {
    expect(parseTime(value)).toBeNull();
  });
});
