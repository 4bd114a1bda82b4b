/** Seconds spent in each of the named phases; a phase may end several times. */
export function phaseClock<Phase extends string>(
  phases: readonly Phase[],
): { readonly seconds: Record<Phase, number>; end(phase: Phase): void } {
  const seconds = Object.fromEntries(phases.map((phase) => [phase, 0])) as Record<Phase, number>;
  let last = performance.now();
  return {
    seconds,
    end(phase) {
      const now = performance.now();
      seconds[phase] += (now - last) / 1000;
      last = now;
    },
  };
}
