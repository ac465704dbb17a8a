/** Header and mirror steps with real requests: a whole canary behind the real gateway, and the router's rules on the simulated one. */

import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tidegateDialect } from '../../crds/schema/dialect.ts';
import { keys } from '../../crds/schema/keys.ts';
import { Rollout } from '../../crds/schema/rollout.ts';
import type { RolloutStatus } from '../../crds/schema/rollout-status.ts';
import { gatewayApi } from '../../controller/traffic/gateway-api.ts';
import type { ManagedRoute } from '../../controller/traffic/router.ts';
import type { JsonObject, KubeObject } from '../../kube/api.ts';
import { systemClock } from '../../kube/clock.ts';
import { apiServer } from '../../sandbox/api-server/api-server.ts';
import { memoryTransport } from '../../sandbox/memory-transport.ts';
import { seededRandom } from '../../sandbox/seeded-random.ts';
import { type Bed, bedMissing, startBed } from '../bed/bed.ts';
import { eventually } from '../bed/eventually.ts';
import { weightedRoute } from '../bed/gateway-objects.ts';
import { webService } from '../bed/web-objects.ts';
import { installCrds } from './install-crds.ts';
import { type RolloutRoom, startRolloutRoom } from './rollout-room.ts';
import { type GatewayWorld, gatewayTestWorld } from './sandbox-gateway-world.ts';

const parts = ['cluster', 'pods', 'gateway'] as const;
const missing = bedMissing(parts);
const namespace = 'default';
const routeKey = { group: 'gateway.networking.k8s.io', kind: 'HTTPRoute', namespace, name: 'shop' };

const beta = { name: 'beta', match: [{ headerName: 'x-beta', headerValue: { exact: 'yes' } }] };

function shop(steps: readonly object[], managed: readonly string[]): KubeObject {
  const labels = { app: 'shop' };
  return {
    apiVersion: 'tidegate.io/v1alpha1',
    kind: 'Rollout',
    metadata: { name: 'shop', namespace },
    spec: {
      replicas: 2,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { containers: [{ name: 'web', image: 'web:1', ports: [{ name: 'http', containerPort: 8080 }] }] },
      },
      strategy: {
        canary: {
          stableService: 'shop-stable',
          canaryService: 'shop-canary',
          abortScaleDownDelaySeconds: 1,
          scaleDownDelaySeconds: 1,
          trafficRouting: {
            gatewayAPI: { httpRoutes: [{ name: 'shop' }] },
            managedRoutes: managed.map((name) => ({ name })),
          },
          steps,
        },
      },
    },
  } as unknown as KubeObject;
}

/** Status of one request with these headers; 0 when there was no answer. */
function ask(url: string, headers: Readonly<Record<string, string>>): Promise<number> {
  return new Promise((resolve) => {
    const call = request(url, { headers: { host: 'shop.test', ...headers }, timeout: 5_000 }, (answer) => {
      answer.resume().once('end', () => resolve(answer.statusCode ?? 0));
    });
    call.once('error', () => resolve(0)).end();
  });
}

describe.skipIf(missing !== undefined)(
  `a header step behind a real gateway${missing ? ` (skipped: ${missing})` : ''}`,
  () => {
    let bed: Bed<(typeof parts)[number]>;
    let room: RolloutRoom;
    const key = { group: 'tidegate.io', kind: 'Rollout', namespace, name: 'shop' };

    beforeAll(async () => {
      bed = await startBed({ with: parts });
      const problems = await installCrds(bed.cluster, tidegateDialect);
      if (problems.length > 0) throw new Error(problems.join('\n'));
      const selected = (name: string) => {
        const { spec, ...rest } = webService(name) as unknown as { spec: object };
        return { ...rest, spec: { ...spec, selector: { app: 'shop' } } };
      };
      await bed.cluster.api.apply(selected('shop-stable') as never, selected('shop-canary') as never);
      const weights = { 'shop-stable': 100, 'shop-canary': 0 };
      await bed.cluster.api.apply(weightedRoute('shop', bed.gateway.parentRef, 'shop.test', weights));
      room = await startRolloutRoom({
        kubeconfigPath: bed.cluster.kubeconfigPath,
        verbose: process.env.VERBOSE === '1',
      });
    }, 120_000);
    afterAll(async () => {
      await room?.stop();
      await bed?.stop();
    });

    const status = async () => {
      const result = await room.client.get(key);
      if (result.kind !== 'ok') throw new Error(JSON.stringify(result));
      return Rollout.parse(result.object).status ?? {};
    };
    const until = (what: string, test: (status: RolloutStatus) => boolean) =>
      eventually(
        what,
        async (saw) => {
          const now = await status();
          saw(now);
          return test(now) && now;
        },
        { withinMs: 40_000 },
      );
    const patch = async (body: object) => {
      const result = await room.client.merge(key, body, {});
      if (result.kind !== 'ok') throw new Error(JSON.stringify(result));
    };
    const image = (name: string) =>
      patch({
        spec: {
          template: {
            spec: { containers: [{ name: 'web', image: name, ports: [{ name: 'http', containerPort: 8080 }] }] },
          },
        },
      });
    const rules = async () => {
      const result = await room.client.get(routeKey);
      if (result.kind !== 'ok') throw new Error(JSON.stringify(result));
      return (result.object as unknown as { spec: { rules: JsonObject[] } }).spec.rules;
    };
    const codes = async (headers: Readonly<Record<string, string>>) => {
      const all = await Promise.all(Array.from({ length: 10 }, () => ask(bed.gateway.url, headers)));
      return [...new Set(all)];
    };

    it('leads whoever has the header to the canary at weight 0, and nobody after an abort [Rollout.spec.strategy.canary.steps[].setHeaderRoute.match[].headerName]', {
      timeout: 120_000,
    }, async () => {
      const steps = [
        { setCanaryScale: { replicas: 1 } },
        { setHeaderRoute: beta },
        { pause: {} },
        { setWeight: 50 },
        { pause: {} },
      ];
      const made = await room.client.create(shop(steps, ['beta']));
      if (made.kind !== 'ok') throw new Error(JSON.stringify(made));
      await until('it is healthy', (now) => now.phase === 'Healthy');
      const before = await rules();
      await image('web:bad');
      const paused = await until(
        'it pauses',
        (now) => now.currentStepIndex === 2 && (now.pauseConditions ?? []).length > 0,
      );

      expect(paused.canary?.weights).toMatchObject({ canary: { weight: 0 }, stable: { weight: 100 }, verified: true });
      expect(await rules()).toHaveLength(2);
      await eventually(
        'the gateway serves the header route',
        async () => (await codes({ 'x-beta': 'yes' })).join() === '500',
      );
      expect(await codes({})).toEqual([200]);
      expect(await codes({ 'x-beta': 'no' })).toEqual([200]);

      await patch({
        metadata: {
          annotations: { [keys(tidegateDialect).command]: 'abort', [keys(tidegateDialect).commandId]: 'one' },
        },
      });
      await until('it is aborted', (now) => now.waiting?.reason === 'Aborted');
      expect(await rules()).toEqual(before);
      await eventually(
        'the header is nothing special',
        async () => (await codes({ 'x-beta': 'yes' })).join() === '200',
      );
    });

    it('puts back weights that somebody else writes, and says so', { timeout: 60_000 }, async () => {
      const held = await rules();
      const [rule] = held as { backendRefs: JsonObject[] }[];
      const backendRefs = rule!.backendRefs.map((ref) => ({ ...ref, weight: 50 }));
      await room.client.merge(routeKey, { spec: { rules: [{ ...rule, backendRefs }] } }, {});
      await eventually('the weights are back', async () => JSON.stringify(await rules()) === JSON.stringify(held));

      await eventually('it is told', () => room.reasons('shop').includes('RouteDrift'));
    });
  },
);

describe('the rules of header and mirror steps on the simulated gateway', () => {
  let world: GatewayWorld;
  let stop: () => void;
  const rollout = {
    metadata: { name: 'web', namespace },
    spec: {
      strategy: {
        canary: {
          stableService: 'web-stable',
          canaryService: 'web-canary',
          trafficRouting: {
            gatewayAPI: { httpRoutes: [{ name: 'shop' }] },
            managedRoutes: [{ name: 'beta' }, { name: 'shadow' }],
          },
        },
      },
    },
  } as unknown as Rollout;

  beforeAll(async () => {
    const server = apiServer({ clock: systemClock, random: seededRandom(1, 'managed') });
    const caller = { user: 'kubernetes-admin', userAgent: 'tidegate-managed/test' };
    const api = memoryTransport(server, caller, { freeze: true });
    stop = () => api.close();
    world = await gatewayTestWorld(api);
    const backendRefs = [
      { name: 'web-stable', port: 80, weight: 100 },
      { name: 'web-canary', port: 80, weight: 0 },
    ];
    await world.route('shop', { rules: [{ backendRefs }] });
  });
  afterAll(async () => {
    await world?.stop();
    stop?.();
  });

  const set = async (managed: readonly ManagedRoute[]) => {
    const live = await world.client.get(routeKey);
    if (live.kind !== 'ok') throw new Error('the route is gone');
    const destinations = [
      { service: 'web-stable', role: 'stable', weight: 100 },
      { service: 'web-canary', role: 'canary', weight: 0 },
    ] as const;
    const writes = gatewayApi.plan(rollout, { total: 100, destinations, managed }, () => live.object);
    if ('kind' in writes) throw new Error(writes.message);
    for (const write of writes) {
      if (write.kind !== 'patch') continue;
      const result = await world.client.merge(routeKey, write.patch, {});
      if (result.kind !== 'ok') throw new Error(JSON.stringify(result));
    }
  };
  const askedAs = async (headers: object) => {
    world.asked.length = 0;
    const { text } = await world.ask('/cart', { headers });
    return { answered: text, asked: world.asked.map((one) => one.version).toSorted() };
  };

  it('lead a header to the canary, and back [step:setHeaderRoute]', async () => {
    await set([{ kind: 'header', ...beta }]);
    await eventually('the canary answers', async () => (await askedAs({ 'x-beta': 'yes' })).answered === 'canary');
    expect((await askedAs({})).answered).toBe('stable');

    await set([]);
    await eventually('stable answers', async () => (await askedAs({ 'x-beta': 'yes' })).answered === 'stable');
  });

  it('copy requests to the canary, whose answers nobody sees [Rollout.spec.strategy.canary.steps[].setMirrorRoute.match[].path]', async () => {
    await set([{ kind: 'mirror', name: 'shadow', match: [{ path: { prefix: '/cart' } }], percentage: 100 }]);
    await eventually('both are asked', async () => {
      const { answered, asked } = await askedAs({});
      return answered === 'stable' && asked.join() === 'canary,stable';
    });

    await set([]);
    await eventually('only stable is asked', async () => (await askedAs({})).asked.join() === 'stable');
  });
});
