/** What a Rollout does with its pods and where their template comes from, on a real control plane with simulated pods. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tidegateDialect } from '../../crds/schema/dialect.ts';
import type { JsonObject } from '../../crds/schema/json.ts';
import { keys } from '../../crds/schema/keys.ts';
import { Rollout } from '../../crds/schema/rollout.ts';
import type { RolloutStatus } from '../../crds/schema/rollout-status.ts';
import type { KubeObject } from '../../kube/api.ts';
import { fieldOf } from '../../kube/json.ts';
import { type Kubelet, startKubelet } from '../../sandbox/kubelet/kubelet.ts';
import { type Cluster, clusterMissing, startCluster } from '../bed/cluster.ts';
import { eventually } from '../bed/eventually.ts';
import { installCrds } from './install-crds.ts';
import { type RolloutRoom, startRolloutRoom } from './rollout-room.ts';

const missing = clusterMissing();
const namespace = 'default';
const known = keys(tidegateDialect);
type Whole = KubeObject & JsonObject;

function template(app: string, image = 'tidegate.dev/app:v1'): JsonObject {
  const containers = [{ name: 'app', image, ports: [{ containerPort: 8080 }] }];
  return { metadata: { labels: { app } }, spec: { containers, terminationGracePeriodSeconds: 1 } };
}

function workload(apiVersion: string, kind: string, name: string, spec: JsonObject): KubeObject {
  return { apiVersion, kind, metadata: { name, namespace }, ...spec } as KubeObject;
}

function rollout(name: string, spec: JsonObject): KubeObject {
  const own =
    spec['workloadRef'] === undefined ? { selector: { matchLabels: { app: name } }, template: template(name) } : {};
  return workload('tidegate.io/v1alpha1', 'Rollout', name, { spec: { replicas: 3, ...own, ...spec } });
}

describe.skipIf(missing !== undefined)(
  `pods of rollouts on a real control plane${missing ? ` (skipped: ${missing})` : ''}`,
  () => {
    let cluster: Cluster;
    let kubelet: Kubelet;
    let room: RolloutRoom;

    beforeAll(async () => {
      cluster = await startCluster();
      const problems = await installCrds(cluster, tidegateDialect);
      if (problems.length > 0) throw new Error(problems.join('\n'));
      kubelet = await startKubelet({
        kubeconfigPath: cluster.kubeconfigPath,
        nodeName: 'sandbox',
        addresses: 'loopback',
        startDelayMs: 50,
        drainMs: 100,
      });
      room = await startRolloutRoom({
        kubeconfigPath: cluster.kubeconfigPath,
        verbose: process.env['VERBOSE'] === '1',
      });
    }, 120_000);
    afterAll(async () => {
      await room?.stop();
      await kubelet?.stop();
      await cluster?.stop();
    });

    const create = async (...objects: KubeObject[]) => {
      for (const object of objects) {
        const result = await room.client.create(object);
        if (result.kind !== 'ok') throw new Error(JSON.stringify(result));
      }
    };
    const get = async (group: string, kind: string, name: string): Promise<Whole> => {
      const result = await room.client.get({ group, kind, namespace, name });
      if (result.kind !== 'ok') throw new Error(JSON.stringify(result));
      return result.object;
    };
    const patch = async (group: string, kind: string, name: string, body: object) => {
      const result = await room.client.merge({ group, kind, namespace, name }, body, {});
      if (result.kind !== 'ok') throw new Error(JSON.stringify(result));
    };
    const release = (name: string, body: object) => patch('tidegate.io', 'Rollout', name, body);
    const read = async (name: string): Promise<Rollout> => Rollout.parse(await get('tidegate.io', 'Rollout', name));
    const until = (name: string, what: string, test: (status: RolloutStatus) => boolean, withinMs = 30_000) =>
      eventually(
        `${name}: ${what}`,
        async (saw) => {
          const { status } = await read(name);
          saw(status);
          return status !== undefined && test(status) ? status : undefined;
        },
        { withinMs },
      );
    const healthy = (name: string) =>
      until(name, 'is healthy', (status) => status.phase === 'Healthy' && status.stableRS === status.currentPodHash);
    const podsOf = async (app: string): Promise<readonly Whole[]> => {
      const result = await room.client.list({ group: '', kind: 'Pod' }, { namespace, labelSelector: `app=${app}` });
      return result.kind === 'ok' ? result.items.filter((pod) => pod.metadata.deletionTimestamp === undefined) : [];
    };
    const setOf = (name: string, hash: string | undefined) => get('apps', 'ReplicaSet', `${name}-${hash}`);

    describe('spec.workloadRef', () => {
      it('takes the template of a Deployment, follows its changes, and tells which generation it saw [Rollout.spec.workloadRef.name, Rollout.status.workloadObservedGeneration, annotation:rollout.argoproj.io/workload-generation]', async () => {
        await create(
          workload('apps/v1', 'Deployment', 'ref', {
            spec: { replicas: 0, selector: { matchLabels: { app: 'ref' } }, template: template('ref') },
          }),
          rollout('ref', {
            workloadRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'ref' },
            strategy: { canary: { steps: [{ setWeight: 34 }, { pause: {} }] } },
          }),
        );
        const first = await healthy('ref');
        expect(first.selector).toBe('app=ref');
        await patch('apps', 'Deployment', 'ref', { spec: { template: template('ref', 'tidegate.dev/app:v2') } });
        const paused = await until('ref', 'pauses at the new template', (status) => status.phase === 'Paused');

        expect(paused.currentPodHash).not.toBe(first.currentPodHash);
        const { metadata } = await get('apps', 'Deployment', 'ref');
        const told = await eventually('the generation is told', async () => {
          const { metadata: own, status } = await read('ref');
          const annotation = own.annotations?.[known.workloadGeneration];
          return (
            annotation === String(metadata.generation) && status?.workloadObservedGeneration === metadata.generation
          );
        });
        expect(told).toBe(true);
      });

      it('takes the template of a PodTemplate, and says what is wrong until it exists [Rollout.spec.workloadRef.kind, Rollout.spec.workloadRef.apiVersion]', async () => {
        await create(
          rollout('late', {
            workloadRef: { apiVersion: 'v1', kind: 'PodTemplate', name: 'late' },
            strategy: { canary: {} },
          }),
        );
        const refused = await until('late', 'is refused', (status) => status.phase === 'Degraded');
        expect(refused.message).toBe(
          'InvalidSpec: Rollout default/late: spec.workloadRef.name is "late", but no PodTemplate of that name exists in namespace "default": create the workload or correct the reference.',
        );
        await create(workload('v1', 'PodTemplate', 'late', { template: template('late') }));
        await healthy('late');
        expect(await podsOf('late')).toHaveLength(3);
      });

      it.each([
        ['onsuccess', 'onsuccess'],
        ['progressively', 'progress'],
      ])('scales the Deployment down %s [Rollout.spec.workloadRef.scaleDown]', async (scaleDown, name) => {
        await create(
          workload('apps/v1', 'Deployment', name, {
            spec: { replicas: 3, selector: { matchLabels: { app: name } }, template: template(name) },
          }),
        );
        await eventually('the Deployment has its pods', async () => (await podsOf(name)).length === 3);
        await create(
          rollout(name, {
            workloadRef: { apiVersion: 'apps/v1', kind: 'Deployment', name, scaleDown },
            strategy: { canary: {} },
          }),
        );
        await healthy(name);
        await eventually('the Deployment is at 0', async () => {
          return fieldOf(await get('apps', 'Deployment', name), 'spec', 'replicas') === 0;
        });
        await eventually('only the pods of the Rollout are left', async () => (await podsOf(name)).length === 3);
      });
    });

    it('restarts pods older than restartAt by eviction, as a disruption budget allows [Rollout.spec.restartAt, Rollout.status.restartedAt]', async () => {
      const budget = { spec: { minAvailable: 3, selector: { matchLabels: { app: 'again' } } } };
      await create(
        workload('policy/v1', 'PodDisruptionBudget', 'again', budget),
        rollout('again', { strategy: { canary: { maxUnavailable: 1 } } }),
      );
      await healthy('again');
      const before = (await podsOf('again')).map((pod) => pod.metadata.uid);
      await new Promise((resolve) => setTimeout(resolve, 1_100));
      const restartAt = new Date().toISOString();
      await release('again', { spec: { restartAt } });
      const refused = await until('again', 'is restarting', (status) => status.waiting?.reason === 'Restarting');
      expect(refused).toMatchObject({ phase: 'Progressing', message: 'rollout is restarting' });
      expect((await podsOf('again')).map((pod) => pod.metadata.uid)).toEqual(before);

      await patch('policy', 'PodDisruptionBudget', 'again', { spec: { minAvailable: 2 } });
      // What was refused is tried again after 30 s, or as soon as something of the Rollout changes.
      const done = await until('again', 'has restarted', (status) => status.restartedAt === restartAt, 60_000);

      expect(done.availableReplicas).toBeGreaterThanOrEqual(2);
      await healthy('again');
      const after = (await podsOf('again')).map((pod) => pod.metadata.uid);
      expect(after).toHaveLength(3);
      expect(after.filter((uid) => before.includes(uid))).toEqual([]);
    }, 90_000);

    it('gives pods the metadata of their role and takes it away again [Rollout.spec.strategy.canary.canaryMetadata, Rollout.spec.strategy.canary.stableMetadata, annotation:rollout.argoproj.io/ephemeral-metadata]', async () => {
      const canary = {
        steps: [{ setWeight: 34 }, { pause: {} }],
        canaryMetadata: { labels: { role: 'canary', fresh: 'yes' }, annotations: { note: 'new' } },
        stableMetadata: { labels: { role: 'stable' } },
      };
      await create(rollout('roles', { strategy: { canary } }));
      const first = await healthy('roles');
      const roleOf = (pod: Whole) => `${pod.metadata.labels?.['role']} ${pod.metadata.labels?.['fresh']}`;
      const roles = async (hash: string | undefined) =>
        (await podsOf('roles')).filter((pod) => pod.metadata.labels?.[known.podTemplateHash] === hash).map(roleOf);
      await eventually(
        'stable pods say so',
        async () => (await roles(first.stableRS)).join() === Array(3).fill('stable undefined').join(),
      );
      const uids = (await podsOf('roles')).map((pod) => pod.metadata.uid);

      await release('roles', { spec: { template: template('roles', 'tidegate.dev/app:v2') } });
      const paused = await until('roles', 'pauses', (status) => status.phase === 'Paused');
      expect(await roles(paused.currentPodHash)).toEqual(['canary yes']);
      const set = await setOf('roles', paused.currentPodHash);
      expect(JSON.parse(set.metadata.annotations?.[known.ephemeralMetadata] ?? '')).toEqual(canary.canaryMetadata);
      expect((await podsOf('roles')).filter((pod) => uids.includes(pod.metadata.uid)).length).toBeGreaterThanOrEqual(2);

      const promote = { [known.command]: 'promote-full', [known.commandId]: 'go' };
      await release('roles', { metadata: { annotations: promote } });
      const done = await healthy('roles');
      expect(done.stableRS).toBe(paused.currentPodHash);
      await eventually(
        'they are stable pods now',
        async () => (await roles(done.stableRS)).join() === Array(3).fill('stable undefined').join(),
      );
      const old = await setOf('roles', first.stableRS);
      await eventually('the old revision has no role', async () => {
        const { metadata } = await setOf('roles', first.stableRS);
        return metadata.annotations?.[known.ephemeralMetadata] === undefined;
      });
      expect(old.metadata.labels?.[known.podTemplateHash]).toBe(first.stableRS);
    }, 60_000);

    it('keeps pods of a new revision off the nodes of the stable one [Rollout.spec.strategy.canary.antiAffinity]', async () => {
      const antiAffinity = { preferredDuringSchedulingIgnoredDuringExecution: { weight: 7 } };
      await create(
        rollout('apart', { strategy: { canary: { steps: [{ setWeight: 34 }, { pause: {} }], antiAffinity } } }),
      );
      const first = await healthy('apart');
      const affinityOf = async (hash: string | undefined) =>
        fieldOf(await setOf('apart', hash), 'spec', 'template', 'spec', 'affinity', 'podAntiAffinity');
      expect(await affinityOf(first.stableRS)).toBeUndefined();
      await release('apart', { spec: { template: template('apart', 'tidegate.dev/app:v2') } });
      const paused = await until('apart', 'pauses', (status) => status.phase === 'Paused');

      expect(await affinityOf(paused.currentPodHash)).toMatchObject({
        preferredDuringSchedulingIgnoredDuringExecution: [
          {
            weight: 7,
            podAffinityTerm: {
              labelSelector: {
                matchExpressions: [{ key: known.podTemplateHash, operator: 'In', values: [first.stableRS] }],
              },
              topologyKey: 'kubernetes.io/hostname',
            },
          },
        ],
      });
    });
  },
);
