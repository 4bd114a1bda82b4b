// The provider: a short answer at once, or a stream of 43 events, each written by itself. It says its port.
import http from 'node:http';

const usage = { prompt_tokens: 420, completion_tokens: 41, total_tokens: 461 };
const base = { id: 'chatcmpl-1', created: 1_790_000_000, model: 'gpt-4o-mini-2024-07-18' };
const labels = {
  invoice: 'billing',
  charge: 'billing',
  refund: 'billing',
  payment: 'billing',
  receipt: 'billing',
  discount: 'billing',
};
const travel = /flight|hotel|luggage|airport|visa|train/;

function whole(label) {
  const message = { role: 'assistant', content: label, refusal: null };
  const choices = [{ index: 0, message, logprobs: null, finish_reason: 'stop' }];
  return JSON.stringify({ ...base, object: 'chat.completion', choices, usage });
}

const answers = Object.fromEntries(['billing', 'travel', 'health'].map((label) => [label, Buffer.from(whole(label))]));
const chunk = (delta, finish_reason = null) =>
  Buffer.from(
    `data: ${JSON.stringify({ ...base, object: 'chat.completion.chunk', choices: [{ index: 0, delta, logprobs: null, finish_reason }] })}\n\n`,
  );
const events = [
  chunk({ role: 'assistant', content: '' }),
  ...Array.from({ length: 40 }, (_, index) => chunk({ content: ` word${index}` })),
  chunk({}, 'stop'),
  Buffer.from('data: [DONE]\n\n'),
];

function labelOf(text) {
  const word = Object.keys(labels).find((keyword) => text.includes(keyword));
  return word === undefined ? (travel.test(text) ? 'travel' : 'health') : labels[word];
}

const server = http.createServer((request, response) => {
  const pieces = [];
  request.on('data', (piece) => pieces.push(piece));
  request.on('end', () => {
    const text = Buffer.concat(pieces).toString();
    if (!text.includes('"stream":true')) {
      const body = answers[labelOf(text)];
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length }).end(body);
      return;
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const event of events) response.write(event);
    response.end();
  });
});
server.listen(Number(process.argv[2] ?? 0), '127.0.0.1', () =>
  console.log(JSON.stringify({ port: server.address().port })),
);
