import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { RightsizeError } from '../errors.ts';
import type { EncoderFiles } from './examine-encoder.ts';

/** Where a model may stand in a folder, the first that is there. The quantised one is some four times as fast. */
export const modelPlaces = ['model.onnx', 'onnx/model_quantized.onnx', 'model_quantized.onnx', 'onnx/model.onnx'];
export const tokenizerPlaces = ['tokenizer.json', 'onnx/tokenizer.json'];

/** Model and tokenizer in a folder. Throws `file_not_found`, `encoder_incomplete`. */
export async function findEncoderFiles(folder: string): Promise<EncoderFiles> {
  if (!(await exists(folder))) throw new RightsizeError('file_not_found', `There is no folder ${folder}.`);
  return {
    model: await firstOf(folder, modelPlaces),
    tokenizer: await firstOf(folder, tokenizerPlaces),
  };
}

async function firstOf(folder: string, places: readonly string[]): Promise<string> {
  for (const place of places) {
    const file = join(folder, place);
    if (await exists(file)) return file;
  }
  throw incomplete(folder, places);
}

/** Nothing of what was looked for is there. */
export function incomplete(source: string, places: readonly string[]): RightsizeError {
  return new RightsizeError('encoder_incomplete', `${source} holds no ${places.join(', and no ')}.`);
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
