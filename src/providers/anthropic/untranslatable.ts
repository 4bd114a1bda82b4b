import { RightsizeError } from '../../errors.ts';
import type { JsonObject } from '../../records/call.ts';

/** Something that one API can say and the other cannot. It is never left out in silence. */
export class Untranslatable extends RightsizeError {
  /** Path of the field in the caller's own request: `messages[2].content[0]`. */
  readonly param: string;

  constructor(param: string, why: string) {
    super('untranslatable_request', `\`${param}\` ${why}.`);
    this.param = param;
  }
}

/** The bytes of a translated request, or why there are none. */
export function translatedBody(translate: () => JsonObject): Buffer | Untranslatable {
  try {
    return Buffer.from(JSON.stringify(translate()));
  } catch (error) {
    if (error instanceof Untranslatable) return error;
    if (error instanceof RangeError) return new Untranslatable('messages', 'is nested too deeply');
    throw error;
  }
}
