import { expect, it } from 'vitest';
import { roles } from './roles.ts';
import { type SeenWrite, writeIdentity } from './write-identity.ts';

const aWrite = (write: Partial<SeenWrite>): SeenWrite => ({
  method: 'PATCH',
  path: '/apis/tidegate.io/v1alpha1/namespaces/shop/rollouts/shop/status',
  query: {},
  contentType: 'application/merge-patch+json',
  body: {},
  ...write,
});
const replicaSet = (hash: string) => `/apis/apps/v1/namespaces/shop/replicasets/shop-${hash}`;

it('names verb, resource, object and the fields that change, without preconditions', () => {
  const body = {
    metadata: { uid: 'u', resourceVersion: '7', annotations: { 'tidegate.io/term': 'x' } },
    status: { phase: 'Healthy', readyReplicas: 3, conditions: [{ type: 'A' }] },
  };

  expect(writeIdentity(aWrite({ body }), roles())).toBe(
    'patch rollouts.tidegate.io/status shop [metadata.annotations."tidegate.io/term" status.(counts) status.conditions status.phase]',
  );
});

it('gives the same identity in runs whose hashes differ, and tells revisions apart', () => {
  const identities = (hashes: readonly string[]) => {
    const known = roles();
    return hashes.map((hash) =>
      writeIdentity(aWrite({ path: replicaSet(hash), body: { spec: { replicas: 1 } } }), known),
    );
  };

  expect(identities(['6bcf7d9', '75f8d4b', '6bcf7d9'])).toEqual([
    'patch replicasets.apps shop-rev1 [spec.replicas]',
    'patch replicasets.apps shop-rev2 [spec.replicas]',
    'patch replicasets.apps shop-rev1 [spec.replicas]',
  ]);
  expect(identities(['9x2vbnm', 'zz8wq4k', '9x2vbnm'])).toEqual(identities(['6bcf7d9', '75f8d4b', '6bcf7d9']));
});

it('takes the name of a new object from its body', () => {
  const path = '/apis/tidegate.io/v1alpha1/namespaces/shop/releases';
  const body = { metadata: { name: 'shop-0a1b2c3-4d5e6f7' } };

  expect(writeIdentity(aWrite({ method: 'POST', path, body }), roles())).toBe(
    'create releases.tidegate.io shop-commit1-digest1',
  );
});

it('knows what is no write, or one of the two exempt kinds', () => {
  const leases = '/apis/coordination.k8s.io/v1/namespaces/tidegate/leases/tidegate-controller';
  const events = '/apis/events.k8s.io/v1/namespaces/shop/events';

  for (const write of [
    aWrite({ method: 'GET' }),
    aWrite({ query: { dryRun: 'All' } }),
    aWrite({ path: leases }),
    aWrite({ method: 'POST', path: events }),
  ])
    expect(writeIdentity(write, roles())).toBeUndefined();
});
