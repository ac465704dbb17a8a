import { describe, expect, it } from 'vitest';
import { howToRegenerate, identitiesOf, uncovered } from '../plan/identities.ts';
import { type Plan, scenarioNames } from '../plan/plan.ts';
import { referenceOf } from './references.ts';
import { runPlan } from './run-plan.ts';

/** How many bad commits each scenario has. */
const badCommits: Readonly<Record<string, number>> = {
  'good-release': 0,
  'bad-release': 1,
  'main-job': 1,
  'replica-ratio': 1,
  'background-analysis': 1,
  superseded: 0,
  'aborted-by-command': 1,
  'two-rollouts': 1,
  'blue-green': 1,
};

describe.each(scenarioNames)('%s, undisturbed', (scenario) => {
  it('ends quietly, breaks no invariant, and reverts each bad commit once', async () => {
    const { runs } = await referenceOf(scenario);

    for (const run of runs) {
      expect(run.violations).toEqual([]);
      expect(run.ended).toBe('quiet');
      expect(Object.values(run.reverts)).toEqual(Array.from({ length: badCommits[scenario] ?? 0 }, () => 1));
    }
  });

  it('makes no write that the committed list lacks', async () => {
    const { runs } = await referenceOf(scenario);
    const changes = uncovered(scenario, identitiesOf(runs.flatMap(({ writes }) => writes)));

    expect(changes.length === 0 ? [] : [...changes, howToRegenerate]).toEqual([]);
  });
});

describe('determinism', () => {
  const disturbed: Plan = {
    scenario: 'bad-release',
    seed: 7,
    faults: [
      { at: { nthWrite: 20 }, kind: 'reply-lost', crash: true },
      { at: { nthWrite: 60 }, kind: 'conflict', crash: false },
    ],
  };

  it('writes the same commit log when the same plan is played again', async () => {
    const [first, second] = [await runPlan(disturbed), await runPlan(disturbed)];

    expect(second.logHash).toBe(first.logHash);
    expect(first.struck).toHaveLength(2);
  });

  it('writes another one with another seed', async () => {
    const [first, second] = [await runPlan(disturbed), await runPlan({ ...disturbed, seed: 8 })];

    expect(second.logHash).not.toBe(first.logHash);
  });
});
