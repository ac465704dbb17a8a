/** Routes of the simulated cluster, as they are written and as a gateway may still serve them. */

import type { Found } from '../../traffic/router.ts';
import { aRoute, start } from './builders.ts';

export interface WorldRoute {
  readonly name: string;
  weight: number;
  confirmedAt: number;
  /** Weights before, which a gateway may serve until the last change is confirmed. */
  older: readonly number[];
  /** The controller wrote it last. */
  isOurs: boolean;
  version: number;
}

export function newRoutes(names: readonly string[]): readonly WorldRoute[] {
  return names.map((name) => ({ name, weight: 0, confirmedAt: start, older: [], isOurs: true, version: 1 }));
}

/** Canary weights that a gateway may serve at a time, over all routes. */
export function servedBy(routes: readonly WorldRoute[], now: number): readonly number[] {
  return routes.flatMap((one) => [one.weight, ...(one.confirmedAt > now ? one.older : [])]);
}

export interface RouteWrite {
  readonly name: string;
  readonly canary: number;
  readonly isOurs: boolean;
  readonly at: number;
  readonly confirmMs: number;
}

export function writeRoute(routes: readonly WorldRoute[], write: RouteWrite): void {
  const route = routes.find((one) => one.name === write.name);
  if (route === undefined || route.weight === write.canary) return;
  route.older = [...(route.confirmedAt > write.at ? route.older : []), route.weight];
  route.version += 1;
  route.weight = write.canary;
  route.isOurs = write.isOurs;
  route.confirmedAt = write.at + write.confirmMs;
}

/** The routes as the API server has them at a time. */
export function routesAt(routes: readonly WorldRoute[], now: number): Found {
  const seen = new Map(routes.map((one) => [one.name, { ...one }]));
  return ({ name }) => {
    const route = seen.get(name);
    if (route === undefined) return undefined;
    return aRoute(route.weight, route.confirmedAt <= now, name, String(route.version));
  };
}
