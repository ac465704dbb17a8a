/** Which Leases this controller must hold before it acts, and for how long they last. */

import type { LeaseDurations } from '../kube/lease.ts';
import type { ControllerConfig } from './config.ts';

interface LeaseName {
  readonly namespace: string;
  readonly name: string;
}

/**
 * One Lease of our own; serving argoproj.io also the one of Argo's controller (`argo-rollouts-controller-lock`, with the
 * instance id behind it), so that the two can never work at once.
 */
export function leaderLeases(
  config: Pick<ControllerConfig, 'apiGroup' | 'instanceId' | 'leaseNamespace'>,
): readonly LeaseName[] {
  const { apiGroup, instanceId, leaseNamespace: namespace } = config;
  const suffix = instanceId === '' ? '' : `-${instanceId}`;
  const own = { namespace, name: `tidegate-controller${apiGroup === 'argoproj.io' ? '-argoproj' : ''}${suffix}` };
  return apiGroup === 'argoproj.io' ? [own, { namespace, name: `argo-rollouts-controller-lock${suffix}` }] : [own];
}

/** Renewal must succeed within two thirds of the lease, tried five times in that span. */
export function leaseDurations(leaseMs: number): LeaseDurations {
  return { leaseMs, renewDeadlineMs: Math.round((leaseMs * 2) / 3), retryMs: Math.round((leaseMs * 2) / 15) };
}
