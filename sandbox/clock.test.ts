import { describe, expect, it } from 'vitest';
import { scaledClock } from '../kube/clock.ts';
import { fromBehind, sandboxClock } from './clock.ts';

describe('the clock of a cluster that people look at', () => {
  it.each([2, 20])('is behind real time at rate %i, so that nothing is made in the future', (rate) => {
    const startedAt = Date.now();
    const simulated = sandboxClock({ from: fromBehind(startedAt), rate }).now();

    expect(Date.now() - simulated).toBeGreaterThan((rate - 1) * 9 * 60_000);
    expect(Date.now() - simulated).toBeLessThan((rate - 1) * 11 * 60_000);
  });

  it('passes real time after ten minutes, as the controller with the same flags sees it', () => {
    const from = fromBehind(Date.now() - 10 * 60_000);
    for (const clock of [sandboxClock({ from, rate: 20 }), scaledClock({ from, rate: 20 })])
      expect(Math.abs(clock.now() - Date.now())).toBeLessThan(1_000);
  });

  it('is real time at rate 1', () => {
    expect(Math.abs(sandboxClock({ from: fromBehind(0), rate: 1 }).now() - Date.now())).toBeLessThan(1_000);
  });
});
