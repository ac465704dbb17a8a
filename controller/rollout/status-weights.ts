/** `status.canary.weights`: what the router holds for every destination, and whether it has confirmed it. */

import type { TrafficWeights, WeightDestination } from '../../crds/schema/rollout-status.ts';
import { servicesOf } from '../../crds/schema/services-of.ts';
import type { Scene } from './scene.ts';
import { canaryWeight } from './weights.ts';

/**
 * Undefined while the router shows no weights. Shares are parts of the scene's total; where routes disagree the canary's is
 * the highest. `verified` is absent where the router can't be asked.
 */
export function statusWeights(scene: Scene): TrafficWeights | undefined {
  const { traffic, stableService, canaryService, rollout } = scene.observed;
  if (traffic?.state.written === undefined) return undefined;
  const canary = canaryWeight(scene);
  const { confirmed } = traffic.state;
  const services = servicesOf({ spec: rollout.spec, status: scene.status });
  const additional = extraWeights(scene);
  const taken = additional.reduce((sum, one) => sum + one.weight, canary);
  return {
    canary: destination(services.canary, canaryService?.podHash, canary),
    stable: destination(services.stable, stableService?.podHash, Math.max(0, scene.total - taken)),
    ...(additional.length === 0 ? {} : { additional }),
    ...(confirmed === 'unknown' ? {} : { verified: confirmed === 'yes' }),
  };
}

/** Destinations of an experiment as they are written; the revisions behind them are those of the plan. */
function extraWeights(scene: Scene): WeightDestination[] {
  const written = scene.observed.traffic?.state.written;
  if (written === undefined || written.total <= 0) return [];
  return written.destinations
    .filter((one) => one.role === 'extra')
    .map(({ service, weight, podHash }) => {
      const known = podHash ?? scene.extras.find((one) => one.service === service)?.podHash;
      return destination(service, known, Math.round((weight * scene.total) / written.total));
    });
}

function destination(service: string | undefined, podHash: string | undefined, weight: number): WeightDestination {
  return {
    weight,
    ...(service === undefined ? {} : { serviceName: service }),
    ...(podHash === undefined ? {} : { podTemplateHash: podHash }),
  };
}
