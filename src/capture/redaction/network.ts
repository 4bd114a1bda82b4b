import { isIPv6 } from 'node:net';
import { byPattern, type Recogniser } from './recogniser.ts';

const octet = '(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)';

const ipv4 = byPattern({
  name: 'ip-address',
  needs: '.',
  pattern: new RegExp(`(?<![\\w.])${octet}(?:\\.${octet}){3}(?![\\w]|\\.\\d)`, 'g'),
});

const ipv6 = byPattern({
  name: 'ip-address',
  needs: ':',
  pattern: /(?<![\w:.])[0-9A-Fa-f]{0,4}:[0-9A-Fa-f:.]{3,41}(?![\w:])/g,
  accepts: (found) => /\d/.test(found) && isIPv6(found.replace(/\.$/, '')),
});

const ipAddress: Recogniser = { name: 'ip-address', find: (text) => [...ipv4.find(text), ...ipv6.find(text)] };

/** `https://user:password@host`: the part between `//` and `@`. */
const urlCredentials = byPattern({
  name: 'url-credentials',
  needs: '://',
  pattern: /:\/\/(?<value>[^\s/:@?#]{0,100}:[^\s/@?#]{1,200})(?=@)/g,
});

/** Where people's machines are, and how they get in. */
export const networkRecognisers: readonly Recogniser[] = [urlCredentials, ipAddress];
