/**
 * App Mesh adapter: weights of the VirtualRouter behind a VirtualService, and the pod selectors of the two VirtualNodes. It
 * works on the objects only; AWS ended the service itself.
 */

import type { Rollout } from '../../crds/schema/rollout.ts';
import type { JsonObject, KubeObject, ObjectKey } from '../../kube/api.ts';
import {
  asAppMesh,
  asRouter,
  confirmationOf,
  groupName,
  type Route,
  routeRule,
  routerOf,
  type VirtualRouter,
  type WeightedTarget,
  withTargets,
} from './app-mesh-objects.ts';
import {
  hashOf,
  heldRange,
  isRefusal,
  keysOf,
  namespaceOf,
  routingField,
  routingOf,
  type Shares,
  sharesOf,
  sidesOf,
} from './mesh-split.ts';
import { share, refused } from './split.ts';
import type { Claim, Found, PlanScope, Refusal, RouteState, RouteWrite, TrafficRouter, WeightPlan } from './router.ts';

const field = `${routingField}.appMesh`;

export const appMesh: TrafficRouter = {
  name: 'App Mesh',
  can: new Set(['weight']),
  needs,
  read,
  plan,
  claims,
};

function keyOf(rollout: Rollout, kind: string, name: string): ObjectKey {
  return { group: groupName, kind, namespace: namespaceOf(rollout), name };
}

interface Names {
  readonly service: string;
  readonly routes: readonly string[];
  readonly stable: string;
  readonly canary: string;
}

function namesOf(rollout: Rollout): Names | undefined {
  const named = routingOf(rollout)?.appMesh;
  if (named === undefined) return undefined;
  const { canaryVirtualNodeRef, stableVirtualNodeRef } = named.virtualNodeGroup ?? {};
  return {
    service: named.virtualService?.name ?? '',
    routes: named.virtualService?.routes ?? [],
    stable: stableVirtualNodeRef?.name ?? '',
    canary: canaryVirtualNodeRef?.name ?? '',
  };
}

/** The VirtualRouter is named by the VirtualService, so it is known only where that was found. */
function needs(rollout: Rollout, found?: Found): readonly ObjectKey[] {
  const names = namesOf(rollout);
  if (names === undefined) return [];
  const service = keyOf(rollout, 'VirtualService', names.service);
  const router = routerKey(rollout, found?.(service));
  const nodes = [names.stable, names.canary].map((name) => keyOf(rollout, 'VirtualNode', name));
  return [service, ...nodes, ...(router ? [router] : [])];
}

function routerKey(rollout: Rollout, service: KubeObject | undefined): ObjectKey | undefined {
  const ref = service && routerOf(asAppMesh(service));
  if (ref === undefined || (ref.namespace ?? namespaceOf(rollout)) !== namespaceOf(rollout)) return undefined;
  return keyOf(rollout, 'VirtualRouter', ref.name);
}

interface World {
  readonly names: Names;
  readonly raw: KubeObject & JsonObject;
  readonly router: VirtualRouter;
  /** Positions of the routes to weight. */
  readonly chosen: readonly number[];
}

function locate(rollout: Rollout, found: Found): World | Refusal | undefined {
  const names = namesOf(rollout);
  if (names === undefined) return undefined;
  const serviceKey = keyOf(rollout, 'VirtualService', names.service);
  const service = found(serviceKey);
  if (service === undefined) return absent(serviceKey, `${field}.virtualService.name`);
  const key = routerKey(rollout, service);
  if (key === undefined) {
    const message = `VirtualService/${names.service} has no VirtualRouter of namespace ${namespaceOf(rollout)} as its provider; it needs one to split traffic, so set spec.provider.virtualRouter.virtualRouterRef`;
    return refused(`${field}.virtualService.name`, message);
  }
  const raw = found(key);
  if (raw === undefined) return absent(key, `${field}.virtualService.name`);
  const router = asRouter(raw);
  const chosen = chooseRoutes(router, names);
  return isRefusal(chosen) ? chosen : { names, raw, router, chosen };
}

function absent(key: ObjectKey, at: string): Refusal {
  const message = `${key.kind}/${key.name} does not exist in namespace ${key.namespace}; create it or correct the name`;
  return refused(at, message);
}

/** The named routes; without names every route. */
function chooseRoutes(router: VirtualRouter, names: Names): readonly number[] | Refusal {
  const all = [...(router.spec?.routes ?? []).entries()];
  const text = `VirtualRouter/${router.metadata.name}`;
  const missing = names.routes.findIndex((name) => !all.some(([, route]) => route.name === name));
  if (missing >= 0) {
    const message = `${text} has no route "${names.routes[missing]}"; add it or correct the name`;
    return refused(`${field}.virtualService.routes[${missing}]`, message);
  }
  const chosen = all.filter(([, route]) => names.routes.length === 0 || names.routes.includes(route.name ?? ''));
  if (chosen.length === 0)
    return refused(`${field}.virtualService.name`, `${text} has no routes; add one with both VirtualNodes as targets`);
  for (const [index, route] of chosen) {
    const targets = routeRule(route)?.targets ?? [];
    const wrong = targets.length !== 2 || !names.stable || [names.stable, names.canary].some((n) => !has(targets, n));
    if (!wrong) continue;
    const message = `route ${route.name ? `"${route.name}"` : index} of ${text} has ${targets.length} weighted targets; it must have exactly two, VirtualNode/${names.stable} and VirtualNode/${names.canary}, so correct its weightedTargets`;
    return refused(`${field}.virtualService.routes`, message);
  }
  return chosen.map(([index]) => index);
}

function has(targets: readonly WeightedTarget[], name: string): boolean {
  return targets.some((one) => one.virtualNodeRef?.name === name);
}

function heldPlan(rollout: Rollout, route: Route | undefined, names: Names): WeightPlan {
  const targets = (route && routeRule(route)?.targets) ?? [];
  const weightOf = (name: string) => targets.find((one) => one.virtualNodeRef?.name === name)?.weight ?? 0;
  const sides = sidesOf(rollout);
  const [stable, canary] = [weightOf(names.stable), weightOf(names.canary)];
  return {
    total: stable + canary,
    destinations: [
      { service: sides.stable, role: 'stable', weight: stable },
      { service: sides.canary, role: 'canary', weight: canary },
    ],
  };
}

function read(rollout: Rollout, found: Found): RouteState {
  const world = locate(rollout, found);
  if (world === undefined) return { written: undefined, confirmed: 'no', why: 'appMesh is not set' };
  if (isRefusal(world)) return { written: undefined, confirmed: 'no', why: world.message };
  const { chosen, names, router } = world;
  const range = heldRange(chosen.map((index) => heldPlan(rollout, router.spec?.routes?.[index], names)));
  if (range.lowest !== undefined)
    return {
      ...range,
      confirmed: 'no',
      why: `the weights of VirtualRouter/${router.metadata.name} differ between routes`,
    };
  return { ...range, ...confirmationOf(router) };
}

/** A VirtualNode takes its new selector before it takes weight, and after it has given up all of it. */
function plan(
  rollout: Rollout,
  wanted: WeightPlan,
  found: Found,
  scope: PlanScope = 'all',
): readonly RouteWrite[] | Refusal {
  const world = locate(rollout, found);
  if (world === undefined) return [];
  if (isRefusal(world)) return world;
  const shares = sharesOf(wanted);
  const { raw, router, chosen, names } = world;
  const old = router.spec?.routes ?? [];
  const routes = old.map((route, index) =>
    chosen.includes(index) ? weighted(rollout, route, world, shares, scope) : route,
  );
  const moves = routes.some((route, index) => route !== old[index]);
  const isLoaded = (side: 'stable' | 'canary') =>
    chosen.some((index) =>
      heldPlan(rollout, old[index], names).destinations.some((one) => one.role === side && one.weight > 0),
    );
  const nodes: RouteWrite[] = [];
  for (const side of ['stable', 'canary'] as const) {
    const hash = wantedHash(wanted, side);
    const write = nodeWrite(rollout, side, names[side], hash, found);
    if (write !== undefined && isRefusal(write)) return write;
    if (write !== undefined && !(moves && isLoaded(side) && shares[side] === 0)) nodes.push(write);
  }
  const patch = { spec: { routes: routes as unknown as JsonObject[] } };
  return moves ? [...nodes, { kind: 'patch', object: raw, patch }] : nodes;
}

function weighted(rollout: Rollout, route: Route, { names }: World, shares: Shares, scope: PlanScope): Route {
  const held = heldPlan(rollout, route, names);
  if (scope === 'lower' && share(held) < shares.canary / 100) return route;
  return withTargets(route, (target) => {
    const side = target.virtualNodeRef?.name === names.canary ? 'canary' : 'stable';
    return target.weight === shares[side] ? target : { ...target, weight: shares[side] };
  });
}

/** App Mesh refuses two VirtualNodes with equal selectors, so a canary that is the stable revision selects nothing. */
function wantedHash(wanted: WeightPlan, side: 'stable' | 'canary'): string | undefined {
  const hash = hashOf(wanted, side);
  return side === 'canary' && hash !== undefined && hash === hashOf(wanted, 'stable') ? 'canary-hash' : hash;
}

function nodeWrite(
  rollout: Rollout,
  side: 'stable' | 'canary',
  name: string,
  hash: string | undefined,
  found: Found,
): RouteWrite | Refusal | undefined {
  const key = keyOf(rollout, 'VirtualNode', name);
  const raw = found(key);
  if (raw === undefined) return absent(key, `${field}.virtualNodeGroup.${side}VirtualNodeRef.name`);
  const { podTemplateHash, managedByRollouts } = keysOf(rollout);
  const labels = asAppMesh(raw).spec?.podSelector?.matchLabels ?? {};
  const isLabelled = hash === undefined || labels[podTemplateHash] === hash;
  const isClaimed = raw.metadata.annotations?.[managedByRollouts] === rollout.metadata.name;
  if (isLabelled && isClaimed) return undefined;
  const patch = {
    ...(isClaimed ? {} : { metadata: { annotations: { [managedByRollouts]: rollout.metadata.name } } }),
    ...(isLabelled ? {} : { spec: { podSelector: { matchLabels: { [podTemplateHash]: hash } } } }),
  };
  return { kind: 'patch', object: raw, patch };
}

/** Asked of one object at a time: a VirtualRouter is recognised by its targets alone. */
function claims(rollout: Rollout, found: Found): readonly Claim[] {
  const names = namesOf(rollout);
  if (names === undefined) return [];
  const label = keysOf(rollout).podTemplateHash;
  const nodes = [names.stable, names.canary]
    .map((name) => keyOf(rollout, 'VirtualNode', name))
    .filter((key) => found(key) !== undefined)
    .map((object) => ({ object, pointers: [`/spec/podSelector/matchLabels/${label}`] }));
  const key = routerKey(rollout, found(keyOf(rollout, 'VirtualService', names.service)));
  const raw = key && found(key);
  if (key === undefined || raw === undefined) return nodes;
  const router = asRouter(raw);
  const chosen = chooseRoutes(router, names);
  const pointers = (isRefusal(chosen) ? [] : chosen).flatMap((index) => {
    const rule = routeRule(router.spec?.routes?.[index] ?? {});
    return (rule?.targets ?? []).map(
      (_, at) => `/spec/routes/${index}/${rule?.kind}/action/weightedTargets/${at}/weight`,
    );
  });
  return [...nodes, { object: key, pointers }];
}
