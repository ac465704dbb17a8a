/** Mesh routers on a real API server with Istio's own CRDs: what they plan is accepted, read back, repaired and taken back. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject, KubeClient, KubeObject } from '../../kube/api.ts';
import { kubeClient } from '../../kube/client.ts';
import { loadKubeConfig } from '../../kube/config.ts';
import { discovery } from '../../kube/discovery.ts';
import { refOf } from '../../kube/ref.ts';
import { type ApiTransport, transport } from '../../kube/transport.ts';
import { routeKindId } from '../../controller/traffic/route-kinds.ts';
import { appMesh } from '../../controller/traffic/app-mesh.ts';
import { istio } from '../../controller/traffic/istio.ts';
import { kuma } from '../../controller/traffic/kuma.ts';
import type { Found, RouteWrite, TrafficRouter, WeightPlan } from '../../controller/traffic/router.ts';
import { smi, smiOf } from '../../controller/traffic/smi.ts';
import { aMeshRollout, aPlan, hashLabel } from '../../controller/traffic/testing/mesh.ts';
import type { Rollout } from '../../crds/schema/rollout.ts';
import type { BedObject } from '../bed/api.ts';
import { type Cluster, clusterMissing, startCluster } from '../bed/cluster.ts';
import { applyIstio, applyRouterCrds, istioMissing } from '../bed/istio.ts';

const missing = clusterMissing() ?? istioMissing();

const inTeam = (apiVersion: string, kind: string, name: string, spec: JsonObject): BedObject => ({
  apiVersion,
  kind,
  metadata: { name, namespace: 'team' },
  spec,
});

describe.skipIf(missing !== undefined)(`mesh routers${missing ? ` (skipped: ${missing})` : ''}`, () => {
  let cluster: Cluster;
  let api: ApiTransport;
  let client: KubeClient;

  beforeAll(async () => {
    cluster = await startCluster();
    await applyIstio(cluster);
    for (const router of ['smi', 'app-mesh', 'kuma']) await applyRouterCrds(cluster, router);
    await cluster.api.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'team' } });
    const connection = await loadKubeConfig({ path: cluster.kubeconfigPath });
    api = transport({ connection, userAgent: 'tidegate-controller/test' });
    client = kubeClient(api, discovery(api));
  }, 120_000);

  afterAll(async () => {
    api?.close();
    await cluster?.stop();
  });

  /** The router's objects as they are live, those too that only other objects name. */
  async function live(router: TrafficRouter, rollout: Rollout): Promise<Found> {
    const all = new Map<string, KubeObject & JsonObject>();
    const found: Found = (key) => all.get(`${routeKindId(key)}/${key.name}`);
    for (let round = 0; round < 2; round += 1) {
      for (const key of router.needs(rollout, found)) {
        const result = await client.get(key);
        if (result.kind === 'ok') all.set(`${routeKindId(key)}/${key.name}`, result.object as KubeObject & JsonObject);
      }
    }
    return found;
  }

  async function carryOut(write: RouteWrite): Promise<void> {
    const options = { fieldManager: 'tidegate' };
    const { object } = write;
    if (write.kind === 'create') {
      expect((await client.create(object, options)).kind).toBe('ok');
      return;
    }
    const { uid, resourceVersion } = refOf(object);
    const result =
      write.kind === 'delete'
        ? await client.delete(refOf(object), { ...options, uid, resourceVersion })
        : await client.merge(refOf(object), write.patch, { ...options, uid, resourceVersion });
    expect(result).toMatchObject({ kind: 'ok' });
  }

  /** Plans and writes until nothing is left to write; the canary's weight in the end. */
  async function reach(router: TrafficRouter, rollout: Rollout, wanted: WeightPlan): Promise<number | undefined> {
    for (let round = 0; round < 4; round += 1) {
      const found = await live(router, rollout);
      const writes = router.plan(rollout, wanted, found);
      if ('kind' in writes) throw new Error(writes.message);
      if (writes.length === 0)
        return router.read(rollout, found).written?.destinations.find((one) => one.role === 'canary')?.weight;
      for (const write of writes) await carryOut(write);
    }
    throw new Error('the plan is never empty');
  }

  const edit = (path: string, patch: JsonObject) =>
    cluster.api.request('PATCH', path, patch, 'application/merge-patch+json');
  const specOf = async (path: string) => ((await cluster.api.get(path)) as { spec: JsonObject }).spec;

  describe('Istio, with its own CRDs', () => {
    const service = '/apis/networking.istio.io/v1/namespaces/team/virtualservices/shop';
    const rule = '/apis/networking.istio.io/v1/namespaces/team/destinationrules/shop';
    const to = (host: string, weight: number, subset?: string): JsonObject => ({
      destination: { host, ...(subset === undefined ? {} : { subset }) },
      weight,
    });
    const docs: JsonObject = { name: 'docs', match: [{ uri: { prefix: '/docs' } }], route: [to('docs', 100)] };

    it('splits by host with header and mirror entries, repairs an edit and takes everything back', async () => {
      const route = (stable: number, canary: number) => [to('shop-stable', stable), to('shop-canary', canary)];
      const primary = (stable: number, canary: number) => ({ name: 'primary', route: route(stable, canary) });
      const http = [docs, primary(100, 0)];
      await cluster.api.apply(inTeam('networking.istio.io/v1', 'VirtualService', 'shop', { hosts: ['shop'], http }));
      const rollout = aMeshRollout({
        managedRoutes: [{ name: 'beta' }, { name: 'shadow' }],
        istio: { virtualService: { name: 'shop', routes: ['primary'] } },
      });
      const wanted = aPlan(20, {
        managed: [
          { kind: 'mirror', name: 'shadow', percentage: 35, match: [{ path: { prefix: '/api' } }] },
          { kind: 'header', name: 'beta', match: [{ headerName: 'X-Beta', headerValue: { exact: 'yes' } }] },
        ],
        extras: [{ service: 'shop-a', weight: 5 }],
      });

      expect(await reach(istio, rollout, wanted)).toBe(20);
      const after = [...route(75, 20), to('shop-a', 5)];
      expect((await specOf(service))['http']).toMatchObject([
        { name: 'beta', match: [{ headers: { 'x-beta': { exact: 'yes' } } }], route: [to('shop-canary', 100)] },
        { name: 'shadow', route: after, mirror: { host: 'shop-canary' }, mirrorPercentage: { value: 35 } },
        docs,
        { name: 'primary', route: after },
      ]);
      await edit(service, { spec: { http: [docs, primary(50, 50)] } });
      expect(await reach(istio, rollout, wanted)).toBe(20);
      expect(await reach(istio, rollout, aPlan(0, { managed: [] }))).toBe(0);
      expect((await specOf(service))['http']).toEqual(http);
    });

    it('splits by subset and labels the subsets', async () => {
      const host = 'shop.team.svc.cluster.local';
      const route = (stable: number, canary: number) => [to(host, stable, 'stable'), to(host, canary, 'canary')];
      const http = [{ route: route(100, 0) }];
      const subsets = ['stable', 'canary'].map((name) => ({ name, labels: { app: 'shop' } }));
      await cluster.api.apply(
        inTeam('networking.istio.io/v1', 'VirtualService', 'shop', { hosts: ['shop'], http }),
        inTeam('networking.istio.io/v1', 'DestinationRule', 'shop', { host, subsets }),
      );
      const destinationRule = { name: 'shop', canarySubsetName: 'canary', stableSubsetName: 'stable' };
      const rollout = aMeshRollout({ istio: { virtualService: { name: 'shop' }, destinationRule } });
      const labels = (hash: string) => ({ labels: { app: 'shop', [hashLabel]: hash } });

      expect(await reach(istio, rollout, aPlan(30, { stableHash: 'old', canaryHash: 'new' }))).toBe(30);
      expect((await specOf(rule))['subsets']).toMatchObject([labels('old'), labels('new')]);
      expect((await specOf(service))['http']).toMatchObject([{ route: route(70, 30) }]);
      expect(await reach(istio, rollout, aPlan(0, { stableHash: 'old', canaryHash: 'old' }))).toBe(0);
      expect((await specOf(rule))['subsets']).toMatchObject([labels('old'), labels('old')]);
    });

    it('splits TLS and TCP routes', async () => {
      const route = (stable: number, canary: number) => [to('shop-stable', stable), to('shop-canary', canary)];
      const tls = [{ match: [{ port: 443, sniHosts: ['shop'] }], route: route(100, 0) }];
      const tcp = [{ match: [{ port: 3306 }], route: route(100, 0) }];
      await edit(service, { spec: { http: null } });
      await cluster.api.apply(
        inTeam('networking.istio.io/v1', 'VirtualService', 'shop', { hosts: ['shop'], tls, tcp }),
      );
      const rollout = aMeshRollout({ istio: { virtualService: { name: 'shop' } } });

      expect(await reach(istio, rollout, aPlan(40))).toBe(40);
      expect(await specOf(service)).toMatchObject({ tls: [{ route: route(60, 40) }], tcp: [{ route: route(60, 40) }] });
    });
  });

  it.each([
    ['v1alpha1', smi, ['0', '100']],
    ['v1alpha2', smiOf('v1alpha2'), [0, 100]],
  ])('SMI makes, moves and repairs a TrafficSplit of its own in %s', async (version, router, first) => {
    const name = `shop-${version}`;
    const rollout = aMeshRollout({ smi: { trafficSplitName: name, rootService: 'shop' } });
    const path = `/apis/split.smi-spec.io/${version}/namespaces/team/trafficsplits/${name}`;

    expect(await reach(router, rollout, aPlan(0))).toBe(0);
    expect(await specOf(path)).toMatchObject({ backends: first.map((weight) => ({ weight })) });
    expect(await reach(router, rollout, aPlan(20))).toBe(20);
    await edit(path, { spec: { service: 'other' } });
    expect(await reach(router, rollout, aPlan(20))).toBe(20);
    expect(await specOf(path)).toMatchObject({ service: 'shop' });
    expect(await reach(router, rollout, aPlan(0))).toBe(0);
  });

  it('App Mesh moves the VirtualRouter and the selectors of both VirtualNodes', async () => {
    const version = 'appmesh.k8s.aws/v1beta2';
    const target = (name: string, weight: number) => ({ virtualNodeRef: { name }, weight });
    const weightedTargets = [target('node-canary', 0), target('node-stable', 100)];
    const routes = [{ name: 'primary', httpRoute: { match: { prefix: '/' }, action: { weightedTargets } } }];
    const podSelector = { matchLabels: { app: 'shop' } };
    const virtualRouter = { virtualRouterRef: { name: 'shop-router' } };
    await cluster.api.apply(
      inTeam(version, 'VirtualService', 'shop', { provider: { virtualRouter } }),
      inTeam(version, 'VirtualRouter', 'shop-router', { routes }),
      inTeam(version, 'VirtualNode', 'node-stable', { podSelector }),
      inTeam(version, 'VirtualNode', 'node-canary', { podSelector }),
    );
    const virtualNodeGroup = {
      canaryVirtualNodeRef: { name: 'node-canary' },
      stableVirtualNodeRef: { name: 'node-stable' },
    };
    const rollout = aMeshRollout({ appMesh: { virtualService: { name: 'shop' }, virtualNodeGroup } });
    const node = '/apis/appmesh.k8s.aws/v1beta2/namespaces/team/virtualnodes/node-canary';
    const selects = (hash: string) => ({ podSelector: { matchLabels: { app: 'shop', [hashLabel]: hash } } });

    expect(await reach(appMesh, rollout, aPlan(20, { stableHash: 'old', canaryHash: 'new' }))).toBe(20);
    expect(await specOf(node)).toMatchObject(selects('new'));
    await edit('/apis/appmesh.k8s.aws/v1beta2/namespaces/team/virtualrouters/shop-router', { spec: { routes } });
    expect(await reach(appMesh, rollout, aPlan(20, { stableHash: 'old', canaryHash: 'new' }))).toBe(20);
    expect(await reach(appMesh, rollout, aPlan(0, { stableHash: 'old', canaryHash: 'old' }))).toBe(0);
    expect(await specOf(node)).toMatchObject(selects('canary-hash'));
  });

  it('Kuma moves MeshHTTPRoutes and MeshTCPRoutes', async () => {
    const ref = (name: string, weight?: number) => ({
      kind: 'MeshService',
      name,
      port: 80,
      ...(weight === undefined ? {} : { weight }),
    });
    const to = [
      {
        targetRef: { kind: 'MeshService', name: 'shop' },
        rules: [{ default: { backendRefs: [ref('shop-stable'), ref('shop-canary', 0)] } }],
      },
    ];
    await cluster.api.apply(
      inTeam('kuma.io/v1alpha1', 'MeshHTTPRoute', 'shop', { targetRef: { kind: 'Mesh' }, to }),
      inTeam('kuma.io/v1alpha1', 'MeshTCPRoute', 'shop', { targetRef: { kind: 'Mesh' }, to }),
    );
    const rollout = aMeshRollout({ kuma: { httpRoutes: [{ name: 'shop' }], tcpRoutes: [{ name: 'shop' }] } });
    const path = '/apis/kuma.io/v1alpha1/namespaces/team/meshhttproutes/shop';

    expect(await reach(kuma, rollout, aPlan(20))).toBe(20);
    await edit(path, { spec: { to } });
    expect(await reach(kuma, rollout, aPlan(20))).toBe(20);
    expect(await specOf(path)).toMatchObject({
      to: [{ rules: [{ default: { backendRefs: [{ weight: 80 }, { weight: 20 }] } }] }],
    });
    expect(await reach(kuma, rollout, aPlan(0))).toBe(0);
  });
});
