// Usage: node scripts/build-demo.mjs [DATA_FOLDER]
// Writes demo/traffic/calls.jsonl.gz: a month of calls made of published texts and answers (see demo/README.md).
// The same data gives the same calls. DATA_FOLDER (default ../shared/data) holds one folder a set.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';

const data = process.argv[2] ?? '../shared/data';
const start = Date.parse('2026-09-01T00:00:00Z');
const days = 30;

const bank = [...rows('banking77/test.jsonl'), ...rows('banking77/train.jsonl.gz')].filter(({ llm }) => llm?.['gpt-4']);
const bankLabels = [...new Set(bank.map(({ gold }) => gold))].sort();
const headlines = [...rows('headlines/train.jsonl'), ...rows('headlines/test.jsonl')];
const commands = rows('snips/train.jsonl.gz');
const comments = rows('goemotions/test.jsonl').filter(({ gold }) => gold.length === 1);
const problems = rows('routellm-gsm8k/all.jsonl.gz');

const calls = [
  ...bank.map(bankCall),
  ...sample(headlines, 4000).map(headlineCall),
  ...sample(commands, 3000).map(commandCall),
  ...sample(comments, 2000).map(commentCall),
  ...sample(problems, 500).map(problemCall),
].sort((a, b) => compare(rank(a.id), rank(b.id)));

const lines = calls.map((call, i) => JSON.stringify(inTime(call, (i + 0.5) / calls.length)));
mkdirSync('demo/traffic', { recursive: true });
const packed = gzipSync(`${lines.join('\n')}\n`, { level: 9 });
writeFileSync('demo/traffic/calls.jsonl.gz', packed);
console.log(`${calls.length} calls, ${packed.length} bytes`);

function bankCall({ id, text, gold, llm }) {
  const instructions = [
    'You sort the messages that customers write to our bank.',
    'Reply with the one intent that fits best, spelled exactly as in this list, and nothing else.',
    bankLabels.join('\n'),
  ].join('\n\n');
  return {
    ...call({ id, model: 'gpt-4', messages: [system(instructions), user(text)], answer: llm['gpt-4'] }),
    gold,
  };
}

function headlineCall({ id, text, gold }) {
  const instructions =
    'Read the headline and say in which direction it reports the gold price to move. Reply in JSON: {"direction": "up" | "down" | "neutral" | "none"}';
  return call({
    id,
    model: 'gpt-4o-mini',
    messages: [system(instructions), user(`Headline: ${text}\nDirection:`)],
    answer: JSON.stringify({ direction: gold }),
    options: { response_format: { type: 'json_object' } },
  });
}

function commandCall({ id, text, gold }) {
  const prompt = `Here is what somebody said to the assistant in their living room.\n\n"${text}"\n\nName what they want. Choose from AddToPlaylist, BookRestaurant, GetWeather, PlayMusic, RateBook, SearchCreativeWork, SearchScreeningEvent, and write it as: The speaker wants: X.`;
  return call({ id, model: 'gpt-4o', messages: [user(prompt)], answer: `The speaker wants: ${gold}.` });
}

function commentCall({ id, text, gold: [emotion] }) {
  const instructions = 'Which emotion does this comment show? Answer with a single word.';
  return call({ id, model: 'gpt-4o-mini', messages: [system(instructions), user(text)], answer: emotion });
}

function problemCall({ id, prompt, responses }) {
  const model = 'gpt-4-1106-preview';
  return call({ id, model, messages: [user(prompt)], answer: responses[model] });
}

/** A call as the log format wants it. Token counts are a quarter of the characters: nobody recorded the real ones. */
function call({ id, model, messages, answer, options = {} }) {
  const promptTokens = tokens(messages.map(({ content }) => content).join(' '));
  const completionTokens = tokens(answer);
  return {
    id,
    request: { model, messages, temperature: 0, ...options },
    response: {
      id: `chatcmpl-${id}`,
      object: 'chat.completion',
      model,
      choices: [{ index: 0, message: { role: 'assistant', content: answer }, finish_reason: 'stop' }],
      usage: {
        prompt_tokens: promptTokens,
        completion_tokens: completionTokens,
        total_tokens: promptTokens + completionTokens,
      },
    },
  };
}

/** Spreads the calls over the month: nights are quiet, afternoons are busy. */
function inTime({ id, request, response, ...rest }, share) {
  const day = Math.floor(share * days);
  const withinDay = share * days - day;
  // The integral of 1 − 0.7 cos(2πt) is close enough to be inverted by one step of a fixed point.
  const time = withinDay + (0.7 / (2 * Math.PI)) * Math.sin(2 * Math.PI * withinDay);
  const at = new Date(start + Math.round((day + time) * 86_400_000));
  const { object, ...body } = response;
  const created = Math.floor(at.getTime() / 1000);
  return { id, at: at.toISOString(), request, response: { ...body, object, created }, ...rest };
}

/** The rows whose ids have the smallest hashes, so that the choice depends on nothing but the ids. */
function sample(list, count) {
  return [...list].sort((a, b) => compare(rank(`pick ${a.id}`), rank(`pick ${b.id}`))).slice(0, count);
}

function rank(id) {
  return createHash('sha256').update(id).digest('hex');
}

function compare(a, b) {
  return a < b ? -1 : 1;
}

function rows(path) {
  const bytes = readFileSync(join(data, path));
  const text = (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

function tokens(text) {
  return Math.max(1, Math.round(text.length / 4));
}

function system(content) {
  return { role: 'system', content };
}

function user(content) {
  return { role: 'user', content };
}
