/** Holds the Lease of Argo Rollouts' controller as its leader does: renewed every two seconds, not given back at the end. */

import { argoNamespace, type TakeoverWorld } from './world.ts';

export interface HeldLease {
  readonly argoIdentity: string;
  holder(): Promise<string>;
  /** Argo is scaled to 0: the Lease is left to run out. */
  abandon(): void;
}

export async function holdLease(world: TakeoverWorld, instanceId: string | undefined): Promise<HeldLease> {
  const name = `argo-rollouts-controller-lock${instanceId === undefined ? '' : `-${instanceId}`}`;
  const argoIdentity = 'argo-rollouts-5d4f6c7b8-abcde_0b6ff1a5-5d5e-4c4e-9d0e-3c1f0a9b2c3d';
  const folder = `/apis/coordination.k8s.io/v1/namespaces/${argoNamespace}/leases`;
  const microTime = () => new Date().toISOString().replace('Z', '000Z');
  const { api } = world.cluster;
  await api.request('POST', folder, {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name },
    spec: {
      holderIdentity: argoIdentity,
      leaseDurationSeconds: 15,
      acquireTime: microTime(),
      renewTime: microTime(),
      leaseTransitions: 0,
    },
  });
  const timer = setInterval(() => {
    const patch = { spec: { renewTime: microTime() } };
    void api.request('PATCH', `${folder}/${name}`, patch, 'application/merge-patch+json');
  }, 2_000);
  return {
    argoIdentity,
    holder: async () =>
      ((await api.get(`${folder}/${name}`)) as { spec: { holderIdentity: string } }).spec.holderIdentity,
    abandon: () => clearInterval(timer),
  };
}
