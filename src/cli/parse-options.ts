import { InvalidArgumentError } from 'commander';

/** A share that promises something: above 0 and below 1. */
export function parseShare(text: string): number {
  const share = Number(text);
  if (text.trim() === '' || !(share > 0 && share < 1))
    throw new InvalidArgumentError(`\`${text}\` is no share: give a number above 0 and below 1.`);
  return share;
}

export function parseCount(text: string): number {
  const count = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(count))
    throw new InvalidArgumentError(`\`${text}\` is no whole number.`);
  return count;
}

/** A share that is measured or expected: from 0 to 1, both included. */
export function parseWholeShare(text: string): number {
  const share = Number(text);
  if (text.trim() === '' || !(share >= 0 && share <= 1))
    throw new InvalidArgumentError(`\`${text}\` is no share: give a number from 0 to 1.`);
  return share;
}

export function parsePositiveCount(text: string): number {
  const count = parseCount(text);
  if (count === 0) throw new InvalidArgumentError('Give a whole number from 1.');
  return count;
}

export function parseMilliseconds(text: string): number {
  const milliseconds = Number(text);
  if (text.trim() === '' || !(milliseconds >= 0 && milliseconds < 86_400_000))
    throw new InvalidArgumentError(`\`${text}\` is no time: give milliseconds.`);
  return milliseconds;
}
