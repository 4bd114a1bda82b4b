import { describe, expect, it } from 'vitest';
import type { RouteReason } from '../records/route.ts';
import { chooseRoute, type RouteQuestion } from './choose-route.ts';

const sure: RouteQuestion = {
  stage: 'live',
  obstacle: null,
  waitingFor: null,
  score: 0.9,
  threshold: 0.8,
  labelKnown: true,
  repeated: false,
  inWindow: false,
  inSpotCheck: false,
  outsideCanary: false,
};

/** What forbids a student, the strongest first, and the reason it gives. */
const forbidding: readonly (readonly [RouteReason, Partial<RouteQuestion>])[] = [
  ['unsupported-n', { obstacle: 'unsupported-n' }],
  ['stage-off', { stage: 'off' }],
  ['no-certificate', { waitingFor: 'no-certificate' }],
  ['stage-shadow', { stage: 'shadow' }],
  ['not-confident', { score: 0.79 }],
  ['outside-canary', { outsideCanary: true }],
  ['repeat-of-recent-call', { repeated: true }],
  ['window', { inWindow: true }],
  ['spot-check', { inSpotCheck: true }],
];

describe('the route of a call', () => {
  it('is the student where nothing forbids it, at the threshold too', () => {
    expect(chooseRoute(sure)).toEqual({ answeredBy: 'student', reason: 'confident' });
    expect(chooseRoute({ ...sure, score: 0.8 })).toEqual({ answeredBy: 'student', reason: 'confident' });
    expect(chooseRoute({ ...sure, stage: 'canary' })).toEqual({ answeredBy: 'student', reason: 'confident' });
  });

  it.each(forbidding)('is the teacher with the reason %s', (reason, change) => {
    expect(chooseRoute({ ...sure, ...change })).toEqual({ answeredBy: 'teacher', reason });
  });

  it('names the strongest of several reasons', () => {
    // `off` and `shadow` are one field; off is the stronger.
    for (const [index, [strong, change]] of forbidding.entries())
      for (const [, weaker] of forbidding.slice(index + 1))
        expect(chooseRoute({ ...sure, ...weaker, ...change }).reason).toBe(strong);
  });

  it('names any obstacle as it was told', () => {
    for (const obstacle of ['kill-switch', 'forced-teacher', 'unsupported-tools'] as const)
      expect(chooseRoute({ ...sure, stage: 'off', obstacle }).reason).toBe(obstacle);
  });

  it('is the teacher where the student would say what the application does not know', () => {
    expect(chooseRoute({ ...sure, labelKnown: false })).toEqual({ answeredBy: 'teacher', reason: 'not-confident' });
  });

  it('is the teacher for a score that is no number, and for a threshold that is none', () => {
    for (const change of [{ score: Number.NaN }, { threshold: Number.NaN }, { threshold: Number.POSITIVE_INFINITY }])
      expect(chooseRoute({ ...sure, ...change })).toEqual({ answeredBy: 'teacher', reason: 'not-confident' });
  });
});
