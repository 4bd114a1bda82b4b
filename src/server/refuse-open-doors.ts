import { RightsizeError } from '../errors.ts';
import type { Settings } from '../settings.ts';
import { isLoopbackName } from './admin-app.ts';

/** Beyond loopback everybody may come: both doors need keys there. `isOpen`: whether calls need none. Throws `invalid_setting`. */
export function refuseOpenDoors({ host, keys }: Pick<Settings, 'host' | 'keys'>, isOpen: boolean): void {
  if (isLoopbackName(host)) return;
  const where = `\`host\` is "${host}", which other machines reach`;
  if (keys.admin === null)
    throw new RightsizeError('invalid_setting', `${where}, and \`keys.admin\` is null.`, {
      remedy: 'Set RIGHTSIZE_KEYS_ADMIN to a long random text, or listen on 127.0.0.1.',
    });
  if (isOpen)
    throw new RightsizeError(
      'invalid_setting',
      `${where}, there is no gateway key and \`keys.callers\` is null: everybody could call.`,
      { remedy: 'Add a key with `rightsize keys add NAME`, set RIGHTSIZE_KEYS_CALLERS, or listen on 127.0.0.1.' },
    );
}
