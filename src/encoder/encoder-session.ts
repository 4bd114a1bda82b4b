import { readFile } from 'node:fs/promises';
import type { InferenceSession } from 'onnxruntime-node';
import { RightsizeError } from '../errors.ts';
import { hashOf } from './encoder-manifest.ts';
import { ModelRun, type OnnxRuntime, unsupported } from './model-run.ts';
import type { Pooling } from './pooling.ts';
import { openTokenReader, type TokenReader } from './token-reader.ts';

/** How a model is to be read; null in what is still to be found out. */
export interface SessionSettings {
  readonly modelFile: string;
  readonly tokenizerFile: string;
  /** What the files must hash to; null before they are known. */
  readonly hashes: { readonly model: string; readonly tokenizer: string } | null;
  readonly dimensions: number | null;
  /** Ignored where the model pools by itself. */
  readonly pooling: 'mean' | 'first';
  readonly tokens: number | null;
  readonly batches: boolean;
}

/** What opening a model has shown. */
export interface SessionFacts {
  readonly dimensions: number;
  readonly output: string;
  readonly pooling: Pooling;
  readonly tokens: number;
  readonly modelHash: string;
  readonly tokenizerHash: string;
  readonly bytes: number;
}

/** A model and its tokenizer, ready to encode. */
export interface EncoderSession {
  readonly facts: SessionFacts;
  /** Texts × dimensions, each of unit length. */
  encode(texts: readonly string[]): Promise<Float32Array>;
}

/** More dimensions than any sentence encoder has; such a model is something else. */
const mostDimensions = 8_192;
/** Texts longer than the model can read are tried at these lengths, longest first. */
const tokenLimits = [256, 128, 64, 32];
/** Padded tokens of one batch, and its texts. */
const batchTokens = 4_096;
const batchTexts = 32;

/**
 * Opens the files, verifies them, and runs a first text.
 * @throws RightsizeError `encoder_runtime_missing`, `encoder_damaged`, `encoder_unsupported`.
 */
export async function openEncoderSession(settings: SessionSettings): Promise<EncoderSession> {
  const runtime = await loadRuntime();
  const [model, tokenizer] = await Promise.all([readFile(settings.modelFile), readFile(settings.tokenizerFile)]);
  const hashes = { modelHash: hashOf(model), tokenizerHash: hashOf(tokenizer) };
  verifyHash('model.onnx', hashes.modelHash, settings.hashes?.model);
  verifyHash('tokenizer.json', hashes.tokenizerHash, settings.hashes?.tokenizer);
  const reader = readTokenizer(tokenizer.toString('utf8'));
  const session = await openModel(runtime, model);
  const output = chooseOutput(session);
  const run = new ModelRun(runtime, session, output, reader, settings.pooling);
  const tokens = settings.tokens ?? (await longestReadable(run));
  const [first] = await run.vectors([run.read('a', tokens)]);
  const dimensions = first?.length ?? 0;
  checkDimensions(dimensions, settings.dimensions);
  const { pooling } = run;
  return {
    facts: { dimensions, output, pooling, tokens, ...hashes, bytes: model.length + tokenizer.length },
    encode: (texts) => encodeAll(run, texts, { tokens, dimensions, batches: settings.batches }),
  };
}

async function loadRuntime(): Promise<OnnxRuntime> {
  try {
    const loaded = (await import('onnxruntime-node')) as OnnxRuntime & { readonly default?: OnnxRuntime };
    const runtime = loaded.default ?? loaded;
    // Its warnings are about threads and processors, and tell a user nothing.
    runtime.env.logLevel = 'fatal';
    return runtime;
  } catch (cause) {
    throw new RightsizeError('encoder_runtime_missing', 'onnxruntime-node, which runs sentence encoders, is missing.', {
      cause,
    });
  }
}

function verifyHash(name: string, found: string, wanted: string | undefined): void {
  if (wanted === undefined || wanted === found) return;
  throw new RightsizeError(
    'encoder_damaged',
    `${name} of the encoder has changed since it was added: its hash is ${found.slice(0, 12)}…, not ${wanted.slice(0, 12)}….`,
  );
}

function readTokenizer(json: string): TokenReader {
  try {
    return openTokenReader(json);
  } catch (cause) {
    throw new RightsizeError('encoder_damaged', `The encoder's tokenizer.json cannot be read: ${reasonOf(cause)}`, {
      cause,
    });
  }
}

async function openModel(runtime: OnnxRuntime, model: Uint8Array): Promise<InferenceSession> {
  try {
    return await runtime.InferenceSession.create(model, {
      intraOpNumThreads: 1,
      interOpNumThreads: 1,
      // What fails is thrown as well; nobody wants it twice, and the first time unasked for.
      logSeverityLevel: 4,
    });
  } catch (cause) {
    throw new RightsizeError('encoder_damaged', `The encoder's model.onnx cannot be opened: ${reasonOf(cause)}`, {
      cause,
    });
  }
}

const knownInputs = ['input_ids', 'attention_mask', 'token_type_ids'];
const pooledOutputs = ['sentence_embedding', 'embedding', 'embeddings'];
const stateOutputs = ['last_hidden_state', 'token_embeddings'];

function chooseOutput({ inputNames, outputNames }: InferenceSession): string {
  const strange = inputNames.filter((name) => !knownInputs.includes(name));
  if (strange.length > 0 || !inputNames.includes('input_ids'))
    throw unsupported(`it asks for ${inputNames.join(', ')}, and not for input_ids and attention_mask alone`);
  const output =
    [...pooledOutputs, ...stateOutputs].find((name) => outputNames.includes(name)) ??
    (outputNames.length === 1 ? outputNames[0] : undefined);
  if (output === undefined) throw unsupported(`none of its outputs (${outputNames.join(', ')}) is a known one`);
  return output;
}

function checkDimensions(found: number, wanted: number | null): void {
  if (found < 2 || found > mostDimensions) throw unsupported(`it gives vectors of ${found} dimensions`);
  if (wanted !== null && wanted !== found)
    throw new RightsizeError(
      'encoder_damaged',
      `The encoder gives vectors of ${found} dimensions; ${wanted} are recorded.`,
    );
}

/** The longest of a few lengths that the model can read. */
async function longestReadable(run: ModelRun): Promise<number> {
  const long = 'a '.repeat(Math.max(...tokenLimits));
  let failure: unknown;
  for (const limit of tokenLimits) {
    try {
      await run.vectors([run.read(long, limit)]);
      return limit;
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

async function encodeAll(
  run: ModelRun,
  texts: readonly string[],
  { tokens, dimensions, batches }: { readonly tokens: number; readonly dimensions: number; readonly batches: boolean },
): Promise<Float32Array> {
  const rows = texts.map((text) => run.read(text, tokens));
  const all = new Float32Array(rows.length * dimensions);
  for (const batch of batches ? batchesByLength(rows) : rows.map((_, row) => [row])) {
    const read = batch.filter((row) => (rows[row]?.length ?? 0) > 0);
    const vectors = read.length === 0 ? [] : await run.vectors(read.map((row) => rows[row] ?? []));
    for (const [i, row] of read.entries()) all.set(vectors[i] ?? [], row * dimensions);
  }
  return all;
}

/** Rows of like length together, so that little is padded. */
function batchesByLength(rows: readonly (readonly number[])[]): readonly number[][] {
  const lengthOf = (row: number): number => rows[row]?.length ?? 0;
  const batches: number[][] = [];
  for (const row of [...rows.keys()].sort((a, b) => lengthOf(a) - lengthOf(b))) {
    const last = batches.at(-1);
    if (last !== undefined && last.length < batchTexts && (last.length + 1) * lengthOf(row) <= batchTokens)
      last.push(row);
    else batches.push([row]);
  }
  return batches;
}

function reasonOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';
}
