import { createServer } from 'node:http';
import {
  type CapturedCall,
  createGateway,
  type Gateway,
  type GatewayOptions,
  type RequestEnd,
} from '../src/gateway/gateway.ts';
import { createOpenAiCompatibleProvider } from '../src/providers/openai-compatible/openai-compatible-provider.ts';
import type { Provider } from '../src/providers/provider.ts';
import { completeSettings, type SettingsInput } from '../src/settings.ts';
import { type ScriptedEngine, scriptedEngine } from './scripted-engine.ts';
import { listen, type ScriptedUpstream, shut, startUpstream } from './scripted-upstream.ts';

export interface GatewayUnderTest {
  readonly origin: string;
  readonly gateway: Gateway;
  readonly upstream: ScriptedUpstream;
  readonly engine: ScriptedEngine;
  readonly captured: readonly CapturedCall[];
  readonly ends: readonly RequestEnd[];
  close(): Promise<void>;
}

export interface GatewayScript {
  readonly script: Parameters<typeof startUpstream>[0];
  readonly engine?: ScriptedEngine;
  readonly settings?: SettingsInput;
  readonly gateway?: Partial<GatewayOptions>;
  /** The upstream as the gateway sees it; an OpenAI-compatible one where nothing is said. */
  readonly provide?: (baseUrl: string) => Provider;
}

/** A gateway on a port of its own, before a scripted upstream. */
export async function startGateway({
  script,
  engine = scriptedEngine(),
  settings = {},
  gateway: change = {},
  provide,
}: GatewayScript): Promise<GatewayUnderTest> {
  const upstream = await startUpstream(script);
  const complete = completeSettings({ ...settings, upstream: { baseUrl: upstream.baseUrl, ...settings.upstream } });
  const provider =
    provide?.(upstream.baseUrl) ??
    createOpenAiCompatibleProvider({ ...complete.upstream, baseUrl: upstream.baseUrl, apiKey: null });
  const captured: CapturedCall[] = [];
  const ends: RequestEnd[] = [];
  const gateway = createGateway({
    engine,
    provider,
    settings: complete,
    onCall: (call) => void captured.push(call),
    onEnd: (end) => void ends.push(end),
    ...change,
  });
  const server = createServer(gateway.handle);
  const origin = await listen(server);
  return {
    origin,
    gateway,
    upstream,
    engine,
    captured,
    ends,
    async close() {
      await shut(server);
      await provider.close();
      await upstream.close();
    },
  };
}
