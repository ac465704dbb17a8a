import { expect, it } from 'vitest';
import { leaderLeases, leaseDurations } from './leases.ts';

it('also holds the Lease of the Argo controller when it serves its group', () => {
  const leases = leaderLeases({ apiGroup: 'argoproj.io', instanceId: 'blue', leaseNamespace: 'argo-rollouts' });

  expect(leases.map((lease) => lease.name)).toEqual([
    'tidegate-controller-argoproj-blue',
    'argo-rollouts-controller-lock-blue',
  ]);
});

it('needs one Lease of its own in its own group', () => {
  expect(leaderLeases({ apiGroup: 'tidegate.io', instanceId: '', leaseNamespace: 'tidegate' })).toEqual([
    { namespace: 'tidegate', name: 'tidegate-controller' },
  ]);
});

it('keeps the proportions of 15 s, 10 s and 2 s', () => {
  expect(leaseDurations(15_000)).toEqual({ leaseMs: 15_000, renewDeadlineMs: 10_000, retryMs: 2_000 });
});
