import { RightsizeError } from '../../errors.ts';

/** Something that one API can say and the other cannot. It is never left out in silence. */
export class Untranslatable extends RightsizeError {
  /** Path of the field in the caller's own request: `messages[2].content[0]`. */
  readonly param: string;

  constructor(param: string, why: string) {
    super('untranslatable_request', `\`${param}\` ${why}.`);
    this.param = param;
  }
}
