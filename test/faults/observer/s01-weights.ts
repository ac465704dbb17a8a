/**
 * S01: weights are whole numbers of at least 0 that sum to the total of the Rollout (spec...maxTrafficWeight, 100), and a rule that
 * splits names the two Services of the Rollout only.
 *
 * Counted: own commits to an HTTPRoute that a Rollout of S(rv) names, and of those the rules whose weights the commit changed: a
 * manifest that was there before the Rollout, or weights of somebody else, are theirs until the controller writes them.
 */

import type { Invariant, RolloutStep, Say } from './invariant.ts';
import type { WeightedRule } from './routes.ts';

export const s01: Invariant = {
  id: 'S01',
  begin: () => ({
    commit({ commit, isOwn, rollouts }, say) {
      if (!isOwn || commit.kind !== 'HTTPRoute' || commit.after === undefined) return;
      for (const step of rollouts) checkRules(step, commit.name, say);
    },
  }),
};

function checkRules({ before, after }: RolloutStep, route: string, say: Say): void {
  for (const rule of after.routes?.rules.filter((one) => one.route === route) ?? []) {
    const old = before?.routes?.rules.find((one) => one.route === route && one.index === rule.index);
    if (old !== undefined && old.stable === rule.stable && old.canary === rule.canary) continue;
    const what = `rule ${rule.index} of HTTPRoute ${after.namespace}/${route}`;
    if (!isWhole(rule.stable) || !isWhole(rule.canary)) say(`${what} was given the weights ${text(rule)}`);
    else if (rule.stable + rule.canary !== after.total)
      say(`${what} was given the weights ${text(rule)}, which do not sum to ${after.total}`);
    if (rule.backends > 2) say(`${what} has ${rule.backends} backends and was given weights`);
  }
}

function isWhole(weight: number | undefined): weight is number {
  return weight !== undefined && Number.isInteger(weight) && weight >= 0;
}

function text({ stable, canary }: WeightedRule): string {
  return `stable ${stable ?? 'none'}, canary ${canary ?? 'none'}`;
}
