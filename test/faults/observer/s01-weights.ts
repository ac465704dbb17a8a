/**
 * S01: weights are whole numbers of at least 0 that sum to the total of the Rollout (spec...maxTrafficWeight, 100), and a rule that
 * splits names the two Services of the Rollout only.
 *
 * Counted: own commits to an HTTPRoute that a Rollout of S(rv) names, and of those the rules whose weights the commit changed: a
 * manifest that was there before the Rollout, or weights of somebody else, are theirs until the controller writes them. A rule that
 * named both Services goes on to do so: an own commit that keeps all rules of the route may not lead one of them elsewhere.
 */

import type { Commit } from '../../../sandbox/api-server/contract.ts';
import type { Invariant, RolloutStep, Say } from './invariant.ts';
import { listOf } from './read-json.ts';
import type { RolloutView } from './rollout-view.ts';
import type { WeightedRule } from './routes.ts';

export const s01: Invariant = {
  id: 'S01',
  begin: () => ({
    commit({ commit, isOwn, rollouts }, say) {
      if (!isOwn || commit.kind !== 'HTTPRoute' || commit.after === undefined) return;
      for (const step of rollouts) {
        checkRules(step, commit.name, say);
        checkLost(step, commit, say);
      }
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

function checkLost({ before, after }: RolloutStep, commit: Commit, say: Say): void {
  const split = (view: RolloutView | undefined) =>
    (view?.routes?.rules ?? []).filter(({ route }) => route === commit.name).length;
  const rules = (object: Commit['after']) => listOf(object, 'spec', 'rules').length;
  if (split(after) >= split(before) || rules(commit.after) < rules(commit.before)) return;
  say(`a rule of HTTPRoute ${after.namespace}/${commit.name} names the two Services of ${after.text} no more`);
}

function isWhole(weight: number | undefined): weight is number {
  return weight !== undefined && Number.isInteger(weight) && weight >= 0;
}

function text({ stable, canary }: WeightedRule): string {
  return `stable ${stable ?? 'none'}, canary ${canary ?? 'none'}`;
}
