import { costAtPrice, readUsage } from '../../economics/cost-of-call.ts';
import { isJsonObject, type JsonObject } from '../../records/call.ts';
import { bytesPerToken } from '../answer-call.ts';
import { askForUsage } from '../ask-for-usage.ts';
import { askUpstream } from '../ask-upstream.ts';
import { type Exchange, type ExchangeEnd, plainEnd } from '../exchange.ts';
import { packEmbeddings } from '../gates/pack-embeddings.ts';
import { readBody } from '../read-body.ts';
import { readJsonObject } from '../read-chat-request.ts';
import type { RouteParts } from '../route-parts.ts';
import { UsageTail } from '../usage-tail.ts';

/** `/completions`, `/embeddings`, `/responses`, `/messages/count_tokens`: sent on as they are, read only for limits and figures. */
export async function answerMetered(exchange: Exchange, parts: RouteParts): Promise<ExchangeEnd> {
  const { id, request, endpoint } = exchange;
  const body = await readBody(request, parts.maxBodyBytes);
  const asked = readJsonObject(body);
  const model = typeof asked.model === 'string' ? asked.model : null;
  const limits = await exchange.reserve({
    model,
    inputTokens: Math.ceil(body.length / bytesPerToken),
    maxOutputTokens: mostTokens(asked),
    answers: asked.best_of ?? asked.n,
    isFree: endpoint.name === 'count-tokens',
  });
  const tail = new UsageTail();
  const { upstream, failure, status, value } = await askUpstream(exchange, parts, {
    model,
    body,
    meteredBody: endpoint.name === 'completions' ? askForUsage(body, asked) : null,
    isStream: asked.stream === true,
    headers: { ...limits, 'x-rightsize-call': id, 'x-rightsize-answered-by': 'teacher' },
    tee: tail,
    rewrite: endpoint.name === 'embeddings' && asked.encoding_format === 'base64' ? packEmbeddings : null,
  });
  const figures = failure === null ? figuresOf(value ?? tail.read(upstream?.headers ?? {})) : null;
  return {
    ...plainEnd(status, 'teacher', failure?.code ?? null),
    model,
    usage: figures === null ? null : readUsage(figures),
    cost: figures === null ? null : costAtPrice(upstream?.price ?? null, figures, model ?? ''),
    deployment: upstream?.deployment ?? null,
    attempts: upstream?.attempts ?? 1,
  };
}

/** Embeddings write nothing: tokens that are not told were not made. */
function figuresOf(answer: JsonObject | null): JsonObject | null {
  if (answer === null || !isJsonObject(answer.usage)) return answer;
  const { usage } = answer;
  const isOnlyInput = usage.total_tokens !== undefined && usage.total_tokens === usage.prompt_tokens;
  return isOnlyInput ? { ...answer, usage: { completion_tokens: 0, ...usage } } : answer;
}

function mostTokens(asked: JsonObject): number | null {
  const most = asked.max_output_tokens ?? asked.max_tokens;
  return typeof most === 'number' ? most : null;
}
