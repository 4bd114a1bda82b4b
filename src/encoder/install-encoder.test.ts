import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeTinyEncoder } from '../../test/tiny-encoder.ts';
import { type EncoderInstallation, type InstalledEncoder, installEncoder } from './install-encoder.ts';
import { chooseEncoder, findEncoder, listEncoders, openEncoder, removeEncoder } from './installed-encoders.ts';

let scratch: string;
let data: string;
const servers: Server[] = [];

beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'rightsize-encoders-'));
  data = join(scratch, 'data');
});
afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections();
  rmSync(scratch, { recursive: true, force: true });
});

function install(source: string, change: Partial<EncoderInstallation> = {}): Promise<InstalledEncoder> {
  return installEncoder({ data, source, name: null, pooling: 'mean', slowestMs: 10_000, now: 7, ...change });
}

/** Serves until the test is over. */
async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A folder's files under `/org/little/resolve/main/`, 404 for all else. */
function serveFolder(folder: string): Promise<string> {
  return serve((request, response) => {
    try {
      const file = readFileSync(join(folder, (request.url ?? '').replace('/org/little/resolve/main/', '')));
      response.writeHead(200, { 'content-length': file.length }).end(file);
    } catch {
      response.writeHead(404).end();
    }
  });
}

describe('adding an encoder', () => {
  it('copies it from a folder, examines it and keeps it under its hash', async () => {
    const { encoder, isNew } = await install(writeTinyEncoder(join(scratch, 'tiny'), { dimensions: 6 }));
    expect(isNew).toBe(true);
    expect(encoder).toMatchObject({
      name: 'tiny',
      dimensions: 6,
      tokens: 256,
      pooling: 'mean',
      batches: true,
      addedAt: 7,
    });
    expect(readdirSync(join(data, 'encoders'))).toEqual([encoder.id]);
    expect(await listEncoders(data)).toEqual([encoder]);
    const opened = openEncoder(data, encoder, 1e6);
    expect(opened.need).toEqual({ id: encoder.id, dimensions: 6 });
    expect((await opened.encode(['hello']))[0]).toHaveLength(6);
    await opened.close();
  });

  it('finds a model in the folder `onnx`, the quantised one before the other', async () => {
    const folder = writeTinyEncoder(join(scratch, 'nested'), { dimensions: 4 });
    mkdirSync(join(folder, 'onnx'));
    renameSync(join(folder, 'model.onnx'), join(folder, 'onnx', 'model.onnx'));
    expect((await install(folder)).encoder.dimensions).toBe(4);
    const quantised = writeTinyEncoder(join(scratch, 'quantised'), { dimensions: 5 });
    renameSync(join(quantised, 'model.onnx'), join(folder, 'onnx', 'model_quantized.onnx'));
    expect((await install(folder)).encoder.dimensions).toBe(5);
  });

  it('adds the same files once, other files under another name', async () => {
    const first = await install(writeTinyEncoder(join(scratch, 'tiny')));
    expect(await install(writeTinyEncoder(join(scratch, 'copy')))).toEqual({ encoder: first.encoder, isNew: false });
    const other = await install(writeTinyEncoder(join(scratch, 'sub', 'tiny'), { dimensions: 5 }));
    expect(other.encoder.name).toBe('tiny-2');
    await expect(
      install(writeTinyEncoder(join(scratch, 'c'), { dimensions: 4 }), { name: 'tiny' }),
    ).rejects.toMatchObject({
      code: 'invalid_setting',
    });
  });

  it('refuses an encoder that is too slow, and says how slow', async () => {
    const slow = install(writeTinyEncoder(join(scratch, 'tiny')), { slowestMs: 0 });
    await expect(slow).rejects.toMatchObject({
      code: 'encoder_too_slow',
      message: expect.stringMatching(/takes \d+\.\d ms/),
    });
    expect(readdirSync(join(data, 'encoders'))).toEqual([]);
  });

  it('refuses a folder without a tokenizer, without a model, or that is not there', async () => {
    const folder = writeTinyEncoder(join(scratch, 'tiny'));
    rmSync(join(folder, 'tokenizer.json'));
    await expect(install(folder)).rejects.toMatchObject({
      code: 'encoder_incomplete',
      message: expect.stringContaining('tokenizer.json'),
    });
    rmSync(join(folder, 'model.onnx'));
    await expect(install(folder)).rejects.toMatchObject({ message: expect.stringContaining('model.onnx') });
    await expect(install(join(scratch, 'nowhere'))).rejects.toMatchObject({ code: 'file_not_found' });
  });

  it('refuses a model that gives every text the same vector', async () => {
    const words = Object.fromEntries(['[PAD]', '[UNK]', '[CLS]', '[SEP]'].map((word) => [word, [1, 1]]));
    const letters = [...'abcdefghijklmnopqrstuvwxyz0123456789'].flatMap((letter) => [letter, `##${letter}`]);
    const constant = {
      dimensions: 2,
      words: { ...words, ...Object.fromEntries(letters.map((each) => [each, [1, 1]])) },
    };
    await expect(install(writeTinyEncoder(join(scratch, 'flat'), constant))).rejects.toMatchObject({
      code: 'encoder_unsupported',
    });
  });

  it('leaves nothing half-written, whatever fails, and clears away what a killed addition left', async () => {
    const broken = writeTinyEncoder(join(scratch, 'broken'));
    writeFileSync(join(broken, 'model.onnx'), 'no model');
    mkdirSync(join(data, 'encoders', '.adding-killed'), { recursive: true });
    expect(await listEncoders(data)).toEqual([]);
    await expect(install(broken)).rejects.toMatchObject({ code: 'encoder_damaged' });
    expect(readdirSync(join(data, 'encoders'))).toEqual([]);
  });
});

describe('fetching an encoder', () => {
  it('takes the files of an address, names it after the model, and tells how far it has come', async () => {
    const folder = writeTinyEncoder(join(scratch, 'any'), { dimensions: 4 });
    const origin = await serveFolder(folder);
    const told: unknown[] = [];
    const size = readFileSync(join(folder, 'model.onnx')).length;
    const { encoder } = await install(`${origin}/org/little/resolve/main/`, {
      onProgress: (...progress) => told.push(progress),
    });
    expect(encoder).toMatchObject({ name: 'little', dimensions: 4 });
    expect(told.at(-1)).toEqual([size, size, 'model.onnx']);
  });

  it('says that an address cannot be reached, or has no such files, and leaves nothing', async () => {
    const origin = await serve((_, response) => response.writeHead(404).end());
    await expect(install(`${origin}/x`)).rejects.toMatchObject({ code: 'encoder_incomplete' });
    const angry = await serve((_, response) => response.writeHead(503).end());
    await expect(install(angry)).rejects.toMatchObject({
      code: 'encoder_unreachable',
      message: expect.stringContaining('503'),
    });
    servers.splice(0).map((server) => server.close().closeAllConnections());
    await expect(install(origin)).rejects.toMatchObject({
      code: 'encoder_unreachable',
      message: expect.stringContaining('ECONNREFUSED'),
    });
    await expect(install('http://')).rejects.toMatchObject({ code: 'invalid_setting' });
    expect(readdirSync(join(data, 'encoders'))).toEqual([]);
  });

  it('keeps no part of a file whose transfer broke off, or that somebody stopped', async () => {
    const tokenizer = readFileSync(join(writeTinyEncoder(join(scratch, 'any')), 'tokenizer.json'));
    let broken = false;
    const origin = await serve((request, response) => {
      if (request.url?.endsWith('tokenizer.json')) return void response.end(tokenizer);
      response.writeHead(200, { 'content-length': 1_000_000 }).write('x'.repeat(50_000));
      if (broken) setTimeout(() => response.destroy(), 50);
    });
    const stop = new AbortController();
    const stopped = install(origin, {
      signal: stop.signal,
      onProgress: (_done, _total, file) => file === 'model.onnx' && stop.abort(new Error('enough')),
    });
    await expect(stopped).rejects.toThrow('enough');
    broken = true;
    await expect(install(origin)).rejects.toMatchObject({ code: 'encoder_unreachable' });
    expect(readdirSync(join(data, 'encoders'))).toEqual([]);
  });
});

describe('the installed encoders', () => {
  it('are found by name, id or the beginning of an id; the only one is used by default, and none of several', async () => {
    expect(await chooseEncoder(data, 'auto')).toBeNull();
    const { encoder } = await install(writeTinyEncoder(join(scratch, 'one')));
    expect((await chooseEncoder(data, 'auto'))?.name).toBe('one');
    expect(await chooseEncoder(data, null)).toBeNull();
    await install(writeTinyEncoder(join(scratch, 'two'), { dimensions: 5 }));
    expect(await chooseEncoder(data, 'auto')).toBeNull();
    expect((await findEncoder(data, 'two')).dimensions).toBe(5);
    expect((await findEncoder(data, encoder.id.slice(0, 8))).name).toBe('one');
    await expect(findEncoder(data, 'three')).rejects.toMatchObject({
      code: 'encoder_not_available',
      message: expect.stringContaining('one, two'),
    });
  });

  it('are verified when they are opened, and say so where a description cannot be read', async () => {
    const { encoder } = await install(writeTinyEncoder(join(scratch, 'one')));
    const folder = join(data, 'encoders', encoder.id);
    const model = join(folder, 'model.onnx');
    chmodSync(model, 0o600);
    const bytes = readFileSync(model);
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
    writeFileSync(model, bytes);
    const opened = openEncoder(data, encoder, 1e6);
    await expect(opened.encode(['x'])).rejects.toMatchObject({ code: 'encoder_damaged' });
    await opened.close();
    writeFileSync(join(folder, 'encoder.json'), '{"format": 1}');
    await expect(listEncoders(data)).rejects.toMatchObject({
      code: 'encoder_damaged',
      remedy: expect.stringContaining(folder),
    });
  });

  it('are gone once they are removed', async () => {
    const { encoder } = await install(writeTinyEncoder(join(scratch, 'one')));
    await removeEncoder(data, encoder);
    expect(await listEncoders(data)).toEqual([]);
  });
});
