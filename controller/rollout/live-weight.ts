/** What the routes, asked right before a scale-down, must say for it to go on (rules 1 and 2). */

import type { RouteState } from '../traffic/router.ts';
import type { RolloutEffect } from './effects.ts';
import type { Observed } from './observed.ts';
import { lowestWeight, writtenWeight } from './traffic-plan.ts';

type Scale = Extract<RolloutEffect, { readonly kind: 'Scale' }>;

/**
 * Why the revision must keep its pods; undefined when it need not. To nothing: it must stand behind no Service with
 * weight. To fewer: its weight must be the one that the size was decided on; another one tells that somebody writes the
 * route, who may have given it more in between.
 */
export function liveWeightText(observed: Observed, live: RouteState, scale: Scale): string | undefined {
  const [now, known] = [sharesOf(live), sharesOf(observed.traffic?.state ?? live)];
  if (now === undefined) return 'the routes hold no weights';
  if (scale.to === 0 && live.confirmed === 'no' && isBehindCanary(observed, scale))
    return `the weights of revision ${scale.podHash} are not confirmed: ${live.why ?? 'the router has not taken them yet'}`;
  const { canaryService, stableService } = observed;
  const isOver = (service: typeof canaryService, share: number, decided: number) =>
    service?.podHash === scale.podHash && (scale.to === 0 ? share > 0 : share !== decided);
  const carries =
    isOver(canaryService, now.canary, known?.canary ?? 0) || isOver(stableService, now.stable, known?.stable ?? 0);
  if (!carries) return undefined;
  return scale.to === 0
    ? `revision ${scale.podHash} still has weight`
    : `revision ${scale.podHash} has another weight than was known`;
}

function isBehindCanary({ canaryService }: Observed, scale: Scale): boolean {
  return canaryService?.podHash === scale.podHash;
}

/** The most that each Service may get, in percent. */
function sharesOf(state: RouteState): { readonly canary: number; readonly stable: number } | undefined {
  const [most, least] = [writtenWeight(state, 100), lowestWeight(state, 100)];
  return most === undefined || least === undefined ? undefined : { canary: most, stable: 100 - least };
}
