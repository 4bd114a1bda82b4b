import { equal } from 'node:assert/strict';
import type { OurGateway } from './check.ts';
import { ask } from './client.ts';

export interface IssuedKey {
  readonly id: string;
  readonly secret: string;
}

/** Makes a gateway key as `rightsize keys add` does. */
export async function addKey(ours: OurGateway, wish: Readonly<Record<string, unknown>> = {}): Promise<IssuedKey> {
  const { status, text, json } = await ask(ours, {
    path: '/admin/v1/keys',
    body: { name: 'conformance', ...wish },
    headers: { authorization: '' },
  });
  equal(status, 201, text.slice(0, 200));
  return json;
}

export function bearer({ secret }: IssuedKey): Record<string, string> {
  return { authorization: `Bearer ${secret}` };
}
