import { contactRecognisers } from './contact.ts';
import { nationalRecognisers } from './national-ids.ts';
import { networkRecognisers } from './network.ts';
import { paymentRecognisers } from './payment.ts';
import type { Recogniser } from './recogniser.ts';
import { secretRecognisers } from './secrets.ts';

/** All that is recognised without being asked for by a pattern. Where two begin at one place and end at one, the first names it. */
export const builtInRecognisers: readonly Recogniser[] = [
  ...secretRecognisers,
  ...networkRecognisers,
  ...paymentRecognisers,
  ...nationalRecognisers,
  ...contactRecognisers,
];
