/** The routes that header and mirror steps ask for: which shall exist now, and whether the router still holds any. Pure. */

import type { CanaryStep } from '../../crds/schema/canary-steps.ts';
import type { Rollout } from '../../crds/schema/rollout.ts';
import type { ManagedRoute } from '../traffic/router.ts';
import type { TrafficState } from './observed.ts';
import { readyBehind, type Scene } from './scene.ts';

/** `managed` as a WeightPlan takes it. `isBlocked`: routes are wanted, and the canary Service has nobody to answer them. */
export interface RouteWish {
  readonly managed?: readonly ManagedRoute[];
  readonly isBlocked: boolean;
}

/** Names that steps may use, first wins. */
export function managedNames(rollout: Pick<Rollout, 'spec'>): readonly string[] {
  return (rollout.spec.strategy?.canary?.trafficRouting?.managedRoutes ?? []).map((one) => one.name);
}

/**
 * The last word of the steps up to `index` on each name, in the order of `managedRoutes`; an empty match removes a route.
 * Source: Argo Rollouts' steps setHeaderRoute and setMirrorRoute.
 */
export function routesAt(
  steps: readonly CanaryStep[],
  index: number,
  names: readonly string[],
): readonly ManagedRoute[] {
  const routes = new Map<string, ManagedRoute | undefined>();
  for (const { setHeaderRoute, setMirrorRoute } of steps.slice(0, index + 1)) {
    if (setHeaderRoute?.name !== undefined) {
      const { name, match = [] } = setHeaderRoute;
      routes.set(name, match.length === 0 ? undefined : { kind: 'header', name, match });
    }
    if (setMirrorRoute?.name !== undefined) {
      const { name, match = [], percentage = 100 } = setMirrorRoute;
      routes.set(name, match.length === 0 ? undefined : { kind: 'mirror', name, match, percentage });
    }
  }
  return names.flatMap((name) => routes.get(name) ?? []);
}

/**
 * Only a rollout on its steps has such routes. They lead to the canary Service, so none is written before that has a ready
 * endpoint of the new revision, and all go while it still belongs to another one. Without `managedRoutes` nothing is touched.
 */
export function routeWish(scene: Scene): RouteWish {
  const names = managedNames(scene.observed.rollout);
  if (names.length === 0) return { isBlocked: false };
  const { canaryService } = scene.observed;
  const isOwn = canaryService?.podHash === scene.currentHash;
  const wanted = scene.state === 'stepping' ? routesAt(scene.steps, scene.stepIndex, names) : [];
  if (wanted.length === 0) return { managed: [], isBlocked: false };
  if (!isOwn) return { managed: [], isBlocked: true };
  return readyBehind(canaryService, scene.currentHash) > 0
    ? { managed: wanted, isBlocked: false }
    : { isBlocked: true };
}

/** True while the router holds a managed route: requests may reach the canary Service whatever its weight is. */
export function hasManagedRoutes(rollout: Rollout, { router, found, state }: TrafficState): boolean {
  if (managedNames(rollout).length === 0 || state.written === undefined) return false;
  const cleared = router.plan(rollout, { ...state.written, managed: [] }, found);
  // What the router refuses to look at may be there.
  if ('kind' in cleared) return true;
  return JSON.stringify(cleared) !== JSON.stringify(router.plan(rollout, state.written, found));
}
