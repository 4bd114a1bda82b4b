/** A deployment as the choice sees it. */
export interface Candidate {
  readonly weight: number;
  /** The lowest number comes first. */
  readonly priority: number;
  readonly inFlight: number;
}

export type Choice = 'weighted' | 'least-busy';

/**
 * Which of those that may be asked is asked: one of the lowest priority number, drawn by weight, or the one with the fewest
 * running calls for its weight (drawn among equals). Null where there is none. `draw` is from 0 to 1.
 */
export function chooseDeployment<Some extends Candidate>(
  candidates: readonly Some[],
  choice: Choice,
  draw: number,
): Some | null {
  const first = Math.min(...candidates.map(({ priority }) => priority));
  const equals = candidates.filter(({ priority }) => priority === first);
  return drawByWeight(choice === 'least-busy' ? leastBusy(equals) : equals, draw);
}

function leastBusy<Some extends Candidate>(candidates: readonly Some[]): readonly Some[] {
  const load = ({ inFlight, weight }: Candidate) => inFlight / weight;
  const least = Math.min(...candidates.map(load));
  return candidates.filter((candidate) => load(candidate) === least);
}

function drawByWeight<Some extends Candidate>(candidates: readonly Some[], draw: number): Some | null {
  let left = draw * candidates.reduce((sum, { weight }) => sum + weight, 0);
  for (const candidate of candidates) {
    left -= candidate.weight;
    if (left < 0) return candidate;
  }
  return candidates.at(-1) ?? null;
}
