/**
 * Contour adapter: weights of HTTPProxy routes that name both Services, header routes as copies of them, mirrors as one more
 * service. Routes have no names, so the conditions of those made here are noted in an annotation of the HTTPProxy.
 */

import { z } from 'zod';
import { ownKeys } from '../../crds/schema/keys.ts';
import type { Rollout } from '../../crds/schema/rollout.ts';
import type { Json, JsonObject, KubeObject, ObjectKey } from '../../kube/api.ts';
import {
  asProxy,
  coversAll,
  headerRoute,
  type HttpProxy,
  isCanaryOnly,
  isOurMirror,
  isWeighted,
  mirrored,
  notValid,
  positionOf,
  type ProxyRoute,
  splitOf,
} from './contour-proxy.ts';
import { isEqual } from './merge-diff.ts';
import type {
  Claim,
  Found,
  ManagedRoute,
  PlanScope,
  Refusal,
  RouteState,
  RouteWrite,
  TrafficRouter,
  WeightPlan,
} from './router.ts';
import {
  jsonList,
  missing,
  pairOf,
  pointerPart,
  type Reading,
  refused,
  servicePair,
  type ServicePair,
  stateOf,
  staysLower,
  unreadable,
  weightFor,
} from './split.ts';

const field = 'spec.strategy.canary.trafficRouting.contour.httpProxies';

export const contour: TrafficRouter = {
  name: 'Contour',
  can: new Set(['weight', 'header', 'mirror', 'confirm']),
  needs: (rollout) => proxyNames(rollout).map((name) => proxyKey(rollout, name)),
  read: readWeights,
  plan: planProxies,
  claims: claimRoutes,
};

function proxyNames(rollout: Rollout): readonly string[] {
  return (rollout.spec.strategy?.canary?.trafficRouting?.contour?.httpProxies ?? []).map((one) => one.name);
}

function proxyKey(rollout: Rollout, name: string): ObjectKey {
  return { group: 'projectcontour.io', kind: 'HTTPProxy', namespace: rollout.metadata.namespace ?? '', name };
}

function readWeights(rollout: Rollout, found: Found): RouteState {
  const pair = servicePair(rollout);
  const readings: Reading[] = [];
  let why: string | undefined;
  for (const name of proxyNames(rollout)) {
    const object = found(proxyKey(rollout, name));
    const where = `HTTPProxy/${name}`;
    if (!object) return unreadable(`${where} does not exist`);
    const routes = (asProxy(object).spec?.routes ?? []).filter((route) => isWeighted(route, pair));
    if (routes.length === 0) return unreadable(`no route of ${where} names both Services`);
    readings.push(...routes.map((route) => ({ where, plan: splitOf(route, pair) })));
    why ??= notValid(asProxy(object));
  }
  return stateOf(readings, pair, why === undefined ? { confirmed: 'yes' } : { confirmed: 'no', why });
}

function planProxies(
  rollout: Rollout,
  wanted: WeightPlan,
  found: Found,
  scope: PlanScope = 'all',
): readonly RouteWrite[] | Refusal {
  const pair = pairOf(rollout, wanted);
  const writes: RouteWrite[] = [];
  for (const [index, name] of proxyNames(rollout).entries()) {
    const at = `${field}[${index}].name`;
    const key = proxyKey(rollout, name);
    const object = found(key);
    if (!object) return missing(key, at);
    const proxy = asProxy(object);
    const refusal = refusalOf(proxy, pair, at) ?? mirrorRefusal(proxy, pair, wanted, at);
    if (refusal) return refusal;
    const patch = patchOf(rollout, proxy, { wanted, pair, scope });
    if (patch) writes.push({ kind: 'patch', object, patch });
  }
  return writes;
}

function refusalOf(proxy: HttpProxy, pair: ServicePair, at: string): Refusal | undefined {
  const where = `HTTPProxy/${proxy.metadata.name}`;
  const weighted = (proxy.spec?.routes ?? []).filter((route) => isWeighted(route, pair));
  if (weighted.length === 0)
    return refused(
      at,
      `no route of ${where} names both Service/${pair.stable} and Service/${pair.canary}; add both to a route, the canary with weight 0`,
    );
  const own = [pair.stable, pair.canary];
  const other = weighted
    .flatMap((route) => route.services ?? [])
    .find((one) => !own.includes(one.name) && !one.mirror && (one.weight ?? 0) > 0);
  if (!other) return undefined;
  return refused(
    at,
    `a route of ${where} gives weight to Service/${other.name}; allowed are only Service/${pair.stable} and Service/${pair.canary}, so move it to a route of its own`,
  );
}

function mirrorRefusal(proxy: HttpProxy, pair: ServicePair, wanted: WeightPlan, at: string): Refusal | undefined {
  const mirrors = (wanted.managed ?? []).flatMap((one) => (one.kind === 'mirror' && one.match.length > 0 ? [one] : []));
  const partial = mirrors.find((one) => !coversAll(one.match));
  if (partial)
    return refused(
      'spec.strategy.canary.steps',
      `mirror route ${partial.name} matches only some requests; Contour copies whole routes, so give it the one match path.prefix "/"`,
    );
  if (mirrors.length === 0) return undefined;
  const foreign = (proxy.spec?.routes ?? [])
    .filter((route) => isWeighted(route, pair))
    .flatMap((route) => route.services ?? [])
    .find((one) => one.mirror && !isOurMirror(one, pair));
  if (!foreign) return undefined;
  return refused(
    at,
    `a route of HTTPProxy/${proxy.metadata.name} is mirrored to Service/${foreign.name} already; Contour allows one mirror a route, so remove that one or the mirror step`,
  );
}

interface Order {
  readonly wanted: WeightPlan;
  readonly pair: ServicePair;
  readonly scope: PlanScope;
}

/** Undefined when nothing differs. Without a list of managed routes those that exist stay as they are. */
function patchOf(rollout: Rollout, proxy: HttpProxy, { wanted, pair, scope }: Order): JsonObject | undefined {
  const routes = proxy.spec?.routes ?? [];
  const { managed } = wanted;
  const mirror = managed?.find((one) => one.kind === 'mirror' && one.match.length > 0);
  const percentage = mirror?.kind === 'mirror' ? mirror.percentage : undefined;
  const made = managed && headerRoutes(routes, managed, pair);
  const known = [...noted(rollout, proxy), ...(made ?? []).map((route) => route.conditions ?? [])];
  const plain = managed ? routes.filter((route) => !isNoted(route, known, pair)) : routes;
  const next = plain.map((route) => {
    if (!isWeighted(route, pair)) return route;
    const held = { where: '', plan: splitOf(route, pair) };
    const weighted = scope === 'lower' && staysLower(held, wanted) ? route : withWeights(route, pair, wanted);
    return managed ? { ...weighted, services: mirrored(weighted.services ?? [], pair, percentage) } : weighted;
  });
  const all = [...(made ?? []), ...next];
  const spec = isEqual(jsonList(all), jsonList(routes)) ? undefined : { routes: jsonList(all) };
  const note = made && notePatch(rollout, proxy, made);
  if (!spec && !note) return undefined;
  return { ...(spec ? { spec } : {}), ...(note ? { metadata: { annotations: note } } : {}) };
}

function withWeights(route: ProxyRoute, pair: ServicePair, wanted: WeightPlan): ProxyRoute {
  const [stable, canary] = [positionOf(route, pair.stable), positionOf(route, pair.canary)];
  const services = (route.services ?? []).map((one, index) => {
    if (index === stable) return { ...one, weight: weightFor(wanted, 'stable') };
    return index === canary ? { ...one, weight: weightFor(wanted, 'canary') } : one;
  });
  return { ...route, services };
}

function headerRoutes(
  routes: readonly ProxyRoute[],
  managed: readonly ManagedRoute[],
  pair: ServicePair,
): readonly ProxyRoute[] {
  return managed.flatMap((one) =>
    one.kind === 'header' && one.match.length > 0
      ? routes.filter((route) => isWeighted(route, pair)).map((route) => headerRoute(route, pair, one.match))
      : [],
  );
}

type Conditions = readonly Json[];

const Note = z.record(z.string(), z.array(z.array(z.json())));

function notesIn(proxy: HttpProxy): Readonly<Record<string, readonly Conditions[]>> {
  const text = proxy.metadata.annotations?.[ownKeys.contourRoutes];
  if (text === undefined) return {};
  try {
    const parsed = Note.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : {};
  } catch {
    // A text that was changed by hand: the routes that are wanted now are still known by their conditions.
    return {};
  }
}

function noted(rollout: Rollout, proxy: HttpProxy): readonly Conditions[] {
  return notesIn(proxy)[rollout.metadata.name] ?? [];
}

function isNoted(route: ProxyRoute, known: readonly Conditions[], pair: ServicePair): boolean {
  return isCanaryOnly(route, pair) && known.some((one) => isEqual(one, route.conditions ?? []));
}

/** Other Rollouts' notes stay; an empty annotation is removed. */
function notePatch(rollout: Rollout, proxy: HttpProxy, made: readonly ProxyRoute[]): JsonObject | undefined {
  const before = proxy.metadata.annotations?.[ownKeys.contourRoutes];
  const { [rollout.metadata.name]: _own, ...others } = notesIn(proxy);
  const own = made.map((route) => route.conditions ?? []);
  const all = own.length > 0 ? { ...others, [rollout.metadata.name]: own } : others;
  const after = Object.keys(all).length === 0 ? undefined : JSON.stringify(all);
  return after === before ? undefined : { [ownKeys.contourRoutes]: after ?? null };
}

function claimRoutes(rollout: Rollout, found: Found): readonly Claim[] {
  const pair = servicePair(rollout);
  return proxyNames(rollout).flatMap((name) => {
    const object: (KubeObject & JsonObject) | undefined = found(proxyKey(rollout, name));
    if (!object) return [];
    const proxy = asProxy(object);
    const known = noted(rollout, proxy);
    const pointers = (proxy.spec?.routes ?? []).flatMap((route, index) => {
      if (isNoted(route, known, pair)) return [`/spec/routes/${index}`];
      if (!isWeighted(route, pair)) return [];
      return [pair.stable, pair.canary].map((one) => `/spec/routes/${index}/services/${positionOf(route, one)}/weight`);
    });
    const note = `/metadata/annotations/${pointerPart(ownKeys.contourRoutes)}`;
    return [{ object: proxyKey(rollout, name), pointers: known.length > 0 ? [...pointers, note] : pointers }];
  });
}
