import { describe, expect, it } from 'vitest';
import { judgedPlan } from './judged-run.ts';
import { randomPlan, scenarioOf } from './random-plan.ts';
import { referenceOf } from './references.ts';
import { seedsFrom } from './run-many.ts';

/** `npm run -s sweep` plays thousands; these are the first ones. */
describe('plans by chance', () => {
  it.each(seedsFrom(1, 60))('seed %i ends as the undisturbed run, with no invariant broken', async (seed) => {
    const plan = randomPlan(seed, await referenceOf(scenarioOf(seed)));
    const { found } = await judgedPlan(plan);

    expect(found.length === 0 ? [] : [...found, JSON.stringify(plan)]).toEqual([]);
  });
});
