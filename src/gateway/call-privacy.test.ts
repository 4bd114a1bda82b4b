import { afterEach, describe, expect, it } from 'vitest';
import { startGateway } from '../../test/running-gateway.ts';
import { type ScriptedEngine, scriptedEngine } from '../../test/scripted-engine.ts';
import { completion, sendJson } from '../../test/scripted-upstream.ts';
import { completeSettings, type SettingsInput } from '../settings.ts';
import { CallPrivacy, PrivacyCounts } from './call-privacy.ts';

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function start(
  settings: SettingsInput,
  engine: ScriptedEngine = scriptedEngine(),
  answer: (asked: string) => string = () => 'ok',
) {
  const warned: object[] = [];
  const started = await startGateway({
    script: (response, { body }) => sendJson(response, 200, completion(answer(body))),
    engine,
    settings,
    gateway: { log: { warn: (details, message) => void warned.push({ ...details, message }) } },
  });
  closers.push(() => started.close());
  const ask = (content: string, headers: Record<string, string> = {}, fields: object = {}) =>
    fetch(`${started.origin}/v1/chat/completions`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content }], ...fields }),
    });
  return { ...started, warned, ask };
}

async function textOf(response: Response): Promise<string | undefined> {
  const body = (await response.json()) as ReturnType<typeof completion>;
  return body.choices[0]?.message.content;
}

const standard: SettingsInput = { redaction: { recognisers: 'standard' } };

describe('S11: redaction on the way', () => {
  it('reaches whoever learns and whoever keeps, and neither the upstream nor the caller', async () => {
    const { ask, engine, upstream, captured, gateway } = await start(
      standard,
      undefined,
      () => 'mail to jane@x.example',
    );
    const answered = await ask('I am jane@x.example', {}, { user: 'jane@x.example' });
    expect(await textOf(answered)).toBe('mail to jane@x.example');
    expect(upstream.received[0]?.body).toContain('jane@x.example');
    const [{ call } = { call: null }] = await engine.seen(1);
    await expect.poll(() => captured.length).toBe(1);
    expect(JSON.stringify([engine.asked, call, captured])).not.toContain('jane');
    expect(captured[0]?.call.request).toEqual({
      model: 'm',
      messages: [{ role: 'user', content: 'I am [EMAIL_1]' }],
      user: '[EMAIL_1]',
    });
    expect(captured[0]?.call.response).toMatchObject({ choices: [{ message: { content: 'mail to [EMAIL_1]' } }] });
    expect(gateway.counts).toMatchObject({
      redactionFailures: 0,
      redacted: [{ tenant: 'default', recogniser: 'email', count: 3 }],
    });
  });

  it('lets a student see redacted text in serving too, and puts the words of the call into its answer', async () => {
    const engine = scriptedEngine(({ request }) => `send to ${String(request.messages[0]?.content).slice(-9)}`);
    const { ask, captured } = await start(standard, engine);
    const answered = await ask('I am jane@x.example');
    expect(answered.headers.get('x-rightsize-answered-by')).toBe('student');
    expect(await textOf(answered)).toBe('send to jane@x.example');
    await expect.poll(() => captured.length).toBe(1);
    expect(captured[0]?.call.response).toMatchObject({ choices: [{ message: { content: 'send to [EMAIL_1]' } }] });
  });

  it('sends a call to the teacher where the answer of the student holds a placeholder of nothing in it', async () => {
    const { ask } = await start(
      standard,
      scriptedEngine(() => 'write to [EMAIL_7]'),
    );
    const answered = await ask('I am jane@x.example');
    expect(answered.headers.get('x-rightsize-answered-by')).toBe('teacher');
    expect(answered.headers.get('x-rightsize-reason')).toBe('content-withheld');
    expect(await textOf(answered)).toBe('ok');
  });

  it('is told for single tenants, and leaves the others alone', async () => {
    const { ask, captured } = await start({ redaction: { tenants: { shop: ['email'] } } });
    await ask('jane@x.example', { 'x-rightsize-tenant': 'shop' });
    await ask('jane@x.example', { 'x-rightsize-tenant': 'lab' });
    await expect.poll(() => captured.length).toBe(2);
    const contents = captured.map(({ call }) => [call.tenant, call.request.messages[0]?.content]);
    expect(new Map(contents as [string, string][])).toEqual(
      new Map([
        ['shop', '[EMAIL_1]'],
        ['lab', 'jane@x.example'],
      ]),
    );
  });

  it('keeps figures only where it fails, lets no student answer, and counts and tells it without content', async () => {
    const { ask, engine, captured, gateway, warned } = await start(
      standard,
      scriptedEngine(() => 'by student'),
    );
    const deep = JSON.parse(`${'['.repeat(1_000)}"jane@x.example"${']'.repeat(1_000)}`);
    const answered = await ask('hello', {}, { extra: deep });
    expect(answered.headers.get('x-rightsize-answered-by')).toBe('teacher');
    await expect.poll(() => captured.length).toBe(1);
    expect(captured[0]?.call).toMatchObject({ request: { model: 'm', messages: [] }, response: { usage: {} } });
    expect(engine.observed).toEqual([]);
    expect(gateway.counts.redactionFailures).toBe(1);
    expect(warned).toEqual([expect.objectContaining({ message: 'a call could not be redacted' })]);
    expect(JSON.stringify([captured, warned])).not.toContain('jane');
  });

  it('keeps figures only where the answer alone cannot be redacted', () => {
    const counts = new PrivacyCounts();
    const privacy = new CallPrivacy(completeSettings(standard), counts);
    const request = { model: 'm', messages: [] };
    const call = { id: 'c', at: 0, tenant: 't', request, task: null, forceTeacher: false, tags: {} };
    const asked = privacy.prepare(call);
    const response = {
      usage: { total_tokens: 1 },
      deep: JSON.parse(`${'['.repeat(1_000)}"a@b.example"${']'.repeat(1_000)}`),
    };
    const finished = privacy.finish(asked, { ...call, status: 200, latencyMs: 1, gold: null, response }, 'content');
    expect(finished).toMatchObject({ keeping: 'figures', call: { response: { usage: { total_tokens: 1 } } } });
    expect(JSON.stringify(finished)).not.toContain('a@b');
    expect(counts.failures).toBe(1);
  });

  it('is refused at the start where a pattern can be made slow, or a recogniser is unknown', async () => {
    await expect(start({ redaction: { patterns: [{ name: 'slow', pattern: '(a+)+$' }] } })).rejects.toMatchObject({
      code: 'invalid_setting',
    });
    await expect(start({ redaction: { recognisers: ['emial'] } })).rejects.toThrow('Did you mean `email`');
  });
});

describe('S11: what is kept per task', () => {
  it('is nothing of a task by the name that the application gives it', async () => {
    const { ask, engine, captured } = await start(
      { capture: { tasks: { secret: 'nothing' } } },
      scriptedEngine(() => 'by student'),
    );
    const answered = await ask('hello', { 'x-rightsize-task': 'secret' });
    expect(answered.headers.get('x-rightsize-answered-by')).toBe('teacher');
    await ask('hello');
    await expect.poll(() => captured.length).toBe(1);
    expect(engine.observed.length).toBe(1);
  });

  it('is figures of a task by the name that matching finds, and its student is silent', async () => {
    const settings: SettingsInput = { capture: { tasks: { 'default/intent': 'figures' } } };
    const { ask, engine, captured } = await start(
      settings,
      scriptedEngine(() => 'by student'),
    );
    const answered = await ask('hello');
    expect(answered.headers.get('x-rightsize-answered-by')).toBe('teacher');
    expect(answered.headers.get('x-rightsize-reason')).toBe('content-withheld');
    await expect.poll(() => captured.length).toBe(1);
    expect(captured[0]?.call).toMatchObject({ request: { messages: [] } });
    expect(engine.observed).toEqual([]);
  });
});

describe('the user of a call', () => {
  it('is written down as a reference, from the header or the body, and not with figures', async () => {
    const { ask, captured } = await start({ capture: { tenants: { quiet: 'figures' } } });
    const named = [{ user: 'u-1' }, { safety_identifier: 'u-1' }, { metadata: { user_id: 'u-1' } }];
    for (const fields of named) await ask('hello', {}, fields);
    await ask('hello', { 'x-rightsize-user': 'u-1' }, { user: 'other' });
    await ask('hello');
    await ask('hello', { 'x-rightsize-tenant': 'quiet' }, { user: 'u-1' });
    await expect.poll(() => captured.length).toBe(6);
    const users = captured.map(({ user }) => user);
    expect(users).toEqual([users[0], users[0], users[0], users[0], null, null]);
    expect(users[0]).toMatch(/^[\w-]{22}$/);
  });
});
