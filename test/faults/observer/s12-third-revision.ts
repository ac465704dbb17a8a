/**
 * S12: at most one revision besides stable carries weight; when a third revision arrives, the second is at 0 first.
 *
 * Counted with a router: own commits to routes, Services and status after which two revisions that are not stable may get traffic,
 * by what is written, by selectors and leftover endpoints, and by versions of a route that Gateways have not given up yet, when it
 * was not so before. Without a router, where pods are weight: own commits that give pods to a revision while another one that is
 * not stable either still asks for pods. With blue-green all traffic follows one selector, so there is nothing to count. Before the first revision is stable there is nothing to protect.
 */

import type { Commit } from '../../../sandbox/api-server/contract.ts';
import { type Era, hashesOf, mostShare, type RolloutHistory } from './history.ts';
import type { Invariant, RolloutStep, Say } from './invariant.ts';
import { labelOf, numberOf } from './read-json.ts';
import { keys, type RolloutView } from './rollout-view.ts';

export const s12: Invariant = {
  id: 'S12',
  begin: () => ({
    commit({ commit, isOwn, rollouts }, say) {
      if (!isOwn) return;
      for (const step of rollouts) {
        if (step.after.stable === undefined) continue;
        if (step.after.routes !== undefined) checkWeights(step, say);
        else if (!step.after.isBlueGreen) checkPods(step, commit, say);
      }
    },
  }),
};

function carriers(era: Era): readonly string[] {
  const { stable } = era.view;
  return hashesOf(era.view).filter((hash) => hash !== stable && mostShare(era, hash) > 0);
}

function previous(history: RolloutHistory, before: RolloutView | undefined): Era | undefined {
  const eras = history.eras(Number.MAX_SAFE_INTEGER);
  return eras.findLast((era) => era.view === before);
}

function checkWeights({ before, after, history }: RolloutStep, say: Say): void {
  const now = carriers(history.now);
  if (now.length < 2) return;
  const earlier = previous(history, before);
  if (earlier !== undefined && carriers(earlier).length >= now.length) return;
  say(`besides stable ${after.stable}, ${now.join(' and ')} of ${after.text} may get traffic`);
}

function checkPods({ after }: RolloutStep, commit: Commit, say: Say): void {
  if (commit.kind !== 'ReplicaSet' || commit.after === undefined) return;
  const hash = labelOf(commit.after, keys.podTemplateHash);
  if (hash === undefined || hash === after.stable || !after.sets.has(hash)) return;
  const size = (object: Commit['before']) => (object === undefined ? 0 : (numberOf(object, 'spec', 'replicas') ?? 1));
  if (size(commit.after) <= size(commit.before)) return;
  const other = [...after.sets.values()].find(
    (set) => set.hash !== hash && set.hash !== after.stable && set.replicas > 0,
  );
  if (other === undefined) return;
  say(
    `${hash} of ${after.text} was given pods while ${other.hash}, which is not stable either, still has ${other.replicas}`,
  );
}
