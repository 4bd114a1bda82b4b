import { describe, expect, it } from 'vitest';
import { seededRandom } from '../records/random.ts';
import { Watch, type WatchedCall } from './watch.ts';

const settings = { epsilon: 0.02, delta: 0.05, unseenShare: 0.0005 };
const fine: WatchedCall = { different: false, isSpotCheck: true, hasNewLabel: false };
const wrong: WatchedCall = { ...fine, different: true };
const news: WatchedCall = { different: false, isSpotCheck: false, hasNewLabel: true };

function pass(watch: Watch, calls: number): void {
  for (let i = 0; i < calls; i++) watch.passed();
}

describe('the watch over a live student', () => {
  it('is alarmed by spot checks that differ too often', () => {
    const watch = new Watch(settings);
    const random = seededRandom(1);
    let seen = 0;
    while (watch.observe(random() < 0.25 ? wrong : fine) === null && seen < 1000) seen++;
    expect(seen).toBeLessThan(200);
    expect(watch.observe(fine)).toBe('alarm');
  });

  it('bets on spot checks alone: escalations are no fair sample', () => {
    const watch = new Watch(settings);
    for (let i = 0; i < 200; i++) expect(watch.observe({ ...wrong, isSpotCheck: false })).toBeNull();
    expect(watch.counts).toEqual({ calls: 0, different: 0 });
    watch.observe(wrong);
    watch.observe(fine);
    expect(watch.counts).toEqual({ calls: 2, different: 1 });
  });

  it('is calm, but for one run in twenty, while the share stays at what is allowed', () => {
    let alarmed = 0;
    for (let seed = 1; seed <= 200; seed++) {
      const random = seededRandom(seed);
      const watch = new Watch(settings);
      let suspicion: unknown = null;
      for (let i = 0; i < 400 && suspicion === null; i++) suspicion = watch.observe(random() < 0.02 ? wrong : fine);
      if (suspicion !== null) alarmed++;
    }
    expect(alarmed).toBeLessThanOrEqual(20);
  });

  it('suspends at the second sighting of a label that nobody knew', () => {
    const watch = new Watch(settings);
    pass(watch, 10);
    expect([watch.observe(news), watch.observe(news)]).toEqual([null, 'new-label']);
  });

  it('expects new labels where many were seen once only', () => {
    const watch = new Watch({ ...settings, unseenShare: 0.05 });
    for (let i = 0; i < 20; i++) {
      pass(watch, 20);
      expect(watch.observe(news)).toBeNull();
    }
    const flood = Array.from({ length: 5 }, () => watch.observe(news));
    expect(flood.at(-1)).toBe('new-label');
  });

  it('does not grow numb with age', () => {
    const watch = new Watch({ ...settings, unseenShare: 0.005 });
    pass(watch, 100_000);
    const verdicts = Array.from({ length: 4 }, () => {
      pass(watch, 8);
      return watch.observe(news);
    });
    expect(verdicts).toContain('new-label');
  });

  it('takes no answer without a new label for one', () => {
    const watch = new Watch(settings);
    for (let i = 0; i < 5; i++) expect(watch.observe({ ...news, hasNewLabel: false })).toBeNull();
    expect(watch.observe(news)).toBeNull();
  });

  it('goes on after a trip through JSON as if nothing had been', () => {
    const random = seededRandom(3);
    const before = new Watch(settings);
    for (let i = 0; i < 60; i++) {
      before.passed();
      before.observe(random() < 0.03 ? wrong : fine);
    }
    before.observe(news);
    const after = Watch.from(JSON.parse(JSON.stringify(before)) as ReturnType<Watch['toJSON']>);
    expect([after.toJSON(), after.counts]).toEqual([before.toJSON(), before.counts]);
    expect([before.observe(news), after.observe(news)]).toEqual(['new-label', 'new-label']);
    const verdicts = [before, after].map((watch) => Array.from({ length: 40 }, () => watch.observe(wrong)));
    expect(verdicts[1]).toEqual(verdicts[0]);
    expect(verdicts[0]).toContain('alarm');
  });
});
