/** Whole canaries on a real control plane with simulated pods: by numbers of pods and by the weights of an HTTPRoute. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { argoDialect, tidegateDialect } from '../../crds/schema/dialect.ts';
import { keys } from '../../crds/schema/keys.ts';
import { Rollout } from '../../crds/schema/rollout.ts';
import type { RolloutStatus } from '../../crds/schema/rollout-status.ts';
import { RolloutRun } from '../../crds/schema/rollout-run.ts';
import type { JsonObject, KubeObject } from '../../kube/api.ts';
import { type Kubelet, startKubelet } from '../../sandbox/kubelet/kubelet.ts';
import { type Cluster, clusterMissing, startCluster } from '../bed/cluster.ts';
import { eventually } from '../bed/eventually.ts';
import { applyGatewayApi, gatewayApiMissing } from '../bed/gateway-api.ts';
import { installCrds } from './install-crds.ts';
import { type RolloutRoom, startRolloutRoom } from './rollout-room.ts';

const missing = clusterMissing() ?? gatewayApiMissing();
const namespace = 'default';
const known = keys(tidegateDialect);
const apiVersion = 'tidegate.io/v1alpha1';

interface Given {
  readonly replicas?: number;
  readonly image?: string;
  readonly canary: object;
}

function rollout(name: string, given: Given): KubeObject & { spec: object } {
  const image = given.image ?? 'tidegate.dev/app:v1';
  const labels = { app: name };
  return {
    apiVersion,
    kind: 'Rollout',
    metadata: { name, namespace },
    spec: {
      replicas: given.replicas ?? 3,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          containers: [{ name: 'app', image, ports: [{ containerPort: 8080 }] }],
          terminationGracePeriodSeconds: 1,
        },
      },
      strategy: { canary: given.canary },
    },
  };
}

function service(name: string, app: string): KubeObject & { spec: object } {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace },
    spec: { selector: { app }, ports: [{ port: 80, targetPort: 8080 }] },
  };
}

function route(app: string): KubeObject & { spec: object } {
  const backendRefs = [
    { name: `${app}-stable`, port: 80, weight: 1 },
    { name: `${app}-canary`, port: 80, weight: 0 },
  ];
  return {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata: { name: app, namespace },
    spec: { parentRefs: [{ name: 'gate' }], rules: [{ backendRefs }] },
  };
}

describe.skipIf(missing !== undefined)(
  `rollouts on a real control plane${missing ? ` (skipped: ${missing})` : ''}`,
  () => {
    let cluster: Cluster;
    let kubelet: Kubelet;
    let room: RolloutRoom;
    let stopGateway: () => void;

    beforeAll(async () => {
      cluster = await startCluster({ audit: 'Metadata' });
      const problems = await installCrds(cluster, tidegateDialect);
      if (problems.length > 0) throw new Error(problems.join('\n'));
      await applyGatewayApi(cluster);
      kubelet = await startKubelet({
        kubeconfigPath: cluster.kubeconfigPath,
        nodeName: 'sandbox',
        addresses: 'loopback',
        startDelayMs: 50,
        drainMs: 100,
      });
      room = await startRolloutRoom({ kubeconfigPath: cluster.kubeconfigPath, verbose: process.env.VERBOSE === '1' });
      stopGateway = confirmRoutes(room);
    }, 120_000);
    afterAll(async () => {
      stopGateway?.();
      await room?.stop();
      await kubelet?.stop();
      await cluster?.stop();
    });

    const key = (name: string) => ({ group: 'tidegate.io', kind: 'Rollout', namespace, name });
    const create = async (...objects: KubeObject[]) => {
      for (const object of objects) {
        const result = await room.client.create(object);
        if (result.kind !== 'ok') throw new Error(JSON.stringify(result));
      }
    };
    const read = async (name: string) => {
      const result = await room.client.get(key(name));
      if (result.kind !== 'ok') throw new Error(JSON.stringify(result));
      return Rollout.parse(result.object);
    };
    const patch = async (name: string, body: object, subresource?: 'status') => {
      const result = await room.client.merge(key(name), body, subresource ? { subresource } : {});
      if (result.kind !== 'ok') throw new Error(JSON.stringify(result));
    };
    const command = (name: string, verb: string, more: Record<string, string> = {}) =>
      patch(name, {
        metadata: {
          annotations: {
            [known.command]: verb,
            [known.commandId]: `${verb}-${performance.now()}`,
            [known.commandRevision]: null,
            [known.commandActor]: null,
            [known.commandReason]: null,
            ...more,
          },
        },
      });
    const release = (name: string, image: string) =>
      patch(name, {
        spec: { template: { spec: { containers: [{ name: 'app', image, ports: [{ containerPort: 8080 }] }] } } },
      });
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
    const atPause = (name: string, step: number) =>
      until(name, `pauses at step ${step}`, (status) => status.phase === 'Paused' && status.currentStepIndex === step);
    const podsOf = (hash: string | undefined) =>
      kubelet.pods().filter((pod) => pod.running && pod.hash === hash).length;
    const runsOf = (name: string) =>
      room.stores.rolloutRuns.byIndex('rollout', `${namespace}/${name}`).map((run) => RolloutRun.parse(run));

    it('deploys, and releases by numbers of pods with a pause that a person ends', async () => {
      const steps = [{ setWeight: 34 }, { pause: {} }, { setWeight: 67 }];
      await create(rollout('web', { canary: { steps } }));
      const first = await healthy('web');
      expect(podsOf(first.stableRS)).toBe(3);

      await release('web', 'tidegate.dev/app:v2');
      const paused = await atPause('web', 1);
      expect(paused.waiting).toMatchObject({ reason: 'PauseStep', on: 'user' });
      expect(podsOf(paused.currentPodHash)).toBe(1);
      await patch('web', { status: { pauseConditions: null } }, 'status');
      const done = await healthy('web');

      expect(done.stableRS).not.toBe(first.stableRS);
      await eventually('the old pods are gone', () => podsOf(first.stableRS) === 0 && podsOf(done.stableRS) === 3);
      expect(room.reasons('web').filter((reason) => reason === 'RolloutCompleted')).toHaveLength(2);
      await eventually(
        'the record ends',
        () => runsOf('web').filter((run) => run.status?.phase === 'Promoted').length === 2,
      );
    });

    it('aborts by command, keeps the failed revision out, and tries again on retry', async () => {
      await create(rollout('api', { canary: { steps: [{ setWeight: 34 }, { pause: {} }] } }));
      const first = await healthy('api');
      await release('api', 'tidegate.dev/app:v2');
      await atPause('api', 1);
      await command('api', 'abort', { [known.commandActor]: 'jane', [known.commandReason]: 'too slow' });
      const aborted = await until('api', 'is aborted', (status) => status.verdict?.confirmedStableAt !== undefined);

      expect(aborted).toMatchObject({
        phase: 'Degraded',
        stableRS: first.stableRS,
        verdict: { cause: 'AbortedByUser', actor: 'jane', podHash: aborted.currentPodHash },
        lastCommand: { verb: 'abort', outcome: 'Applied', actor: 'jane' },
      });
      expect(podsOf(first.stableRS)).toBe(3);
      await command('api', 'retry');
      const again = await atPause('api', 1);
      expect(again).toMatchObject({ attempt: 2 });
      await command('api', 'promote', { [known.commandRevision]: 'somethingelse' });
      const stale = await until('api', 'rejects a stale command', (status) => status.lastCommand?.verb === 'promote');
      expect(stale.lastCommand).toMatchObject({ outcome: 'Rejected' });
      await command('api', 'promote-full');
      await healthy('api');
    });

    it('moves weights of an HTTPRoute, promotes through both Services, and drains the old pods', async () => {
      const canary = {
        stableService: 'shop-stable',
        canaryService: 'shop-canary',
        scaleDownDelaySeconds: 2,
        trafficRouting: { gatewayAPI: { httpRoutes: [{ name: 'shop' }] } },
        steps: [{ setWeight: 20 }, { pause: {} }, { setWeight: 60 }],
      };
      await create(service('shop-stable', 'shop'), service('shop-canary', 'shop'), route('shop'));
      await create(rollout('shop', { canary }));
      const first = await healthy('shop');
      await release('shop', 'tidegate.dev/app:v2');
      const paused = await atPause('shop', 1);
      expect(paused.canary?.weights).toMatchObject({ canary: { weight: 20 }, stable: { weight: 80 }, verified: true });
      expect(podsOf(first.stableRS)).toBe(3);
      await command('shop', 'promote');
      const done = await healthy('shop');

      expect(done.canary?.weights).toMatchObject({
        canary: { weight: 0 },
        stable: { weight: 100, podTemplateHash: done.currentPodHash },
      });
      await eventually('the old pods are drained', () => podsOf(first.stableRS) === 0 && podsOf(done.stableRS) === 3);
    });

    it('gives all weight back on abort before the canary loses its pods, and drains a superseded revision first', async () => {
      const canary = {
        stableService: 'cart-stable',
        canaryService: 'cart-canary',
        scaleDownDelaySeconds: 1,
        abortScaleDownDelaySeconds: 1,
        trafficRouting: { gatewayAPI: { httpRoutes: [{ name: 'cart' }] } },
        steps: [{ setWeight: 40 }, { pause: {} }],
      };
      await create(
        service('cart-stable', 'cart'),
        service('cart-canary', 'cart'),
        route('cart'),
        rollout('cart', { canary }),
      );
      const first = await healthy('cart');
      await release('cart', 'tidegate.dev/app:v2');
      const second = await atPause('cart', 1);
      await release('cart', 'tidegate.dev/app:v3');
      const third = await until(
        'cart',
        'third at its pause',
        (status) => status.phase === 'Paused' && status.currentPodHash !== second.currentPodHash,
      );
      expect(podsOf(second.currentPodHash)).toBe(0);
      expect(third.stableRS).toBe(first.stableRS);
      await patch('cart', { status: { abort: true } }, 'status');
      const aborted = await until('cart', 'is aborted', (status) => status.waiting?.reason === 'Aborted');

      expect(aborted.verdict).toMatchObject({ cause: 'AbortedByUser', podHash: third.currentPodHash });
      expect(aborted.canary?.weights).toMatchObject({ canary: { weight: 0 }, verified: true });
      await eventually('the canary is gone', () => podsOf(third.currentPodHash) === 0);
      expect(podsOf(first.stableRS)).toBe(3);
      await eventually('the record says so', () =>
        runsOf('cart').some((run) => run.status?.phase === 'Aborted' && run.status.finishedAt),
      );
      expect(runsOf('cart').map((run) => run.status?.phase)).toContain('Superseded');
    });

    it('needs fewer requests for five steps than Argo Rollouts, which makes 29 with 14 status patches', async () => {
      const canary = {
        stableService: 'fast-stable',
        canaryService: 'fast-canary',
        scaleDownDelaySeconds: 1,
        trafficRouting: { gatewayAPI: { httpRoutes: [{ name: 'fast' }] } },
        steps: [20, 40, 60, 80, 100].map((setWeight) => ({ setWeight })),
      };
      await create(
        service('fast-stable', 'fast'),
        service('fast-canary', 'fast'),
        route('fast'),
        rollout('fast', { canary, replicas: 5 }),
      );
      const first = await healthy('fast');
      await until('fast', 'has its Services and its route', ({ canary: seen }) => {
        const { stable, canary: other, verified } = seen?.weights ?? {};
        const hashes = [stable?.podTemplateHash, other?.podTemplateHash];
        return verified === true && stable?.weight === 100 && hashes.every((hash) => hash !== undefined);
      });
      await eventually('the record ends', () => runsOf('fast').some((run) => run.status?.phase === 'Promoted'));
      const before = cluster.auditEvents().length;
      await release('fast', 'tidegate.dev/app:v2');
      await until('fast', 'is promoted', (status) => status.phase === 'Healthy' && status.stableRS !== first.stableRS);
      await eventually('the old pods are drained', () => podsOf(first.stableRS) === 0);
      await eventually(
        'the record ends',
        () => runsOf('fast').filter((run) => run.status?.phase === 'Promoted').length === 2,
      );

      const own = cluster
        .auditEvents()
        .slice(before)
        .filter(
          ({ userAgent, verb, objectRef }) =>
            userAgent?.startsWith('tidegate-controller') &&
            !['watch', 'list'].includes(verb) &&
            // Which kinds there are is asked for the whole controller.
            objectRef?.resource !== undefined,
        )
        .map(
          ({ verb, objectRef, responseStatus }) =>
            `${verb} ${objectRef?.resource}${objectRef?.subresource ? `/${objectRef.subresource}` : ''} ${responseStatus?.code}`,
        );
      const mine = own.filter(
        (text) =>
          !text.startsWith('patch httproutes/status') && text !== 'get rollouts 200' && text !== 'patch rollouts 200',
      );
      if (process.env.VERBOSE === '1') console.log(own.join('\n'));
      expect(mine.length).toBeLessThan(29);
      expect(mine.filter((text) => text.startsWith('patch rollouts/status')).length).toBeLessThan(14);
    });

    it('stamps a new term on everything of an unsettled rollout when another leader takes over, and goes on', async () => {
      const canary = {
        stableService: 'pay-stable',
        canaryService: 'pay-canary',
        abortScaleDownDelaySeconds: 1,
        trafficRouting: { gatewayAPI: { httpRoutes: [{ name: 'pay' }] } },
        steps: [{ setWeight: 40 }, { pause: {} }],
      };
      await create(
        service('pay-stable', 'pay'),
        service('pay-canary', 'pay'),
        route('pay'),
        rollout('pay', { canary }),
      );
      const first = await healthy('pay');
      await release('pay', 'tidegate.dev/app:v2');
      await atPause('pay', 1);
      await room.stop();
      const stale = await room.client.get({ group: '', kind: 'Service', namespace, name: 'pay-stable' });
      room = await startRolloutRoom({ kubeconfigPath: cluster.kubeconfigPath, term: 'term-2' });
      stopGateway = confirmRoutes(room);
      await command('pay', 'abort');
      await until('pay', 'is aborted', (status) => status.waiting?.reason === 'Aborted');

      const stamped = [
        ...room.stores.replicaSets.list(namespace).filter((set) => set.metadata.name.startsWith('pay-')),
        ...room.stores.services.list(namespace).filter((one) => one.metadata.name.startsWith('pay-')),
        room.stores.routes.get('gateway.networking.k8s.io/HTTPRoute')?.get(namespace, 'pay'),
        room.stores.rollouts.get(namespace, 'pay'),
      ].map((object) => object?.metadata.annotations?.['tidegate.io/term']);
      expect(stamped).toEqual(Array.from({ length: 6 }, () => 'term-2'));
      const late = await room.client.merge(
        { group: '', kind: 'Service', namespace, name: 'pay-stable' },
        { spec: { selector: { app: 'stolen' } } },
        { resourceVersion: stale.kind === 'ok' ? (stale.object.metadata.resourceVersion ?? '') : '' },
      );
      expect(late.kind).toBe('conflict');
      expect(room.stores.rollouts.get(namespace, 'web')?.metadata.annotations).not.toHaveProperty('tidegate.io/term');
      expect(podsOf(first.stableRS)).toBe(3);
    });

    it('serves argoproj.io, with what its status has no field for in the RolloutRun', async () => {
      const problems = await installCrds(cluster, argoDialect);
      const argo = await startRolloutRoom({ kubeconfigPath: cluster.kubeconfigPath, dialect: argoDialect });
      try {
        const spec = rollout('old', { canary: { steps: [{ setWeight: 34 }, { pause: {} }] } });
        await create({ ...spec, apiVersion: 'argoproj.io/v1alpha1' });
        const oldKey = { ...key('old'), group: 'argoproj.io' };
        const status = async () => {
          const result = await argo.client.get(oldKey);
          return result.kind === 'ok' ? Rollout.parse(result.object).status : undefined;
        };
        await eventually('it is healthy', async () => (await status())?.phase === 'Healthy');
        const template = { spec: { containers: [{ name: 'app', image: 'tidegate.dev/app:v2' }] } };
        await argo.client.merge(oldKey, { spec: { template } }, {});
        await eventually('it pauses', async () => (await status())?.phase === 'Paused');
        await argo.client.merge(oldKey, { status: { abort: true } }, { subresource: 'status' });
        await eventually('it is aborted', async () => {
          const now = await status();
          return now?.phase === 'Degraded' && now.replicas === 3 && now.updatedReplicas === 0;
        });

        expect(problems).toEqual([]);
        expect(await status()).not.toHaveProperty('verdict');
        expect((await status())?.observedGeneration).toBe('2');
        const recorded = await eventually('the verdict is recorded', () =>
          runsOf('old')
            .map((run) => run.status?.recorded)
            .find((one) => one?.waiting?.reason === 'Aborted'),
        );
        expect(recorded).toMatchObject({ verdict: { cause: 'AbortedByUser' } });
        await argo.client.merge(oldKey, { status: { abort: false } }, { subresource: 'status' });
        await eventually('it pauses again', async () => (await status())?.phase === 'Paused');
      } finally {
        await argo.stop();
      }
    });

    it('starts nothing with a pod template that the API server refuses, and says why in one sentence', async () => {
      await create(rollout('bad', { canary: {} }));
      const first = await healthy('bad');
      await patch('bad', {
        spec: { template: { spec: { containers: [{ name: 'app', imagge: 'x', image: 'tidegate.dev/app:v2' }] } } },
      });
      const refused = await until('bad', 'is refused', (status) => status.phase === 'Degraded');

      expect(refused.message).toContain('imagge');
      expect(refused.currentPodHash).toBe(first.currentPodHash);
      await patch('bad', {
        spec: { template: { spec: { containers: [{ name: 'app', image: 'tidegate.dev/app:v2' }] } } },
      });
      await healthy('bad');
    });
  },
);

/** Stands in for a gateway: reports every generation of every route as accepted. */
function confirmRoutes(room: RolloutRoom): () => void {
  const store = room.stores.routes.get('gateway.networking.k8s.io/HTTPRoute');
  return (
    store?.onChange(({ kind, object }) => {
      if (kind === 'deleted') return;
      const { namespace: place = '', name, generation = 0 } = object.metadata;
      const status = object.status as { parents?: { conditions: { observedGeneration: number }[] }[] } | undefined;
      if (status?.parents?.[0]?.conditions[0]?.observedGeneration === generation) return;
      const lastTransitionTime = new Date().toISOString().replace(/\.\d+/, '');
      const condition = (type: string) => ({
        type,
        status: 'True',
        reason: type,
        message: '',
        lastTransitionTime,
        observedGeneration: generation,
      });
      const parents = [
        {
          parentRef: { name: 'gate' },
          controllerName: 'test.dev/gate',
          conditions: [condition('Accepted'), condition('ResolvedRefs')],
        },
      ] as unknown as JsonObject[];
      void room.client.merge(
        { group: 'gateway.networking.k8s.io', kind: 'HTTPRoute', namespace: place, name },
        { status: { parents } },
        { subresource: 'status' },
      );
    }) ?? (() => undefined)
  );
}
