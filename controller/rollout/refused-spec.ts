/**
 * What still goes on with a spec that can't be used: the way back to stable, by the strategy that was used last. What the
 * broken spec can't say is taken from what was written by it: the Services from status, the number of pods from stable.
 */

import type { Rollout } from '../../crds/schema/rollout.ts';
import type { RolloutStatus } from '../../crds/schema/rollout-status.ts';
import type { Observed } from './observed.ts';
import { annotation, type Scene } from './scene.ts';

/** True when only the way forward is barred: a bad pod template, a missing analysis template. */
export function isForwardOnly(observed: Observed): boolean {
  return observed.problems.every((one) => one.scope === 'forward');
}

/** The Services that the route was written with last, whatever the broken spec says. */
export function withLastServices<R extends Pick<Rollout, 'spec' | 'status'>>(rollout: R): R {
  const { weights } = { ...rollout.status?.canary };
  const { canary } = rollout.spec.strategy;
  if (weights === undefined || canary === undefined) return rollout;
  const { serviceName: stableService = canary.stableService } = weights.stable;
  const { serviceName: canaryService = canary.canaryService } = weights.canary;
  const strategy = { ...rollout.spec.strategy, canary: { ...canary, stableService, canaryService } };
  return { ...rollout, spec: { ...rollout.spec, strategy } };
}

/** The observation as the last usable spec would give it; the template is still that of the revision under way. */
export function lastUsable(observed: Observed, status: RolloutStatus): Observed {
  const { rollout } = observed;
  const { currentPodHash: podHash = observed.podHash, currentStepHash: stepHash = observed.stepHash } = status;
  const isUnclear = observed.problems.some((one) => one.field.startsWith('spec.replicas'));
  const replicas = isUnclear ? lastReplicas(observed, status) : rollout.spec.replicas;
  return {
    ...observed,
    podHash,
    stepHash,
    rollout: { ...rollout, spec: { ...rollout.spec, replicas } },
  };
}

function lastReplicas({ replicaSets, keys }: Observed, status: RolloutStatus): number | undefined {
  const stable = replicaSets.find((set) => set.podHash === status.stableRS);
  const desired = Number(stable && annotation(stable, keys.desiredReplicas));
  return Number.isInteger(desired) && desired > 0 ? desired : stable?.replicas;
}

/**
 * States whose moves start nothing new. A missing ReplicaSet of stable could only be made from the template, which is in
 * doubt; and a spec that can't be used at all changes nothing while stable has everything.
 */
export function goesBack(scene: Scene): boolean {
  switch (scene.state) {
    case 'aborting':
    case 'returning':
      return scene.stable !== undefined && !isCutOff(scene);
    case 'aborted':
      return !isCutOff(scene);
    case 'promoting':
      return scene.status.transition?.to !== scene.currentHash && !isCutOff(scene);
    case 'stable':
      return scene.current !== undefined && isForwardOnly(scene.observed);
    case 'new':
    case 'deploying':
    case 'stepping':
    case 'superseding':
      return false;
  }
}

/** There are weights in a router that the spec doesn't name any more: nobody may lose pods until it does. */
function isCutOff({ observed, status }: Scene): boolean {
  return observed.traffic === undefined && status.canary?.weights !== undefined;
}
