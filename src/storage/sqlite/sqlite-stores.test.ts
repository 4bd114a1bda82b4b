import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { describeCallStore } from '../call-store.contract.ts';
import { describeStore } from '../store.contract.ts';
import { openSqliteStore } from './open-sqlite-store.ts';

const folders: string[] = [];
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))));

async function openFresh() {
  const folder = await mkdtemp(join(tmpdir(), 'rightsize-store-'));
  folders.push(folder);
  return openSqliteStore(folder);
}

describeCallStore('sqlite', openFresh);
describeStore('sqlite', openFresh);
