import { describe, expect, it } from 'vitest';
import type { ChatRequest, JsonObject } from '../records/call.ts';
import { studentObstacle, traitsOf } from './student-obstacle.ts';

const plain: ChatRequest = { model: 'm', messages: [{ role: 'user', content: 'Which intent?' }], temperature: 0 };
const tool: JsonObject = { type: 'function', function: { name: 'route', parameters: { type: 'object' } } };

function obstacle(change: JsonObject, seen: JsonObject = {}) {
  return studentObstacle({ ...plain, ...change }, traitsOf({ ...plain, ...seen }));
}

describe('C37: studentObstacle', () => {
  it('finds none in a request like those of the task', () => {
    expect(obstacle({})).toBeNull();
    expect(obstacle({ stream: true, user: 'u', metadata: { task: 't' }, store: true })).toBeNull();
  });

  it('knows defaults for what they are', () => {
    expect(obstacle({ n: 1, top_p: 1, logprobs: false, tools: [], response_format: { type: 'text' } })).toBeNull();
    expect(obstacle({ stop: null, tools: null })).toBeNull();
  });

  it('names several choices', () => {
    expect(obstacle({ n: 2 }, { n: 2 })).toBe('unsupported-n');
  });

  it('names log-probabilities', () => {
    expect(obstacle({ logprobs: true }, { logprobs: true })).toBe('unsupported-logprobs');
    expect(obstacle({ top_logprobs: 3 }, { top_logprobs: 3 })).toBe('unsupported-logprobs');
  });

  it('names images and every other content that is no text', () => {
    const image = [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'data:,' } }] }];
    expect(obstacle({ messages: image }, { messages: image })).toBe('unsupported-content');
    expect(obstacle({ messages: [{ role: 'user', content: { text: 'x' } }] })).toBe('unsupported-content');
    expect(obstacle({ messages: [{ role: 'user', content: [{ type: 'text', text: 'x' }] }] })).toBeNull();
  });

  it('names tools that the task has not seen, and lets the ones it has', () => {
    expect(obstacle({ tools: [tool] })).toBe('unsupported-tools');
    expect(obstacle({}, { tools: [tool] })).toBe('unsupported-tools');
    expect(obstacle({ tools: [tool], tool_choice: 'required' }, { tools: [tool] })).toBe('unsupported-tools');
    const sameInOtherOrder = { function: { parameters: { type: 'object' }, name: 'route' }, type: 'function' };
    expect(obstacle({ tools: [sameInOtherOrder] }, { tools: [tool] })).toBeNull();
  });

  it('names another response format', () => {
    const format = { response_format: { type: 'json_object' } };
    expect(obstacle(format)).toBe('unsupported-response-format');
    expect(obstacle({}, format)).toBe('unsupported-response-format');
    expect(obstacle(format, format)).toBeNull();
  });

  it('names other sampling', () => {
    expect(obstacle({ temperature: 1.5 })).toBe('unsupported-parameter');
    expect(obstacle({ temperature: null })).toBe('unsupported-parameter');
    expect(obstacle({ logit_bias: { 50256: -100 } })).toBe('unsupported-parameter');
    expect(obstacle({ stop: ['\n'] })).toBe('unsupported-parameter');
  });

  it('names a forced seed', () => {
    expect(obstacle({ seed: 7 })).toBe('unsupported-parameter');
    expect(obstacle({ seed: 7 }, { seed: 7 })).toBeNull();
  });

  it('names a field that nobody has heard of', () => {
    expect(obstacle({ web_search_options: {} })).toBe('unsupported-parameter');
  });

  it('names audio, predictions and penalties', () => {
    expect(obstacle({ modalities: ['text', 'audio'], audio: { voice: 'alloy' } })).toBe('unsupported-parameter');
    expect(obstacle({ prediction: { type: 'content', content: 'x' } })).toBe('unsupported-parameter');
    expect(obstacle({ presence_penalty: 0.5 })).toBe('unsupported-parameter');
    expect(obstacle({ reasoning_effort: 'high' })).toBe('unsupported-parameter');
  });

  it('names a limit that could cut the answer, and lets a wider one', () => {
    expect(obstacle({ max_tokens: 1 })).toBe('unsupported-parameter');
    expect(obstacle({ max_tokens: 5 }, { max_tokens: 20 })).toBe('unsupported-parameter');
    expect(obstacle({ max_tokens: 50 }, { max_tokens: 20 })).toBeNull();
    expect(obstacle({}, { max_tokens: 20 })).toBeNull();
    expect(obstacle({ max_completion_tokens: 1_000 })).toBeNull();
    expect(obstacle({ max_completion_tokens: 20 }, { max_tokens: 20 })).toBeNull();
    expect(obstacle({ max_completion_tokens: 19 }, { max_tokens: 20 })).toBe('unsupported-parameter');
  });
});
