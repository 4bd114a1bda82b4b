export { type ClosedSet, fewestAnswers, judgeClosed } from '../learn/closed-set.ts';
