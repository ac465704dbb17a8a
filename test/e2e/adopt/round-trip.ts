/** There and back: adopting, releasing, ejecting, once with a release and fifty times without. */

import { expect } from 'vitest';
import { field } from '../app-in-world.ts';
import type { Live } from '../world.ts';
import { makeApp, releaseNatively, uidsOf } from './app.ts';
import { defaultReplicas } from './objects.ts';
import { snapshot } from './snapshot.ts';
import type { Stage } from './stage.ts';

export async function adoptReleaseEject(stage: Stage): Promise<void> {
  const app = await makeApp(stage, 'own');
  const before = { pods: uidsOf(await app.pods()), sets: uidsOf(await app.list('ReplicaSet')) };
  expect(await app.adopt()).toContain('none was restarted');
  expect(uidsOf(await app.pods())).toEqual(before.pods);
  expect(uidsOf(await app.list('ReplicaSet'))).toEqual(before.sets);

  await app.setImage('v2');
  await app.rolloutIs('Paused', (one) => field(one, 'status.canary.weights.canary.weight') === 25);
  expect(await app.list('ReplicaSet')).toHaveLength(2);
  await app.promote();
  await app.rolloutIs('Healthy');
  await app.until('one ReplicaSet is left with pods', async () => {
    const sizes = (await app.list('ReplicaSet')).map((one) => field(one, 'spec.replicas'));
    const pods = await app.pods();
    return pods.length === defaultReplicas && sizes.includes(0) && sizes.includes(defaultReplicas);
  });

  const pods = uidsOf(await app.pods());
  const sets = uidsOf(await app.list('ReplicaSet'));
  expect(await app.eject()).toContain('none was restarted');
  await app.whole();
  expect(uidsOf(await app.pods())).toEqual(pods);
  expect(uidsOf(await app.list('ReplicaSet'))).toEqual(sets);
  await app.until('the Rollout is gone', async () => (await app.read('Rollout')) === undefined);
  expect(field(await app.read('Service', 'web-stable'), 'spec.selector')).toEqual({ app: 'web' });

  // From here on the Deployment works alone, and it does not wait for a gateway before it ends pods.
  await app.nothingFailed();
  await app.setImage('v3');
  await app.whole();
  expect(await app.list('ReplicaSet')).toHaveLength(3);
}

/** Fields that a typed client of some years ago has never heard of, so that it drops them when it writes the whole object. */
const podSpec = {
  hostnameOverride: 'front',
  securityContext: { supplementalGroupsPolicy: 'Strict' },
  topologySpreadConstraints: [
    {
      maxSkew: 1,
      topologyKey: 'kubernetes.io/hostname',
      whenUnsatisfiable: 'ScheduleAnyway',
      labelSelector: { matchLabels: { app: 'web' } },
      matchLabelKeys: ['tier'],
      nodeTaintsPolicy: 'Honor',
    },
  ],
};
const container = { resizePolicy: [{ resourceName: 'memory', restartPolicy: 'RestartContainer' }] };

export async function keepUnknownFields(stage: Stage): Promise<void> {
  const app = await makeApp(stage, 'fields', { podSpec, container });
  await app.patch({ metadata: { annotations: { 'example.com/kept': 'yes' } } });
  const told = {
    metadata: { annotations: { 'example.com/kept': 'yes' } },
    spec: { trafficDistribution: 'PreferClose' },
  };
  const path = app.path('Service', 'web-stable');
  const { api } = stage.cluster;
  expect(await api.request('PATCH', path, told, 'application/merge-patch+json')).toMatchObject({ status: 200 });
  const wanted = { ...podSpec, containers: [container] };
  const template = (one: Live | undefined) => field(one, 'spec.template.spec');
  const first = template(await app.read('Deployment'));
  expect(first).toMatchObject(wanted);

  await app.adopt();
  expect(template(await app.read('Deployment'))).toEqual(first);
  await app.setImage('v2');
  await app.rolloutIs('Paused');
  await app.promote();
  await app.rolloutIs('Healthy');
  await app.until('the old pods are gone', async () => (await app.pods()).length === defaultReplicas);
  const sets = await app.list('ReplicaSet');
  expect(sets).toHaveLength(2);
  for (const set of sets) expect(template(set)).toMatchObject(wanted);
  const pods = uidsOf(await app.pods());

  await app.eject();
  await app.whole();
  expect(uidsOf(await app.pods())).toEqual(pods);
  expect(uidsOf(await app.list('ReplicaSet'))).toEqual(uidsOf(sets));
  const deployment = await app.read('Deployment');
  expect(template(deployment)).toMatchObject(wanted);
  expect(deployment?.metadata.annotations).toMatchObject({ 'example.com/kept': 'yes' });
  expect(await app.read('Service', 'web-stable')).toMatchObject(told);
  await app.nothingFailed();
}

/** Fifty rounds, ten for each of five applications beside each other. */
export async function fiftyRounds(stage: Stage): Promise<void> {
  await Promise.all(roundNamespaces.map((namespace) => rounds(stage, namespace, 50 / roundNamespaces.length)));
}

const roundNamespaces = ['round-1', 'round-2', 'round-3', 'round-4', 'round-5'] as const;

export async function rounds(stage: Stage, namespace: string, count: number): Promise<void> {
  const options = { replicas: 2 };
  const app = await makeApp(stage, namespace, options);
  await releaseNatively(app, options);
  const before = await snapshot(app);
  for (let round = 1; round <= count; round += 1) {
    await app.adopt();
    await app.eject();
  }
  await app.whole(2);
  // The garbage collector takes the orphaned reference away a moment later.
  await app.until('nothing is left behind', async () => {
    expect(await snapshot(app)).toEqual(before);
    return true;
  });
  await app.nothingFailed();
}
