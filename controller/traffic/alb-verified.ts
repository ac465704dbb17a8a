/** The AWS Load Balancer adapter where the load balancer is asked as well: its weights count when AWS has confirmed them. Pure. */

import type { Rollout } from '../../crds/schema/rollout.ts';
import type { KubeObject } from '../../kube/api.ts';
import { albActions } from './alb.ts';
import type { Found, RouteState, TrafficRouter } from './router.ts';

/** What is known of an Ingress as it stands: `why` is the end of a sentence. */
export type AlbVerdict = { readonly kind: 'yes' } | { readonly kind: 'no'; readonly why: string };

/** The same router, which can confirm. An Ingress without an action leads nowhere but to stable, and needs no answer. */
export function verifiedAlb(alb: TrafficRouter, verdictOf: (ingress: KubeObject) => AlbVerdict): TrafficRouter {
  return {
    ...alb,
    can: new Set([...alb.can, 'confirm']),
    read: (rollout, found) => confirmed(rollout, found, alb.read(rollout, found), verdictOf),
  };
}

function confirmed(
  rollout: Rollout,
  found: Found,
  state: RouteState,
  verdictOf: (ingress: KubeObject) => AlbVerdict,
): RouteState {
  if (state.written === undefined) return state;
  const verdicts = albActions(rollout, found).map(({ ingress }) => verdictOf(ingress));
  const doubt = verdicts.find((one) => one.kind === 'no');
  return doubt === undefined ? { ...state, confirmed: 'yes' } : { ...state, confirmed: 'no', why: doubt.why };
}
