import type { ChatRequest, JsonObject } from '../../records/call.ts';

/** One request as an application would send it, and what came back. */
export interface AskedRequest {
  readonly input: string;
  readonly status: number;
  readonly answer: string;
  readonly answeredBy: string;
  readonly reason: string;
  readonly task: string | null;
  readonly score: number | null;
}

export interface Asking {
  /** Who sent the requests: the `openai` package where it is installed, as in a clone; else plain HTTP. */
  readonly client: 'openai' | 'http';
  readonly requests: readonly AskedRequest[];
}

/** Sends requests to the gateway at `baseUrl` one after the other, with nothing changed in the application but that URL. */
export async function askGateway(baseUrl: string, requests: readonly ChatRequest[]): Promise<Asking> {
  const send = await openClient(baseUrl);
  const asked: AskedRequest[] = [];
  for (const request of requests) {
    const { status, headers, answer } = await send.send(request);
    const score = headers.get('x-rightsize-score');
    asked.push({
      input: lastText(request),
      status,
      answer,
      answeredBy: headers.get('x-rightsize-answered-by') ?? 'unknown',
      reason: headers.get('x-rightsize-reason') ?? 'unknown',
      task: headers.get('x-rightsize-task'),
      score: score === null ? null : Number(score),
    });
  }
  return { client: send.client, requests: asked };
}

interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly answer: string;
}

interface Client {
  readonly client: Asking['client'];
  send(request: ChatRequest): Promise<Reply>;
}

async function openClient(baseUrl: string): Promise<Client> {
  const { OpenAI } = await import('openai').catch(() => ({ OpenAI: null }));
  if (OpenAI === null) return { client: 'http', send: (request) => sendPlain(baseUrl, request) };
  const openai = new OpenAI({ baseURL: baseUrl, apiKey: 'none-needed', maxRetries: 0 });
  return {
    client: 'openai',
    async send(request) {
      const { data, response } = await openai.chat.completions
        .create(request as unknown as Parameters<typeof openai.chat.completions.create>[0] & { stream?: false })
        .withResponse();
      return { status: response.status, headers: response.headers, answer: data.choices[0]?.message.content ?? '' };
    },
  };
}

async function sendPlain(baseUrl: string, request: ChatRequest): Promise<Reply> {
  const response = await fetch(`${baseUrl}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(request),
  });
  const body = (await response.json()) as JsonObject & { choices?: readonly { message?: { content?: string } }[] };
  return { status: response.status, headers: response.headers, answer: body.choices?.[0]?.message?.content ?? '' };
}

function lastText(request: ChatRequest): string {
  const content = request.messages.at(-1)?.content;
  return typeof content === 'string' ? content : JSON.stringify(content ?? null);
}
