import { describe, expect, it } from 'vitest';
import { differingPath, differingRequestBody, keyHeaders } from './api-differences.ts';
import { differencesOf, hasEndpoint, providerTable } from './provider-table.ts';

describe('what differs between providers', () => {
  const azure = differencesOf('azure', 'https://name.openai.azure.com', null);

  it('puts an Azure deployment into the path and the version into the query', () => {
    expect(differingPath({ path: '/chat/completions', model: 'my gpt' }, azure)).toBe(
      '/openai/deployments/my%20gpt/chat/completions?api-version=2024-10-21',
    );
    expect(differingPath({ path: '/files?limit=1', model: null }, azure)).toBe(
      '/openai/files?limit=1&api-version=2024-10-21',
    );
    const dated = differencesOf('azure', 'https://name.openai.azure.com', '2026-01-01');
    expect(differingPath({ path: '/models', model: null }, dated)).toBe('/openai/models?api-version=2026-01-01');
  });

  it('sends Azure’s newer form as it is, with the key in the same header', () => {
    const newer = differencesOf('azure', 'https://name.openai.azure.com/openai/v1/', null);
    expect(differingPath({ path: '/chat/completions', model: 'm' }, newer)).toBe('/chat/completions');
    expect(keyHeaders('k', newer)).toEqual({ 'api-key': 'k' });
    expect(keyHeaders('k')).toEqual({ authorization: 'Bearer k' });
  });

  it('sends Mistral none of the members that it refuses', () => {
    const body = Buffer.from('{"model":"m","stream_options":{"include_usage":true},"max_completion_tokens":9}');
    const sent = differingRequestBody(body, providerTable.mistral.differences);
    expect(String(sent)).toBe('{"model":"m","max_tokens":9}');
  });

  it('leaves the bytes of everybody else alone', () => {
    const body = Buffer.from('{"max_completion_tokens":9}');
    expect(differingRequestBody(body, providerTable.openai.differences)).toBe(body);
  });

  it('knows an endpoint by its whole name', () => {
    expect(hasEndpoint(providerTable.groq, '/embeddings')).toBe(false);
    expect(hasEndpoint(providerTable.groq, '/completions?x')).toBe(false);
    expect(hasEndpoint(providerTable.groq, '/chat/completions')).toBe(true);
    expect(hasEndpoint(providerTable.deepseek, '/responses/resp_1')).toBe(false);
  });
});
