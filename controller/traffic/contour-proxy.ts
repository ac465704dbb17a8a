/** The fields of a Contour HTTPProxy that routing depends on, and the routes that header and mirror steps make of them. */

import type { SetHeaderRoute, SetMirrorRoute } from '../../crds/schema/canary-steps.ts';
import type { Json, JsonObject, KubeObject } from '../../kube/api.ts';
import { twoWayPlan, type ServicePair } from './split.ts';
import type { WeightPlan } from './router.ts';

export interface ProxyService {
  readonly name: string;
  readonly port?: number;
  readonly weight?: number;
  readonly mirror?: boolean;
}

export interface ProxyRoute {
  readonly conditions?: readonly Json[];
  readonly services?: readonly ProxyService[];
}

interface ProxyCondition {
  readonly type: string;
  readonly status: string;
  readonly observedGeneration?: number;
}

/** The server validated the object against the CRD, so only presence is in question here, not types. */
export interface HttpProxy extends KubeObject {
  readonly spec?: { readonly routes?: readonly ProxyRoute[] };
  readonly status?: {
    readonly currentStatus?: string;
    readonly description?: string;
    readonly conditions?: readonly ProxyCondition[];
  };
}

export function asProxy(object: KubeObject & JsonObject): HttpProxy {
  return object as HttpProxy;
}

/** Position among the services that share the traffic; -1 when it is not there. A mirror is no share. */
export function positionOf(route: ProxyRoute, service: string): number {
  return (route.services ?? []).findIndex((one) => one.name === service && !one.mirror);
}

export function isWeighted(route: ProxyRoute, pair: ServicePair): boolean {
  return positionOf(route, pair.stable) >= 0 && positionOf(route, pair.canary) >= 0;
}

/** Contour takes an absent weight as 0, and splits evenly when all are 0. */
export function splitOf(route: ProxyRoute, pair: ServicePair): WeightPlan {
  const weight = (name: string) => route.services?.[positionOf(route, name)]?.weight ?? 0;
  const [stable, canary] = [weight(pair.stable), weight(pair.canary)];
  return stable + canary === 0 ? twoWayPlan(pair, 1, 1) : twoWayPlan(pair, stable, canary);
}

/** Why the present generation is not in force; undefined when it is. */
export function notValid(proxy: HttpProxy): string | undefined {
  const where = `HTTPProxy/${proxy.metadata.name}`;
  const { currentStatus, description, conditions } = proxy.status ?? {};
  const seen = conditions?.find((one) => one.type === 'Valid')?.observedGeneration;
  const generation = proxy.metadata.generation ?? 0;
  if (!currentStatus || (seen !== undefined && seen < generation))
    return `Contour has not taken generation ${generation} of ${where} yet`;
  return currentStatus === 'valid'
    ? undefined
    : `Contour says that ${where} is ${currentStatus} (${description ?? ''})`;
}

/** A copy of a weighted route for requests with the headers; Contour prefers the route with more header conditions. */
export function headerRoute(
  route: ProxyRoute,
  pair: ServicePair,
  match: NonNullable<SetHeaderRoute['match']>,
): ProxyRoute {
  const headers = match.map(({ headerName, headerValue }) => {
    const { exact, prefix, regex } = headerValue ?? {};
    if (exact) return { header: { name: headerName, exact } };
    if (prefix) return { header: { name: headerName, regex: `${escaped(prefix)}.*` } };
    return { header: { name: headerName, ...(regex ? { regex } : { present: true }) } };
  });
  const services = (route.services ?? [])
    .filter((one) => one.name === pair.canary && !one.mirror)
    .map(({ weight: _weight, ...service }) => service);
  return { ...route, conditions: [...(route.conditions ?? []), ...headers], services };
}

/** True for a route that leads to the canary alone: what a header route is. */
export function isCanaryOnly(route: ProxyRoute, pair: ServicePair): boolean {
  const services = route.services ?? [];
  return services.length > 0 && services.every((one) => one.name === pair.canary);
}

/** Contour copies whole routes only: one of the matches must cover every request. */
export function coversAll(match: NonNullable<SetMirrorRoute['match']>): boolean {
  return match.some(({ method, path, headers }) => {
    const { exact, prefix = '/', regex } = path ?? {};
    return !method && Object.keys(headers ?? {}).length === 0 && !exact && !regex && prefix === '/';
  });
}

/** The services without our mirror, and with it when a percentage is given; an absent weight means everything is copied. */
export function mirrored(
  services: readonly ProxyService[],
  pair: ServicePair,
  percentage: number | undefined,
): readonly ProxyService[] {
  const others = services.filter((one) => !isOurMirror(one, pair));
  const canary = others.find((one) => one.name === pair.canary);
  if (!percentage || !canary) return others;
  const { weight: _weight, ...service } = canary;
  return [...others, { ...service, ...(percentage < 100 ? { weight: percentage } : {}), mirror: true }];
}

export function isOurMirror(service: ProxyService, pair: ServicePair): boolean {
  return service.mirror === true && service.name === pair.canary;
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}
