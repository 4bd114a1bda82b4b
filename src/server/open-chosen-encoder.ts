import type { Logger } from 'pino';
import type { Encoder } from '../encoder/encoder.ts';
import { chooseEncoder, listEncoders, openEncoder } from '../encoder/installed-encoders.ts';
import type { Settings } from '../settings.ts';

/**
 * The encoder that the settings mean; null where none is. Its files are read behind the start; where they cannot be
 * used, the log says so, and students that need it leave their calls to the teacher.
 * @throws RightsizeError `encoder_not_available` for a name that is not installed.
 */
export async function openChosenEncoder({ data, encoder: wanted }: Settings, log: Logger): Promise<Encoder | null> {
  const isNamed = wanted.use !== 'auto';
  const chosen = await chooseEncoder(data, wanted.use).catch((err: unknown) => {
    if (isNamed) throw err;
    log.error({ err }, 'the installed encoders cannot be listed; none is used');
    return null;
  });
  if (chosen === null) {
    if (!isNamed && (await listEncoders(data).catch(() => [])).length > 1)
      log.warn('several sentence encoders are installed and none is used: name one in `encoder.use`');
    return null;
  }
  const encoder = openEncoder(data, chosen, wanted.cacheBytes);
  encoder.open().then(
    () => log.info({ encoder: chosen.name }, 'the sentence encoder is ready'),
    (err: unknown) => {
      const code = err instanceof Error && 'code' in err ? err.code : undefined;
      if (code !== 'interrupted') log.error({ err, encoder: chosen.name }, 'the sentence encoder cannot be used');
    },
  );
  return encoder;
}
