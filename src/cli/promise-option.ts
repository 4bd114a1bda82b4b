import { Option } from 'commander';
import { promiseKinds } from '../records/certificate.ts';

/** `--promise`: sets `promise.kind`. */
export function promiseOption(): Option {
  return new Option(
    '--promise <kind>',
    'of which calls epsilon is a share: all of the task, or those that the student answers (default: all-calls)',
  ).choices([...promiseKinds]);
}
