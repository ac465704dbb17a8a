/** Two Services that take turns behind an AWS load balancer, alone and beside a stable and a canary Service. */
import { expect } from 'vitest';
import type { JsonObject } from '../../../crds/schema/json.ts';
import type { BedObject } from '../../bed/api.ts';
import { type App, at, serviceObject } from './app.ts';
import { pausedAtCanary, promote } from './canary-plans.ts';
import { onStage } from './stage.ts';

const pair = { pingPong: { pingService: 'ping', pongService: 'pong' } };

function albPlan(more: JsonObject = {}): JsonObject {
  const canary = {
    ...pair,
    trafficRouting: { alb: { ingress: 'web', servicePort: 80, rootService: 'root' } },
    scaleDownDelaySeconds: 1,
    abortScaleDownDelaySeconds: 1,
    steps: [{ setWeight: 25 }, { pause: {} }],
    ...more,
  };
  return { strategy: { canary } };
}

/** An Ingress whose one rule leads to the action annotation of the root Service. */
const ingress: BedObject = {
  apiVersion: 'networking.k8s.io/v1',
  kind: 'Ingress',
  metadata: { name: 'web' },
  spec: {
    ingressClassName: 'alb',
    rules: [
      {
        http: {
          paths: [
            {
              path: '/',
              pathType: 'Prefix',
              backend: { service: { name: 'root', port: { name: 'use-annotation' } } },
            },
          ],
        },
      },
    ],
  },
};

const applyServices = (app: App, ...names: readonly string[]): Promise<void> =>
  app.apply(...names.map(serviceObject), ingress);

/** Weights by Service as the load balancer's action has them. */
async function weights(app: App): Promise<Readonly<Record<string, number>>> {
  const ingress = await app.read('apis/networking.k8s.io/v1/ingresses', 'web');
  const action = ingress?.metadata.annotations?.['alb.ingress.kubernetes.io/actions.root'] ?? '{}';
  const { ForwardConfig: forward } = JSON.parse(action) as {
    ForwardConfig?: { TargetGroups: readonly { ServiceName: string; Weight: number }[] };
  };
  return Object.fromEntries((forward?.TargetGroups ?? []).map((one) => [one.ServiceName, one.Weight]));
}

async function untilWeights(app: App, wanted: Readonly<Record<string, number>>): Promise<void> {
  await app.untilTrue(`weights ${JSON.stringify(wanted)}`, async () => {
    const now = await weights(app);
    return Object.entries(wanted).every(([service, weight]) => now[service] === weight);
  });
}

async function untilServed(app: App, service: string, version: string): Promise<void> {
  await app.untilSeen(`${service} on ${version}`, () => app.servedBy(service).at(-1) === version);
}

onStage('ping-pong behind ALB', (scenario) => {
  scenario(
    'the Services take turns, and the weight stays where it is at the promotion [Rollout.spec.strategy.canary.pingPong.pingService, Rollout.spec.strategy.canary.pingPong.pongService, Rollout.status.canary.stablePingPong]',
    async (app) => {
      await applyServices(app, 'ping', 'pong', 'root');
      await pausedAtCanary(app, albPlan());
      await untilWeights(app, { ping: 75, pong: 25 });
      expect(at(await app.rollout(), 'status.canary.stablePingPong')).toBe('ping');

      await app.patchStatus(promote);
      const healthy = await app.untilPhase('Healthy', '');
      expect(at(healthy, 'status.canary.stablePingPong')).toBe('pong');
      await untilWeights(app, { ping: 0, pong: 100 });
      await untilServed(app, 'pong', 'v2');
    },
  );

  scenario('a stable and a canary Service beside them follow their roles without weight', async (app) => {
    await applyServices(app, 'ping', 'pong', 'root', 'stable', 'canary');
    await pausedAtCanary(app, albPlan({ stableService: 'stable', canaryService: 'canary' }));
    await untilWeights(app, { ping: 75, pong: 25 });
    expect(Object.keys(await weights(app)).toSorted()).toEqual(['ping', 'pong']);
    await untilServed(app, 'stable', 'v1');
    await untilServed(app, 'canary', 'v2');

    await app.patchStatus({ abort: true });
    await app.untilPhase('Degraded', /^RolloutAborted: ./);
    await untilServed(app, 'canary', 'v1');
    await app.patchStatus({ abort: false });
    await app.untilPhase('Paused', 'CanaryPauseStep');
    await untilServed(app, 'canary', 'v2');
    await app.patchStatus(promote);
    await app.untilPhase('Healthy', '');
    await untilServed(app, 'stable', 'v2');
    await untilWeights(app, { ping: 0, pong: 100 });
  });
});
