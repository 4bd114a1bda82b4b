import { Worker } from 'node:worker_threads';
import { RightsizeError } from '../errors.ts';
import type { Encoder } from './encoder.ts';
import type { SessionFacts, SessionSettings } from './encoder-session.ts';
import type { EncoderReply, EncoderRequest } from './encoder-worker.ts';
import { TextQueue, type WaitingText } from './text-queue.ts';
import { VectorCache } from './vector-cache.ts';

export interface WorkerEncoderOptions {
  /** Hash of the encoder; empty while it is only being examined. */
  readonly id: string;
  readonly session: SessionSettings;
  readonly cacheBytes: number;
}

/** What an encoder has done since it was opened. */
export interface EncoderMeasures {
  readonly encoded: number;
  readonly fromCache: number;
  /** Milliseconds a text in the mean, reading its tokens included; null before the first. */
  readonly meanMs: number | null;
  readonly cacheBytes: number;
}

/** A worker that dies is started again, but not for ever. */
const mostDeaths = 3;
/** Texts sent at once: a batch, or few enough that the first does not wait long for the last. */
const batchTexts = 32;
const singleTexts = 4;

/**
 * An encoder in a worker thread, which starts with the first text or with `open`. Texts that wait together travel
 * together; a request for few texts passes those of a training; the same text is encoded once.
 */
export class WorkerEncoder implements Encoder {
  readonly #options: WorkerEncoderOptions;
  readonly #cache: VectorCache;
  readonly #queue = new TextQueue();
  #worker: Worker | null = null;
  #facts: SessionFacts | null = null;
  #opening: PromiseWithResolvers | null = null;
  #underWay: readonly WaitingText[] = [];
  #failure: RightsizeError | null = null;
  #deaths = 0;
  #encoded = 0;
  #fromCache = 0;
  #ms = 0;

  constructor(options: WorkerEncoderOptions) {
    this.#options = options;
    this.#cache = new VectorCache(options.cacheBytes);
  }

  get need(): Encoder['need'] {
    return {
      id: this.#options.id,
      dimensions: this.#facts?.dimensions ?? this.#options.session.dimensions ?? 0,
    };
  }

  get measures(): EncoderMeasures {
    return {
      encoded: this.#encoded,
      fromCache: this.#fromCache,
      meanMs: this.#encoded === 0 ? null : this.#ms / this.#encoded,
      cacheBytes: this.#cache.bytes,
    };
  }

  /** Starts the worker and verifies the files. Throws what `encode` would. */
  open(): Promise<SessionFacts> {
    if (this.#failure !== null) return Promise.reject(this.#failure);
    if (this.#facts !== null) return Promise.resolve(this.#facts);
    this.#start();
    this.#opening ??= withResolvers();
    return this.#opening.promise;
  }

  cached(text: string): Float32Array | null {
    return this.#cache.get(text);
  }

  async encode(texts: readonly string[]): Promise<readonly Float32Array[]> {
    if (this.#failure !== null) throw this.#failure;
    const vectors = texts.map((text) => {
      const known = this.#cache.get(text);
      if (known !== null) this.#fromCache++;
      return known ?? this.#queue.add(text, texts.length);
    });
    if (this.#queue.size > 0) this.#sendNext();
    return Promise.all(vectors);
  }

  async close(): Promise<void> {
    const closed = new RightsizeError('interrupted', 'the encoder is closed');
    const worker = this.#worker;
    this.#worker = null;
    this.#fail(this.#failure ?? closed);
    await worker?.terminate();
  }

  #sendNext(): void {
    if (this.#underWay.length > 0 || this.#failure !== null) return;
    this.#start();
    if (this.#facts === null) return;
    this.#underWay = this.#queue.take(this.#options.session.batches ? batchTexts : singleTexts);
    if (this.#underWay.length === 0) {
      this.#worker?.unref();
      return;
    }
    this.#worker?.ref();
    this.#worker?.postMessage({ texts: this.#underWay.map(({ text }) => text) } satisfies EncoderRequest);
  }

  #start(): void {
    if (this.#worker !== null) return;
    const worker = startWorker(this.#options.session);
    this.#worker = worker;
    worker.on('message', (reply: EncoderReply) => this.#receive(reply));
    worker.on('error', (error) => this.#lose(worker, error));
    worker.on('exit', () => this.#lose(worker, new Error('the worker of the encoder stopped')));
  }

  #receive(reply: EncoderReply): void {
    if (reply.kind === 'ready') {
      this.#facts = reply.facts;
      this.#opening?.resolve(reply.facts);
    } else if (reply.kind === 'vectors') {
      this.#deliver(reply.vectors, reply.ms);
    } else {
      const failure = new RightsizeError(reply.code, reply.message);
      if (this.#facts === null) {
        this.#fail(failure);
        return;
      }
      const failed = this.#underWay;
      this.#underWay = [];
      for (const { reject } of failed) reject(failure);
    }
    this.#sendNext();
  }

  #deliver(vectors: Float32Array, ms: number): void {
    const dimensions = this.#facts?.dimensions ?? 0;
    const done = this.#underWay;
    this.#underWay = [];
    this.#deaths = 0;
    this.#encoded += done.length;
    this.#ms += ms;
    for (const [i, { text, resolve }] of done.entries()) {
      const vector = vectors.slice(i * dimensions, (i + 1) * dimensions);
      this.#cache.set(text, vector);
      resolve(vector);
    }
  }

  /** A worker that broke down takes what it was working on with it; what waits goes to the next. */
  #lose(worker: Worker, cause: unknown): void {
    if (worker !== this.#worker) return;
    this.#worker = null;
    this.#facts = null;
    const lost = this.#underWay;
    this.#underWay = [];
    const error = new RightsizeError('encoder_failed', 'The worker thread of the encoder broke down.', { cause });
    if (++this.#deaths >= mostDeaths) {
      this.#fail(error);
      return;
    }
    for (const { reject } of lost) reject(error);
    if (this.#queue.size > 0 || this.#opening !== null) this.#sendNext();
  }

  /** For good: nothing can be encoded any more. */
  #fail(error: RightsizeError): void {
    this.#failure = error;
    this.#underWay = [];
    this.#queue.fail(error);
    this.#opening?.reject(error);
    this.#opening = null;
    this.#worker?.unref();
  }
}

interface PromiseWithResolvers {
  readonly promise: Promise<SessionFacts>;
  resolve(facts: SessionFacts): void;
  reject(error: unknown): void;
}

function withResolvers(): PromiseWithResolvers {
  let settle: Omit<PromiseWithResolvers, 'promise'> = { resolve: () => {}, reject: () => {} };
  const promise = new Promise<SessionFacts>((resolve, reject) => {
    settle = { resolve, reject };
  });
  return { promise, ...settle };
}

function startWorker(session: SessionSettings): Worker {
  const isSource = import.meta.url.endsWith('.ts');
  const url = new URL(isSource ? './encoder-worker.ts' : './encoder-worker.js', import.meta.url);
  if (!isSource) return new Worker(url, { workerData: session });
  // Workers of Node 20 do not inherit the loader that runs the sources in development.
  const loader = JSON.stringify(import.meta.resolve('tsx/esm/api'));
  const file = JSON.stringify(url.href);
  return new Worker(`import(${loader}).then(({ tsImport }) => tsImport(${file}, ${file}))`, {
    eval: true,
    workerData: session,
  });
}
