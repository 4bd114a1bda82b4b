import { chooseRoute, type RouteChoice } from '../src/deploy/choose-route.ts';
import type { Proposal } from '../src/gateway/task-track.ts';

/** Who answers when a track stands alone: live, with every label known, no call repeated and nothing forbidden. */
export function liveRoute({ prediction, threshold, waitingFor, toss }: Proposal): RouteChoice {
  return chooseRoute({
    stage: 'live',
    obstacle: null,
    waitingFor,
    score: prediction?.score ?? 0,
    threshold,
    labelKnown: true,
    repeated: false,
    inWindow: toss.inSample,
    inSpotCheck: toss.inSpotCheck,
    outsideCanary: false,
  });
}
