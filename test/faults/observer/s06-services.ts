/**
 * S06: a Service selects another revision h only when h has the pods for the weight on that Service; the hash key of a selector is
 * never removed or emptied, and so the stable Service never selects two revisions.
 *
 * Counted: own commits to a Service that a Rollout names; of a blue-green one the active Service stands for the stable one, with all
 * of the weight, the preview Service for the canary one, with none. Pods that h needs: cap of the most weight that the Service may have (by
 * routes that are not confirmed: all of it), at least 1; all pods of h where the Service had no hash before (its adoption); 1 where
 * the Service's old revision has no ready endpoint left (6.3), or where somebody else had changed the selector. Pods count as
 * ready at any moment of the last `viewLagMs`. With spec.replicas 0 nothing is needed.
 */

import type { Commit } from '../../../sandbox/api-server/contract.ts';
import { podsFor } from './capacity.ts';
import type { Era, RolloutHistory } from './history.ts';
import type { Invariant, RolloutStep, Say } from './invariant.ts';
import { textOf } from './read-json.ts';
import { keys, type ServiceRole } from './rollout-view.ts';

type Role = 'stableService' | 'canaryService';
const roles: readonly Role[] = ['stableService', 'canaryService'];

export const s06: Invariant = {
  id: 'S06',
  begin: ({ viewLagMs }) => {
    const foreign = new Set<string>();
    return {
      commit({ commit, isOwn, rollouts }, say) {
        if (commit.kind !== 'Service' || commit.after === undefined || commit.before === undefined) return;
        const [from, to] = [hashIn(commit.before), hashIn(commit.after)];
        if (from === to) return;
        const id = `${commit.namespace}/${commit.name}`;
        const wasForeign = foreign.has(id);
        if (isOwn) foreign.delete(id);
        else foreign.add(id);
        if (!isOwn) return;
        for (const step of rollouts) checkService(step, commit, { from, to, wasForeign }, viewLagMs, say);
      },
    };
  },
};

function hashIn(service: Commit['after']): string | undefined {
  return textOf(service, 'spec', 'selector', keys.podTemplateHash);
}

interface Switch {
  readonly from: string | undefined;
  readonly to: string | undefined;
  readonly wasForeign: boolean;
}

function checkService(step: RolloutStep, commit: Commit, change: Switch, lagMs: number, say: Say): void {
  const { after, history } = step;
  for (const role of roles.filter((one) => after[one]?.name === commit.name)) {
    const what = `Service ${commit.namespace}/${commit.name} of ${after.text}`;
    if (change.to === undefined) return say(`the hash was removed from the selector of ${what}`);
    const { to } = change;
    const needed = history.eras(lagMs).map((era) => neededPods(era, role, { ...change, to }));
    const best = readyLately(history, to, lagMs);
    if (best >= Math.min(...needed)) continue;
    say(
      `${what} was switched from ${change.from ?? 'all pods'} to ${to} with ${best} of ${Math.min(...needed)} pods ready`,
    );
  }
}

function readyLately(history: RolloutHistory, hash: string, lagMs: number): number {
  return Math.max(...history.within(lagMs).map((view) => view.ready[hash] ?? 0));
}

function neededPods(era: Era, role: Role, change: Switch & { readonly to: string }): number {
  const { view } = era;
  if (view.replicas === 0) return 0;
  const old: ServiceRole | undefined = view[role];
  if (change.from === undefined) return Math.max(1, view.sets.get(change.to)?.replicas ?? 1);
  const isEmpty = Object.values(old?.ready ?? {}).every((count) => count === 0);
  if (change.wasForeign || (isEmpty && old !== undefined)) return 1;
  return Math.max(1, podsFor(mostOn(era, role), view.replicas, view.total));
}

/** The most weight that may flow over one of the two Services. */
function mostOn({ view, possible }: Era, role: Role): number {
  // All live traffic flows over the active Service, and none that counts over the preview one.
  if (view.isBlueGreen) return role === 'stableService' ? view.total : 0;
  if (view.routes === undefined) return 0;
  return Math.max(0, ...possible.map(({ low, high }) => (role === 'canaryService' ? high : view.total - low)));
}
