/** `status.canary.weights`: what the router holds for every destination, and whether it has confirmed it. */

import type { TrafficWeights, WeightDestination } from '../../crds/schema/rollout-status.ts';
import { servicesOf } from '../../crds/schema/services-of.ts';
import type { WeightPlan } from '../traffic/router.ts';
import type { Scene } from './scene.ts';
import { partOf } from './traffic-plan.ts';
import { canaryWeight } from './weights.ts';

/**
 * Undefined while the router shows no weights. Shares are parts of the scene's total; where routes disagree the canary's is
 * the highest. `verified` is absent where the router can't be asked.
 */
export function statusWeights(scene: Scene): TrafficWeights | undefined {
  const { traffic, stableService, canaryService, rollout } = scene.observed;
  const { written, confirmed } = { ...traffic?.state };
  if (written === undefined) return undefined;
  const canary = canaryWeight(scene);
  const services = servicesOf({ spec: rollout.spec, status: scene.status });
  const additional = extraWeights(scene, written);
  const taken = additional.reduce((sum, one) => sum + one.weight, canary);
  return {
    canary: destination(services.canary, canaryService?.podHash, canary),
    stable: destination(services.stable, stableService?.podHash, Math.max(0, scene.total - taken)),
    ...(additional.length === 0 ? {} : { additional }),
    ...(confirmed === 'unknown' ? {} : { verified: confirmed === 'yes' }),
  };
}

/** Destinations of an experiment as they are written; the revisions behind them are those of the plan. */
function extraWeights(scene: Scene, written: WeightPlan): WeightDestination[] {
  return written.destinations
    .filter((one) => one.role === 'extra')
    .map(({ service, weight, podHash }) => {
      const known = podHash ?? scene.extras.find((one) => one.service === service)?.podHash;
      return destination(service, known, Math.round(partOf(written, weight, scene.total)));
    });
}

function destination(
  serviceName: string | undefined,
  podTemplateHash: string | undefined,
  weight: number,
): WeightDestination {
  return { weight, serviceName, podTemplateHash };
}
