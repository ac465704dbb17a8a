/** A spec that lost its trafficRouting in the middle of an update: the route keeps the weights that were written to it. */

import { objectText } from '../../crds/schema/problem.ts';
import { isUnderWay } from './lifecycle-status.ts';
import type { Observed, SpecProblem } from './observed.ts';
import { sceneOf } from './scene.ts';

/** The same observation, with a problem when the router is gone while a revision beside stable may still get traffic by it. */
export function withLostRouter(observed: Observed): Observed {
  const { rollout, traffic, problems } = observed;
  const { trafficRouting } = rollout.spec.strategy?.canary ?? {};
  // A spec that can't be read is refused as it is, and says nothing about its router.
  if (traffic !== undefined || trafficRouting !== undefined || problems.some((one) => one.scope === 'spec'))
    return observed;
  const weights = rollout.status.canary?.weights;
  if (weights === undefined || !mayGetTraffic(observed)) return observed;
  return { ...observed, problems: [...problems, lostRouter(observed, weights.canary.weight)] };
}

/** With the weight on stable and the drain over a Rollout may go on without a router. */
function mayGetTraffic(observed: Observed): boolean {
  const { status } = observed.rollout;
  return isUnderWay(status) || sceneOf(observed, status).others.some((set) => set.replicas > 0);
}

function lostRouter({ rollout }: Observed, weight: number): SpecProblem {
  const field = 'spec.strategy.canary.trafficRouting';
  const message = `${objectText(rollout)}: ${field} was removed in the middle of an update, and the routes still hold the last canary weight that was recorded (${weight}): put it back, let the update end or abort it, and remove it then.`;
  return { scope: 'spec', field, message };
}
