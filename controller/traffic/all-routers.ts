/** All routers, and several of one Rollout as one: the least that all of them hold and confirm is what counts. */

import type { Rollout } from '../../crds/schema/rollout.ts';
import { kuma } from './kuma.ts';
import { smi } from './smi.ts';
import { istio } from './istio.ts';
import { appMesh } from './app-mesh.ts';
import { alb } from './alb.ts';
import { ambassador } from './ambassador.ts';
import { apisix } from './apisix.ts';
import { contour } from './contour.ts';
import { gatewayApi } from './gateway-api.ts';
import { nginx } from './nginx.ts';
import type { Found, PlanScope, Refusal, RouteState, RouteWrite, TrafficRouter, WeightPlan } from './router.ts';
import { share } from './split.ts';
import { traefik } from './traefik.ts';

export const routers: readonly TrafficRouter[] = [
  gatewayApi,
  istio,
  smi,
  appMesh,
  kuma,
  nginx,
  alb,
  ambassador,
  traefik,
  apisix,
  contour,
];

/** The router of a Rollout, made of all that it names; undefined when it names none. */
export function composite(all: readonly TrafficRouter[], rollout: Rollout): TrafficRouter | undefined {
  const parts = all.filter((one) => one.needs(rollout).length > 0);
  const [only] = parts;
  if (only === undefined) return undefined;
  if (parts.length === 1) return { ...only, plan: (...args) => unable(only, args[1]) ?? only.plan(...args) };
  return {
    name: parts.map((one) => one.name).join(' and '),
    can: new Set([...only.can].filter((ability) => parts.every((one) => one.can.has(ability)))),
    needs: (of, found) => parts.flatMap((one) => one.needs(of, found)),
    read: (of, found) => joined(parts.map((one) => ({ router: one, state: one.read(of, found) }))),
    plan: (of, wanted, found, scope) => planAll(parts, of, wanted, found, scope),
    claims: (of, found) => parts.flatMap((one) => one.claims(of, found)),
    side: (of, side, found) => first(parts, (one) => one.side?.(of, side, found)),
    select: (of, side, podHash, found) => first(parts, (one) => one.select?.(of, side, podHash, found)),
  };
}

function first<T>(parts: readonly TrafficRouter[], ask: (part: TrafficRouter) => T | undefined): T | undefined {
  for (const part of parts) {
    const answer = ask(part);
    if (answer !== undefined) return answer;
  }
  return undefined;
}

type Ability = 'weight' | 'header' | 'mirror' | 'extra' | 'confirm';

function planAll(
  parts: readonly TrafficRouter[],
  rollout: Rollout,
  wanted: WeightPlan,
  found: Found,
  scope?: PlanScope,
): readonly RouteWrite[] | Refusal {
  const writes: RouteWrite[] = [];
  for (const part of parts) {
    const answer = unable(part, wanted) ?? part.plan(rollout, wanted, found, scope);
    if ('kind' in answer) return { ...answer, message: `${part.name}: ${answer.message}` };
    writes.push(...answer);
  }
  return writes;
}

/** What the router can't do at all is refused here, so that no adapter can pass over it in silence. */
function unable({ name, can }: TrafficRouter, wanted: WeightPlan): Refusal | undefined {
  const asked: readonly (readonly [Ability, boolean, string])[] = [
    ['header', wanted.managed?.some((one) => one.kind === 'header') ?? false, 'header routes (setHeaderRoute)'],
    ['mirror', wanted.managed?.some((one) => one.kind === 'mirror') ?? false, 'mirror routes (setMirrorRoute)'],
    ['extra', wanted.destinations.some((one) => one.role === 'extra'), 'weights of the Services of an experiment'],
  ];
  const lacking = asked.find(([ability, isWanted]) => isWanted && !can.has(ability));
  if (lacking === undefined) return undefined;
  const message = `the router ${name} can not make ${lacking[2]}; remove these steps or use a router that can, such as Gateway API`;
  return { kind: 'refused', field: 'spec.strategy.canary.steps', message };
}

interface Part {
  readonly router: TrafficRouter;
  readonly state: RouteState;
}

function joined(parts: readonly Part[]): RouteState {
  const missing = parts.find(({ state }) => state.written === undefined);
  const held = parts.flatMap(({ state }) => [state.written, state.lowest].flatMap((one) => one ?? []));
  const doubt = parts.find(isInDoubt);
  const why = doubt && { why: `${doubt.router.name}: ${doubt.state.why ?? 'it has not confirmed the weights yet'}` };
  if (missing !== undefined)
    return {
      written: undefined,
      confirmed: 'no',
      why: `${missing.router.name}: ${missing.state.why ?? 'it shows no weights'}`,
    };
  const [highest, lowest] = [ends(held, 1), ends(held, -1)];
  const written =
    lowest && highest && share(lowest) < share(highest) ? { written: highest, lowest } : { written: highest };
  if (why !== undefined) return { ...written, confirmed: 'no', ...why };
  return { ...written, confirmed: parts.every(({ state }) => state.confirmed === 'yes') ? 'yes' : 'unknown' };
}

/** A router that can be asked and does not say yes. */
function isInDoubt({ router, state }: Part): boolean {
  return state.confirmed === 'no' || (state.confirmed === 'unknown' && router.can.has('confirm'));
}

function ends(plans: readonly WeightPlan[], sign: 1 | -1): WeightPlan | undefined {
  return plans.reduce<WeightPlan | undefined>(
    (best, plan) => (best === undefined || sign * (share(plan) - share(best)) > 0 ? plan : best),
    undefined,
  );
}
