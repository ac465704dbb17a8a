/**
 * Routers of Ingresses and gateways on a real API server: what they plan is accepted, read back, final, repaired after an
 * edit and taken back on the way down; and one whole canary by ingress-nginx.
 */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tidegateDialect } from '../../crds/schema/dialect.ts';
import { Rollout } from '../../crds/schema/rollout.ts';
import { alb } from '../../controller/traffic/alb.ts';
import { ambassador } from '../../controller/traffic/ambassador.ts';
import { apisix } from '../../controller/traffic/apisix.ts';
import { contour } from '../../controller/traffic/contour.ts';
import { nginx } from '../../controller/traffic/nginx.ts';
import type { Found, ManagedRoute, RouteWrite, TrafficRouter, WeightPlan } from '../../controller/traffic/router.ts';
import { traefik } from '../../controller/traffic/traefik.ts';
import type { JsonObject, KubeObject, ObjectKey } from '../../kube/api.ts';
import { refOf } from '../../kube/ref.ts';
import { type Kubelet, startKubelet } from '../../sandbox/kubelet/kubelet.ts';
import { type Cluster, clusterMissing, startCluster } from '../bed/cluster.ts';
import { eventually } from '../bed/eventually.ts';
import { applyRouterCrds } from '../bed/router-crds.ts';
import { installCrds } from './install-crds.ts';
import { type RolloutRoom, startRolloutRoom } from './rollout-room.ts';

const missing = clusterMissing();
const namespace = 'default';
const weightKey = 'nginx.ingress.kubernetes.io/canary-weight';

type Live = KubeObject & JsonObject;
const literal = (object: JsonObject): Live => object as unknown as Live;

interface Case {
  readonly name: string;
  readonly router: TrafficRouter;
  readonly routing: JsonObject;
  readonly objects: readonly Live[];
  /** An edit by somebody else, on the object of that name. `isWhole`: all that it changes is the router's. */
  readonly edit: readonly [string, JsonObject];
  readonly isWhole: boolean;
  readonly managed?: readonly ManagedRoute[];
  /** Names of objects that the router makes. `left`: those that stay at weight 0. */
  readonly makes: readonly string[];
  readonly left: readonly string[];
}

const ingress = (name: string, service: string, port: JsonObject): Live =>
  literal({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name, namespace },
    spec: {
      ingressClassName: 'some',
      tls: [{ hosts: ['shop.example.com'], secretName: 'cert' }],
      rules: [
        {
          host: 'shop.example.com',
          http: {
            paths: [{ path: '/', pathType: 'ImplementationSpecific', backend: { service: { name: service, port } } }],
          },
        },
      ],
    },
  });

const header: ManagedRoute = {
  kind: 'header',
  name: 'beta',
  match: [{ headerName: 'X-Group', headerValue: { exact: 'beta' } }],
};

const cases: readonly Case[] = [
  {
    name: 'nginx',
    router: nginx,
    routing: { nginx: { stableIngress: 'by-nginx', additionalIngressAnnotations: { 'canary-by-header': 'X-Canary' } } },
    objects: [ingress('by-nginx', 'shop-stable', { number: 80 })],
    edit: ['shop-by-nginx-canary', { metadata: { annotations: { [weightKey]: '77' } }, spec: { tls: null } }],
    makes: ['shop-by-nginx-canary'],
    isWhole: true,
    left: ['shop-by-nginx-canary'],
  },
  {
    name: 'ALB',
    router: alb,
    routing: {
      alb: { ingress: 'by-alb', servicePort: 80, rootService: 'shop-root' },
      managedRoutes: [{ name: 'beta' }],
    },
    objects: [ingress('by-alb', 'shop-root', { name: 'use-annotation' })],
    edit: ['by-alb', { metadata: { annotations: { 'alb.ingress.kubernetes.io/actions.shop-root': '{}' } } }],
    managed: [header],
    makes: [],
    isWhole: true,
    left: [],
  },
  {
    name: 'Ambassador',
    router: ambassador,
    routing: { ambassador: { mappings: ['by-mapping'] } },
    objects: [
      literal({
        apiVersion: 'getambassador.io/v3alpha1',
        kind: 'Mapping',
        metadata: { name: 'by-mapping', namespace },
        spec: { hostname: '*', prefix: '/shop', service: 'shop-stable:80', headers: { 'x-a': 'b' } },
      }),
    ],
    edit: ['by-mapping-canary', { spec: { weight: 77, headers: { 'x-c': 'd' } } }],
    makes: ['by-mapping-canary'],
    isWhole: true,
    left: [],
  },
  {
    name: 'Traefik',
    router: traefik,
    routing: { traefik: { weightedTraefikServiceName: 'by-traefik' } },
    objects: [
      literal({
        apiVersion: 'traefik.io/v1alpha1',
        kind: 'TraefikService',
        metadata: { name: 'by-traefik', namespace },
        spec: {
          weighted: {
            sticky: { cookie: { name: 'side' } },
            services: [
              { name: 'shop-stable', port: 80 },
              { name: 'shop-canary', port: 80 },
            ],
          },
        },
      }),
    ],
    edit: ['by-traefik', { spec: { weighted: { services: [{ name: 'shop-canary' }, { name: 'shop-stable' }] } } }],
    makes: [],
    isWhole: false,
    left: [],
  },
  {
    name: 'APISIX',
    router: apisix,
    routing: { apisix: { route: { name: 'by-apisix', rules: ['main'] } }, managedRoutes: [{ name: 'beta' }] },
    objects: [
      literal({
        apiVersion: 'apisix.apache.org/v2',
        kind: 'ApisixRoute',
        metadata: { name: 'by-apisix', namespace },
        spec: {
          ingressClassName: 'apisix',
          http: [
            {
              name: 'main',
              match: { paths: ['/*'] },
              backends: [
                { serviceName: 'shop-stable', servicePort: 80 },
                { serviceName: 'shop-canary', servicePort: 80, weight: 0 },
              ],
            },
          ],
        },
      }),
    ],
    edit: ['beta', { spec: { http: [{ name: 'x', match: {}, backends: [{ serviceName: 'x', servicePort: 1 }] }] } }],
    managed: [header],
    makes: ['beta'],
    isWhole: true,
    left: [],
  },
  {
    name: 'Contour',
    router: contour,
    routing: {
      contour: { httpProxies: [{ name: 'by-contour' }] },
      managedRoutes: [{ name: 'beta' }, { name: 'copy' }],
    },
    objects: [
      literal({
        apiVersion: 'projectcontour.io/v1',
        kind: 'HTTPProxy',
        metadata: { name: 'by-contour', namespace },
        spec: {
          virtualhost: { fqdn: 'shop.example.com' },
          routes: [
            {
              conditions: [{ prefix: '/' }],
              services: [
                { name: 'shop-stable', port: 80, weight: 1 },
                { name: 'shop-canary', port: 80, weight: 0 },
              ],
            },
          ],
        },
      }),
    ],
    edit: [
      'by-contour',
      {
        spec: {
          routes: [
            {
              services: [
                { name: 'shop-canary', port: 80 },
                { name: 'shop-stable', port: 80 },
              ],
            },
          ],
        },
      },
    ],
    managed: [header, { kind: 'mirror', name: 'copy', match: [{ path: { prefix: '/' } }], percentage: 10 }],
    makes: [],
    isWhole: false,
    left: [],
  },
];

const wanted = (canary: number, managed?: readonly ManagedRoute[]): WeightPlan => ({
  total: 100,
  destinations: [
    { service: 'shop-stable', role: 'stable', weight: 100 - canary },
    { service: 'shop-canary', role: 'canary', weight: canary },
  ],
  ...(managed === undefined ? {} : { managed }),
});

function aRollout(name: string, image: string, canary: object): KubeObject {
  const labels = { app: name };
  const containers = [{ name: 'app', image, ports: [{ containerPort: 8080 }] }];
  const spec = {
    replicas: 2,
    selector: { matchLabels: labels },
    template: { metadata: { labels }, spec: { containers, terminationGracePeriodSeconds: 1 } },
    strategy: { canary: { stableService: `${name}-stable`, canaryService: `${name}-canary`, ...canary } },
  };
  const object = { apiVersion: 'tidegate.io/v1alpha1', kind: 'Rollout', metadata: { name, namespace }, spec };
  return object as KubeObject;
}

describe.skipIf(missing !== undefined)(`routers on a real API server${missing ? ` (skipped: ${missing})` : ''}`, () => {
  let cluster: Cluster;
  let kubelet: Kubelet;
  let room: RolloutRoom;

  beforeAll(async () => {
    cluster = await startCluster();
    const problems = await installCrds(cluster, tidegateDialect);
    if (problems.length > 0) throw new Error(problems.join('\n'));
    await applyRouterCrds(cluster, ['ambassador', 'traefik', 'apisix', 'contour']);
    kubelet = await startKubelet({
      kubeconfigPath: cluster.kubeconfigPath,
      nodeName: 'sandbox',
      addresses: 'loopback',
      startDelayMs: 50,
      drainMs: 100,
    });
    room = await startRolloutRoom({ kubeconfigPath: cluster.kubeconfigPath, verbose: process.env.VERBOSE === '1' });
  }, 240_000);
  afterAll(async () => {
    await room?.stop();
    await kubelet?.stop();
    await cluster?.stop();
  });

  const create = async (object: KubeObject): Promise<Live> => {
    const result = await room.client.create(object, { strict: true });
    if (result.kind !== 'ok') throw new Error(JSON.stringify(result));
    return result.object;
  };
  const keyOf = (name: string): ObjectKey => ({ group: 'tidegate.io', kind: 'Rollout', namespace, name });
  const readRollout = async (name: string) => {
    const result = await room.client.get(keyOf(name));
    if (result.kind !== 'ok') throw new Error(JSON.stringify(result));
    return Rollout.parse(result.object);
  };
  const liveObjects = async (router: TrafficRouter, rollout: Rollout): Promise<readonly Live[]> => {
    const results = await Promise.all(router.needs(rollout).map((key) => room.client.get(key)));
    return results.flatMap((one) => (one.kind === 'ok' ? [one.object] : []));
  };
  const finder = (objects: readonly Live[]): Found => {
    return (key) => objects.find((one) => one.kind === key.kind && one.metadata.name === key.name);
  };
  const write = async (one: RouteWrite) => {
    switch (one.kind) {
      case 'create':
        return create(one.object);
      case 'patch': {
        const { uid, resourceVersion } = refOf(one.object);
        const result = await room.client.merge(refOf(one.object), one.patch, { uid, resourceVersion, strict: true });
        if (result.kind !== 'ok') throw new Error(JSON.stringify(result));
        return result.object;
      }
      case 'delete': {
        const result = await room.client.delete(refOf(one.object), { uid: refOf(one.object).uid });
        if (result.kind !== 'ok') throw new Error(JSON.stringify(result));
        return undefined;
      }
    }
  };
  /** Plans and writes; the number of writes. */
  const move = async (router: TrafficRouter, rollout: Rollout, plan: WeightPlan): Promise<number> => {
    const answer = router.plan(rollout, plan, finder(await liveObjects(router, rollout)));
    if ('kind' in answer) throw new Error(answer.message);
    for (const one of answer) await write(one);
    return answer.length;
  };
  const shares = async (router: TrafficRouter, rollout: Rollout) =>
    router.read(rollout, finder(await liveObjects(router, rollout))).written?.destinations.map((one) => one.weight);
  const names = (objects: readonly Live[]) => objects.map((one) => one.metadata.name);

  it.each(cases.map((one) => [one.name, one] as const))(
    '%s: weights are accepted, read back, written once, repaired and taken back',
    async (_name, { router, routing, objects, edit, isWhole, managed, makes, left }) => {
      for (const object of objects) await create(object);
      // The controller must not work on it: it is paused from the start and owns what the router makes.
      const owner = await readRollout('shop').catch(() => create(aRollout('shop', 'tidegate.dev/app:v1', {})));
      const parsed = Rollout.parse(owner);
      const strategy = {
        canary: { stableService: 'shop-stable', canaryService: 'shop-canary', trafficRouting: routing },
      };
      const rollout = Rollout.parse({ ...parsed, spec: { ...parsed.spec, strategy } });
      const before = await liveObjects(router, rollout);

      expect(await move(router, rollout, wanted(30, managed))).toBeGreaterThan(0);

      expect(await shares(router, rollout)).toEqual([70, 30]);
      expect(await move(router, rollout, wanted(30, managed))).toBe(0);
      const good = await liveObjects(router, rollout);
      expect(names(good)).toEqual([...names(before), ...makes]);

      const edited = good.find((one) => one.metadata.name === edit[0]);
      expect((await room.client.merge(refOf(edited!), edit[1], {})).kind).toBe('ok');
      expect(await move(router, rollout, wanted(30, managed))).toBeGreaterThan(0);
      expect(await shares(router, rollout)).toEqual([70, 30]);
      const after = await liveObjects(router, rollout);
      if (isWhole) expect(specs(after)).toEqual(specs(good));

      await move(router, rollout, wanted(0, managed && []));
      expect(await shares(router, rollout)).toEqual([100, 0]);
      expect(names(await liveObjects(router, rollout))).toEqual([...names(before), ...left]);
      expect(await move(router, rollout, wanted(0, managed && []))).toBe(0);
    },
    60_000,
  );

  it('a canary by ingress-nginx goes 20, 50, 100 and back to 0, and its Ingress goes with the Rollout [router:nginx]', async () => {
    const service = (name: string): KubeObject => {
      const spec = { selector: { app: 'site' }, ports: [{ port: 80, targetPort: 8080 }] };
      return { apiVersion: 'v1', kind: 'Service', metadata: { name, namespace }, spec } as KubeObject;
    };
    for (const name of ['site-stable', 'site-canary']) await create(service(name));
    await create(ingress('site', 'site-stable', { number: 80 }));
    const seen: string[] = [];
    const stop = room.stores.routes.get('networking.k8s.io/Ingress')?.onChange(({ object }) => {
      const weight = object.metadata.annotations?.[weightKey];
      if (object.metadata.name === 'site-site-canary' && weight !== undefined && weight !== seen.at(-1))
        seen.push(weight);
    });
    const steps = [{ setWeight: 20 }, { pause: {} }, { setWeight: 50 }, { pause: {} }];
    const canary = { steps, scaleDownDelaySeconds: 1, trafficRouting: { nginx: { stableIngress: 'site' } } };
    const until = (what: string, test: (status: NonNullable<Rollout['status']>) => boolean) =>
      eventually(
        `site: ${what}`,
        async (saw) => {
          const { status } = await readRollout('site');
          saw(status);
          return status !== undefined && test(status);
        },
        { withinMs: 40_000 },
      );
    const isHealthy = (status: NonNullable<Rollout['status']>) =>
      status.phase === 'Healthy' && status.stableRS === status.currentPodHash;
    const promote = () =>
      room.client.merge(keyOf('site'), { status: { pauseConditions: null } }, { subresource: 'status' });

    await create(aRollout('site', 'tidegate.dev/app:v1', canary));
    await until('is healthy', isHealthy);
    const containers = [{ name: 'app', image: 'tidegate.dev/app:v2', ports: [{ containerPort: 8080 }] }];
    await room.client.merge(keyOf('site'), { spec: { template: { spec: { containers } } } }, {});
    await until('pauses at 20', (status) => status.phase === 'Paused' && status.currentStepIndex === 1);
    await promote();
    await until('pauses at 50', (status) => status.phase === 'Paused' && status.currentStepIndex === 3);
    await promote();
    await until('is promoted', (status) => isHealthy(status) && status.currentStepIndex === 4);
    await eventually('the weight is back at 0', () => seen.at(-1) === '0');
    stop?.();

    expect(seen.filter((weight) => weight !== '0')).toEqual(['20', '50', '100']);
    await room.client.delete(keyOf('site'), { propagation: 'Background' });
    const canaryKey = { group: 'networking.k8s.io', kind: 'Ingress', namespace, name: 'site-site-canary' };
    await eventually(
      'the canary Ingress is gone',
      async () => (await room.client.get(canaryKey)).kind === 'not-found',
      {
        // The garbage collector learns of new kinds every half minute.
        withinMs: 120_000,
      },
    );
  }, 120_000);
});

function specs(objects: readonly Live[]): readonly unknown[] {
  return objects.map((one) => ({ annotations: one.metadata.annotations, spec: one['spec'] }));
}
