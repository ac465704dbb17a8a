/** Which Service stands for the stable and which for the new revision: by name, or by turns (ping-pong); of a blue-green one active and preview. */

import type { Rollout } from './rollout.ts';

export interface RolloutServices {
  readonly stable: string | undefined;
  readonly canary: string | undefined;
}

export type PingPong = 'ping' | 'pong';

/** The parts of a Rollout that say it; a Rollout whose status was left out is taken as one that was never released. */
interface Named {
  readonly spec: { readonly strategy?: Rollout['spec']['strategy'] | undefined };
  readonly status?: { readonly stableRS?: string | undefined; readonly canary?: Status | undefined } | undefined;
}
type Status = NonNullable<NonNullable<Rollout['status']>['canary']>;

/**
 * Names of the two Services; undefined where none is named. Of a blue-green Rollout the active Service is stable's and the
 * preview Service that of the new revision. With `pingPong` status says which of the two is
 * stable's; every promotion swaps them. Where a stable and a canary Service are named beside it, only ALB goes by ping-pong, as
 * in Argo Rollouts; `besideOf` gives the other pair.
 */
export function servicesOf(rollout: Named): RolloutServices {
  const { blueGreen } = rollout.spec.strategy ?? {};
  if (blueGreen !== undefined)
    return { stable: blueGreen.activeService || undefined, canary: blueGreen.previewService || undefined };
  return isPingPong(rollout) ? byTurns(rollout) : byName(rollout);
}

/** The pair of Services that the router does not send traffic to by weight; undefined where there is but one pair. */
export function besideOf(rollout: Named): RolloutServices | undefined {
  const { pingPong } = rollout.spec.strategy?.canary ?? {};
  if (pingPong === undefined) return undefined;
  const { stable, canary } = isPingPong(rollout) ? byName(rollout) : byTurns(rollout);
  return stable === undefined && canary === undefined ? undefined : { stable, canary };
}

function byName(rollout: Named): RolloutServices {
  const { stableService, canaryService } = rollout.spec.strategy?.canary ?? {};
  return { stable: stableService || undefined, canary: canaryService || undefined };
}

function byTurns(rollout: Named): RolloutServices {
  const { pingService: ping, pongService: pong } = rollout.spec.strategy?.canary?.pingPong ?? {};
  return stableSide(rollout) === 'ping' ? { stable: ping, canary: pong } : { stable: pong, canary: ping };
}

/** As in Argo Rollouts the first revision that is released with ping-pong ends up behind ping. */
function stableSide({ status }: Named): PingPong {
  return status?.canary?.stablePingPong ?? (status?.stableRS ? 'pong' : 'ping');
}

/** Whose turn it is when the revision on trial becomes stable; undefined without ping-pong. */
export function nextPingPong(rollout: Named): PingPong | undefined {
  if (rollout.spec.strategy?.canary?.pingPong === undefined) return undefined;
  if (!rollout.status?.stableRS) return 'ping';
  return stableSide(rollout) === 'ping' ? 'pong' : 'ping';
}

/** True when the router sends traffic to the two Services that take turns. */
export function isPingPong(rollout: Named): boolean {
  const { pingPong, trafficRouting } = rollout.spec.strategy?.canary ?? {};
  if (pingPong === undefined) return false;
  const { stable, canary } = byName(rollout);
  return trafficRouting?.alb !== undefined || stable === undefined || canary === undefined;
}

/** Every Service that the strategy names, with the path of the field. */
export function namedServices(rollout: Named): readonly { readonly field: string; readonly name: string }[] {
  const { canaryService, stableService, pingPong } = rollout.spec.strategy?.canary ?? {};
  const { activeService, previewService } = rollout.spec.strategy?.blueGreen ?? {};
  const named = {
    'canary.canaryService': canaryService,
    'canary.stableService': stableService,
    'canary.pingPong.pingService': pingPong?.pingService,
    'canary.pingPong.pongService': pingPong?.pongService,
    'blueGreen.activeService': activeService,
    'blueGreen.previewService': previewService,
  };
  return Object.entries(named).flatMap(([field, name]) => (name ? [{ field: `spec.strategy.${field}`, name }] : []));
}
