import { type Command, Option } from 'commander';
import type { Encoder } from '../encoder/encoder.ts';
import { chooseEncoder, openEncoder, openNeededEncoder } from '../encoder/installed-encoders.ts';
import { isEncoderFolder, openEncoderFolder } from '../encoder/open-encoder-folder.ts';
import type { WorkerEncoder } from '../encoder/worker-encoder.ts';
import { RightsizeError } from '../errors.ts';
import type { EncoderNeed } from '../records/encoder-need.ts';
import type { Settings, SettingsFlags } from '../settings.ts';
import { asRightsizeError } from './output.ts';
import type { CommandContext } from './run-command.ts';

/** What `--encoder` and `--no-encoder` make of a command's flags. */
export interface EncoderFlags {
  readonly encoder?: string | boolean;
}

/** Adds `--encoder` and `--no-encoder`. */
export function withEncoderOptions(command: Command, { mayBeFolder = false } = {}): Command {
  const what = `sentence encoder: name${mayBeFolder ? ', id or folder' : ' or id'} (default: the only one installed)`;
  return command
    .addOption(new Option('--encoder <name>', what))
    .addOption(new Option('--no-encoder', 'let students see n-grams alone'));
}

/** The flags as settings; commander says true where neither was given. */
export function encoderSetting({ encoder }: EncoderFlags): Pick<SettingsFlags, 'encoder'> {
  if (encoder === undefined || encoder === true) return {};
  return { encoder: { use: encoder === false ? null : encoder } };
}

/**
 * Opens the encoder that the settings mean, hands it over (null: none is meant) and closes it behind the work. The only
 * one installed is used unasked; where that one does not work, people are told and the work goes on without.
 * @throws RightsizeError what an encoder throws that was named.
 */
export async function withEncoder<Result>(
  { data, encoder }: Settings,
  context: Pick<CommandContext, 'warn'>,
  work: (encoder: Encoder | null) => Promise<Result>,
): Promise<Result> {
  const opened = await openMeant(data, encoder);
  try {
    return await work(opened === null || (await isUsable(opened, encoder.use, context)) ? opened : null);
  } finally {
    await opened?.close();
  }
}

async function openMeant(data: string, { use, cacheBytes }: Settings['encoder']): Promise<WorkerEncoder | null> {
  if (use !== null && (await isEncoderFolder(use))) return openEncoderFolder(use, cacheBytes);
  const chosen = await chooseEncoder(data, use);
  return chosen && openEncoder(data, chosen, cacheBytes);
}

async function isUsable(encoder: WorkerEncoder, use: string | null, { warn }: Pick<CommandContext, 'warn'>) {
  try {
    await encoder.open();
    return true;
  } catch (error) {
    if (use !== 'auto') throw error;
    const { code, message, remedy } = asRightsizeError(error);
    warn(`Going on without the installed encoder: ${message} [${code}] ${remedy}`);
    return false;
  }
}

/** The same with the encoder that a student needs, whatever the settings say. Throws `encoder_not_available`. */
export async function withNeededEncoder<Result>(
  { data, encoder }: Settings,
  need: EncoderNeed | null,
  work: (encoder: Encoder | null) => Promise<Result>,
): Promise<Result> {
  if (need === null) return work(null);
  const opened = await openNeededEncoder(data, need, encoder.cacheBytes);
  if (opened === null)
    throw new RightsizeError(
      'encoder_not_available',
      `The student needs the sentence encoder ${need.id.slice(0, 12)}, which is not installed in ${data}.`,
    );
  try {
    return await work(opened);
  } finally {
    await opened.close();
  }
}
