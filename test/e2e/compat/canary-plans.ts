/** Plans that scenarios of the canary share: with pods as the weight, and with Services and an Ingress for ingress-nginx. */

import type { JsonObject } from '../../../crds/schema/json.ts';
import { type App, ingressObject, serviceObject } from './app.ts';

type Plan = { readonly strategy: { readonly canary: JsonObject } };

/** One pod more while pods are replaced, none missing. */
export function plan(steps: readonly JsonObject[], more: JsonObject = {}): JsonObject {
  return { strategy: { canary: { maxSurge: 1, maxUnavailable: 0, steps: [...steps], ...more } } };
}

/** The same with a router; old pods go a second after they lost their traffic. */
export function routedPlan(steps: readonly JsonObject[], more: JsonObject = {}): Plan {
  return {
    strategy: {
      canary: {
        canaryService: 'canary',
        stableService: 'stable',
        trafficRouting: { nginx: { stableIngress: 'web' } },
        scaleDownDelaySeconds: 1,
        abortScaleDownDelaySeconds: 1,
        steps: [...steps],
        ...more,
      },
    },
  };
}

export function applyRoutes(app: App): Promise<void> {
  return app.apply(serviceObject('stable'), serviceObject('canary'), ingressObject('web', 'stable'));
}

/** `v1` is Healthy and `v2` waits at the first pause. */
export async function pausedAtCanary(app: App, spec: JsonObject): Promise<void> {
  await app.releaseHealthy('v1', spec);
  await app.release('v2', spec);
  await app.untilPhase('Paused', 'CanaryPauseStep');
}

/** What `kubectl argo rollouts promote` sends while it is paused. */
export const promote = { pauseConditions: null };

/** Reasons of a first deploy. */
export const firstDeploy = [
  'RolloutAddedToInformer',
  'RolloutUpdated',
  'NewReplicaSetCreated',
  'RolloutNotCompleted',
  'ScalingReplicaSet',
  'RolloutCompleted',
] as const;

/** Reasons of an update up to its first scaling. */
export const updateBegins = [
  'RolloutUpdated',
  'NewReplicaSetCreated',
  'RolloutNotCompleted',
  'ScalingReplicaSet',
] as const;
