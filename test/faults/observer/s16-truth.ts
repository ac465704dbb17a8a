/**
 * S16: status is truthful: observedGeneration is the generation that was used; the reported weight equals some version of the
 * route that is no older than the last own write of it; Healthy only if stable is complete and the route is final; a Release is
 * Good only with its Rollouts promoted. While only pods of a revision drain whose template left again (back-to-stable), stable is
 * complete and the route final as soon as the weight is confirmed.
 *
 * Counted: own writes to the status of a Rollout and of a Release. A status write carries the version it was decided on, so the
 * generation used is that of the object before. Pods, routes and other people's changes count as they were at any moment of the
 * last `viewLagMs`. With a spec that can't be used (condition InvalidSpec) the weights written last stay in the status.
 */

import { isJsonObject } from '../../../crds/schema/json.ts';
import type { Commit } from '../../../sandbox/api-server/contract.ts';
import type { RolloutHistory } from './history.ts';
import type { Invariant, Say, Step } from './invariant.ts';
import { listOf, numberOf, textOf, valueAt } from './read-json.ts';
import type { RolloutView } from './rollout-view.ts';
import { type StatusWrite, statusWrite } from './status-write.ts';

export const s16: Invariant = {
  id: 'S16',
  begin: ({ viewLagMs }) => {
    const routeWrites = new Map<string, number>();
    return {
      commit(step, say) {
        const { commit, isOwn, rollouts } = step;
        if (!isOwn) return;
        checkRelease(step, say);
        for (const one of rollouts) {
          if (commit.kind === 'HTTPRoute') routeWrites.set(one.after.uid, commit.rv);
          const write = statusWrite(commit, one);
          if (write === undefined) continue;
          const since = routeWrites.get(one.after.uid) ?? 0;
          const seen = one.history.within(viewLagMs);
          checkGeneration(write, say);
          checkWeights(
            write,
            seen.filter((view) => view.rv >= since),
            say,
          );
          if (textOf(one.after.status, 'phase') === 'Healthy') checkHealthy(one.after, one.history, viewLagMs, say);
        }
      },
    };
  },
};

function checkGeneration({ before, after }: StatusWrite, say: Say): void {
  const used = numberOf(before.object, 'metadata', 'generation');
  const said = numberOf(after.status, 'observedGeneration');
  if (used !== undefined && said !== used)
    say(`${after.text} says observedGeneration ${said ?? 'none'}, but the generation used is ${used}`);
}

function isInvalid(view: RolloutView): boolean {
  return listOf(view.status, 'conditions').some((one) => one['type'] === 'InvalidSpec' && one['status'] === 'True');
}

function checkWeights({ after }: StatusWrite, seen: readonly RolloutView[], say: Say): void {
  const said = numberOf(after.status, 'canary', 'weights', 'canary', 'weight');
  if (said === undefined || isInvalid(after)) return;
  const equals = seen.filter(({ share }) => share !== undefined && Math.ceil(share.high - 1e-6) === said);
  if (equals.length === 0)
    return say(`${after.text} reports canary weight ${said}, the route has ${after.share?.high ?? 'none'}`);
  const isVerified = valueAt(after.status, 'canary', 'weights', 'verified') === true;
  if (isVerified && !equals.some(({ routes }) => routes?.isConfirmed === true))
    say(`${after.text} reports canary weight ${said} as verified, but no Gateway has confirmed it`);
}

function checkHealthy(view: RolloutView, history: RolloutHistory, lagMs: number, say: Say): void {
  const stable = view.stable ?? '';
  const why = unfinished(view);
  if (why !== undefined) return say(`${view.text} says Healthy, but ${why}`);
  const isComplete = (one: RolloutView) => (one.ready[stable] ?? 0) >= one.replicas && isFinal(one, view.transition);
  if (!history.within(lagMs).some(isComplete))
    say(
      `${view.text} says Healthy with ${view.ready[stable] ?? 0} of ${view.replicas} pods ready and canary weight ${view.share?.high ?? 0}`,
    );
}

/** On the way back to stable the weight counts when it is confirmed. */
function isFinal({ share, routes }: RolloutView, transition: string | undefined): boolean {
  return (share?.high ?? 0) === 0 && (transition === undefined || routes === undefined || routes.isConfirmed);
}

function unfinished({ current, stable, transition, stableService }: RolloutView): string | undefined {
  if (current === undefined || current !== stable) return `revision ${current ?? 'none'} is not stable`;
  if (transition !== undefined && transition !== 'back-to-stable') return `a transition (${transition}) is under way`;
  const selected = stableService?.hash;
  return selected === undefined || selected === stable ? undefined : `the stable Service selects ${selected}`;
}

/** The Rollouts of a release that is called good have the revisions that it rendered to, as their stable ones. */
function checkRelease({ commit, cluster }: Step, say: Say): void {
  if (!becomesGood(commit)) return;
  for (const one of listOf(commit.after, 'spec', 'rollouts')) {
    const [namespace, name] = [textOf(one, 'namespace') ?? commit.namespace, textOf(one, 'name') ?? ''];
    const live = cluster.get('Rollout', namespace, name);
    const stable = textOf(live, 'status', 'stableRS');
    if (live === undefined || stable === textOf(one, 'templateHash')) continue;
    say(
      `Release ${commit.namespace}/${commit.name} is called good, but Rollout ${namespace}/${name} has ${stable ?? 'nothing'} as stable`,
    );
  }
}

function becomesGood({ kind, before, after }: Commit): boolean {
  if (kind !== 'Release' || !isJsonObject(after)) return false;
  return textOf(after, 'status', 'phase') === 'Good' && textOf(before, 'status', 'phase') !== 'Good';
}
