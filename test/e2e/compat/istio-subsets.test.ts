/** A canary behind Istio with one Service: subsets tell the revisions apart, and no Service stands for either side. */
import { expect } from 'vitest';
import { asDestinationRule, asVirtualService } from '../../../controller/traffic/istio-objects.ts';
import type { JsonObject } from '../../../crds/schema/json.ts';
import type { BedObject } from '../../bed/api.ts';
import { applyIstio, istioMissing } from '../../bed/istio.ts';
import { promotedBy, template, withBackend } from './analysis-app.ts';
import { type App, at, serviceObject } from './app.ts';
import { pausedAtCanary, promote } from './canary-plans.ts';
import { onStage } from './stage.ts';

const istioVersion = 'networking.istio.io/v1';
const hashLabel = 'rollouts-pod-template-hash';
const subsets = ['stable', 'canary'].map((name) => ({ name, labels: { app: 'app' } }));

function splitPlan(...steps: readonly JsonObject[]): JsonObject {
  const destinationRule = { name: 'app', canarySubsetName: 'canary', stableSubsetName: 'stable' };
  const trafficRouting = { istio: { virtualService: { name: 'app' }, destinationRule } };
  return {
    strategy: {
      canary: { scaleDownDelaySeconds: 1, abortScaleDownDelaySeconds: 1, trafficRouting, steps: [...steps] },
    },
  };
}

async function applyMesh(app: App): Promise<void> {
  const to = (subset: string, weight: number) => ({ destination: { host: 'app', subset }, weight });
  const objectOf = (kind: string, spec: JsonObject): BedObject => ({
    apiVersion: istioVersion,
    kind,
    metadata: { name: 'app' },
    spec,
  });
  await app.apply(
    serviceObject('app'),
    objectOf('VirtualService', { hosts: ['app'], http: [{ route: [to('stable', 100), to('canary', 0)] }] }),
    objectOf('DestinationRule', { host: 'app', subsets }),
  );
}

/** Weights of both subsets, and the hashes of their labels. */
async function mesh(app: App): Promise<{ weights: readonly number[]; hashes: readonly string[] }> {
  const [service, rule] = await Promise.all(
    ['virtualservices', 'destinationrules'].map((plural) => app.read(`apis/${istioVersion}/${plural}`, 'app')),
  );
  if (service === undefined || rule === undefined) throw new Error('the objects of Istio are gone');
  const route = asVirtualService(service).spec?.http?.[0]?.route ?? [];
  return {
    weights: route.map((one) => one.weight ?? 0),
    hashes: (asDestinationRule(rule).spec?.subsets ?? []).map((one) => one.labels?.[hashLabel] ?? ''),
  };
}

async function untilMesh(app: App, weights: readonly number[], versions: readonly string[]): Promise<void> {
  const hashes = await Promise.all(versions.map((version) => app.hashOf(version)));
  await app.untilTrue(`weights ${weights.join('/')} on ${versions.join('/')}`, async () => {
    return JSON.stringify(await mesh(app)) === JSON.stringify({ weights, hashes });
  });
}

onStage(
  'a canary behind subsets of one Service',
  (scenario) => {
    scenario(
      'subsets are labelled with the revisions, weight moves between them, and the promotion moves the stable one [Rollout.spec.strategy.canary.trafficRouting.istio.destinationRule.canarySubsetName, Rollout.spec.strategy.canary.trafficRouting.istio.destinationRule.stableSubsetName, event:UpdatedDestinationRule]',
      async (app) => {
        await applyMesh(app);
        await pausedAtCanary(app, splitPlan({ setWeight: 25 }, { pause: {} }));
        await untilMesh(app, [75, 25], ['v1', 'v2']);
        expect(await app.sizes()).toEqual({ v1: 4, v2: 1 });
        const [stable, canary] = await Promise.all([app.hashOf('v1'), app.hashOf('v2')]);
        expect(at(await app.rollout(), 'status.canary.weights')).toMatchObject({
          canary: { weight: 25, podTemplateHash: canary },
          stable: { weight: 75, podTemplateHash: stable },
        });

        await app.patchStatus(promote);
        await app.untilPhase('Healthy', '');
        await untilMesh(app, [100, 0], ['v2', 'v2']);
        await app.untilSizes({ v2: 4 });
        await app.untilSeen('the switches', () => app.events().includes('UpdatedDestinationRule'));
        expect(app.events()).not.toContain('SwitchService');
        // Clients use the one Service: it goes on to select the pods of both revisions.
        expect(at(await app.read('api/v1/services', 'app'), 'spec.selector')).toEqual({ app: 'app' });
      },
    );

    scenario('an abort takes the weight back, then frees the subset of the canary', async (app) => {
      await applyMesh(app);
      await pausedAtCanary(app, splitPlan({ setWeight: 50 }, { pause: {} }));
      await untilMesh(app, [50, 50], ['v1', 'v2']);
      await app.patchStatus({ abort: true });
      await app.untilPhase('Degraded', /^RolloutAborted: ./);
      await untilMesh(app, [100, 0], ['v1', 'v1']);
      await app.untilSizes({ v1: 4 });

      await app.release('v1', splitPlan({ setWeight: 50 }, { pause: {} }));
      await app.untilPhase('Healthy', '');
      await untilMesh(app, [100, 0], ['v1', 'v1']);
    });

    scenario('a failed analysis takes the weight back', (app) =>
      withBackend('bad', async (backend) => {
        await applyMesh(app);
        await app.apply(template('checks', backend.url));
        const spec = splitPlan({ setWeight: 25 }, { analysis: promotedBy('checks') });
        await app.releaseHealthy('v1', spec);
        await app.release('v2', spec);
        await app.untilPhase('Degraded', /^RolloutAborted: ./);
        await untilMesh(app, [100, 0], ['v1', 'v1']);
      }),
    );

    scenario('a split by host still needs both Services', async (app) => {
      const trafficRouting = { istio: { virtualService: { name: 'app' } } };
      await app.release('v1', { strategy: { canary: { trafficRouting } } });
      await app.untilPhase('Degraded', /InvalidSpec: .*canaryService is unset, but it is required with trafficRouting/);
    });
  },
  { prepare: applyIstio, missing: istioMissing() },
);
