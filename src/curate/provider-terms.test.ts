import { describe, expect, it } from 'vitest';
import { basisInWords, findTerms, hostOf, noticeOf } from './provider-terms.ts';
import { providerTermsTable } from './provider-terms-table.ts';

const names = (model: string, upstream: string | null = null) => findTerms({ model, upstream }).map(({ id }) => id);

describe('findTerms', () => {
  it.each([
    ['gpt-4o-mini', null, ['openai']],
    ['gpt-5.4-mini-2026-03-01', 'https://api.openai.com/v1', ['openai']],
    ['o3-mini', null, ['openai']],
    ['gpt-4o', 'https://acme.openai.azure.com/openai/v1', ['azure-openai']],
    ['claude-sonnet-4-6', 'https://api.anthropic.com/v1', ['anthropic']],
    ['gemini-2.5-flash', 'https://generativelanguage.googleapis.com/v1beta/openai', ['google-gemini']],
    ['mistral-small-latest', 'https://api.mistral.ai/v1', ['mistral']],
    ['deepseek-chat', 'https://api.deepseek.com', ['deepseek']],
    ['grok-4', 'https://api.x.ai/v1', ['xai']],
    ['command-r-plus', null, ['cohere']],
    ['meta-llama/Llama-3.3-70B-Instruct', null, ['llama-3.1-and-later']],
    ['llama-3-8b-instruct', null, ['llama-2-and-3.0']],
    ['Llama-2-13b-chat-hf', null, ['llama-2-and-3.0']],
    ['google/gemma-3-27b-it', null, ['gemma']],
    ['gemma-4-31b', null, ['gemma-4']],
    ['Qwen/Qwen2.5-7B-Instruct', null, ['qwen']],
    ['openai/gpt-oss-120b', null, ['permissive-weights']],
  ])('knows who answers as %s at %s', (model, upstream, expected) => {
    expect(names(model, upstream)).toEqual(expected);
  });

  it.each([
    ['https://openrouter.ai/api/v1', 'anthropic/claude-haiku-4-5', ['openrouter', 'anthropic']],
    ['https://api.groq.com/openai/v1', 'llama-3.3-70b-versatile', ['groq', 'llama-3.1-and-later']],
    [
      'https://bedrock-runtime.eu-west-1.amazonaws.com',
      'anthropic.claude-3-5-sonnet-20240620-v1:0',
      ['amazon-bedrock', 'anthropic'],
    ],
    ['https://api.together.xyz/v1', 'somebody/own-model', ['together']],
  ])('adds the terms of the model where %s only hosts it', (upstream, model, expected) => {
    expect(names(model, upstream)).toEqual(expected);
  });

  it('goes by the name of the model where the host is nobody’s', () => {
    expect(names('qwen3-8b', 'http://127.0.0.1:8000/v1')).toEqual(['qwen']);
  });

  it('says nothing of a teacher that it does not know', () => {
    expect(names('our-own-model', 'http://llm.internal:9000')).toEqual([]);
    expect(names('', null)).toEqual([]);
  });

  it('takes no host for another that only ends alike', () => {
    expect(names('own', 'https://evil-openrouter.ai')).toEqual([]);
  });
});

describe('hostOf', () => {
  it.each([
    ['https://api.openai.com/v1', 'api.openai.com'],
    ['localhost:8000', 'localhost'],
    ['not a host', 'not a host'],
  ])('reads %s', (upstream, host) => {
    expect(hostOf(upstream)).toBe(host);
  });
});

describe('the table of terms', () => {
  it('gives every notice a source, a month, and a day only where the text itself was read', () => {
    for (const terms of providerTermsTable) {
      expect(terms.source.url).toMatch(/^https:\/\//);
      expect(terms.asOf).toMatch(/^\d{4}-\d{2}$/);
      expect(terms.checked === null).toBe(terms.basis !== 'text');
      expect(terms.says.length).toBeGreaterThan(terms.short.length / 2);
    }
    expect(new Set(providerTermsTable.map(({ id }) => id)).size).toBe(providerTermsTable.length);
  });

  it('says in words how sure a notice is', () => {
    const words = new Map(providerTermsTable.map((terms) => [terms.id, basisInWords(noticeOf(terms))]));
    expect(words.get('google-gemini')).toBe('read on 2026-11-25');
    expect(words.get('openai')).toBe('from quotations, as of 2026-11');
    expect(words.get('cohere')).toBe('from general knowledge, as of 2025-06');
  });
});
