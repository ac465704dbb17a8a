/** A canary behind an AWS load balancer that is asked through the AWS API, and target groups before the old pods go. */
import { afterAll, expect } from 'vitest';
import { FakeElb } from '../../../controller/aws/testing/fake-elb.ts';
import type { JsonObject } from '../../../crds/schema/json.ts';
import { type FakeAws, fakeAws, staticKeys } from '../../../outbound/aws/testing/fake-aws.ts';
import type { BedObject } from '../../bed/api.ts';
import { type App, at, serviceObject } from './app.ts';
import { promote } from './canary-plans.ts';
import { onStage, type Stage } from './stage.ts';

const host = 'k8s-app-web-1234567890.eu-west-1.elb.amazonaws.com';
const elb = new FakeElb(host);
let aws: FakeAws | undefined;

afterAll(() => aws?.close());

const bindings: BedObject = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'targetgroupbindings.elbv2.k8s.aws' },
  spec: {
    group: 'elbv2.k8s.aws',
    scope: 'Namespaced',
    names: { plural: 'targetgroupbindings', singular: 'targetgroupbinding', kind: 'TargetGroupBinding' },
    versions: [
      {
        name: 'v1beta1',
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      },
    ],
  },
};

const plan: JsonObject = {
  strategy: {
    canary: {
      canaryService: 'canary',
      stableService: 'stable',
      trafficRouting: { alb: { ingress: 'web', servicePort: 80 } },
      scaleDownDelaySeconds: 1,
      abortScaleDownDelaySeconds: 1,
      steps: [{ setWeight: 25 }, { pause: {} }],
    },
  },
};

async function applyRoutes(app: App, stage: Stage, hostname: string): Promise<void> {
  const service = { name: 'stable', port: { name: 'use-annotation' } };
  const path = { path: '/*', pathType: 'ImplementationSpecific', backend: { service } };
  await app.apply(serviceObject('stable'), serviceObject('canary'), {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name: 'web' },
    spec: { ingressClassName: 'alb', rules: [{ http: { paths: [path] } }] },
  });
  await stage.cluster.api.request(
    'PATCH',
    `/apis/networking.k8s.io/v1/namespaces/${app.namespace}/ingresses/web/status`,
    { status: { loadBalancer: { ingress: [{ hostname }] } } },
    'application/merge-patch+json',
  );
}

/** The weight of the canary that is written on the Ingress. */
async function writtenWeight(app: App): Promise<number | undefined> {
  const ingress = await app.read('apis/networking.k8s.io/v1/ingresses', 'web');
  const text = ingress?.metadata.annotations?.['alb.ingress.kubernetes.io/actions.stable'];
  return text === undefined ? undefined : Number(/"canary","ServicePort":"80","Weight":(\d+)/.exec(text)?.[1]);
}

/** What the AWS Load Balancer Controller does after a while. */
async function carryOut(app: App): Promise<void> {
  const canary = (await writtenWeight(app)) ?? 0;
  elb.rules = [{ canary, stable: 100 - canary }];
}

async function register(app: App): Promise<void> {
  const slices = await app.list('apis/discovery.k8s.io/v1/endpointslices');
  const own = slices.filter((one) => one.metadata.labels?.['kubernetes.io/service-name'] === 'stable');
  const targets = own.flatMap((one) => {
    const [port] = at(one, 'ports') as unknown as readonly { readonly port: number }[];
    const endpoints = at(one, 'endpoints') as unknown as readonly { readonly addresses: readonly string[] }[];
    return endpoints.flatMap(({ addresses }) =>
      addresses.map((id) => ({ id, port: port?.port ?? 0, state: 'healthy' })),
    );
  });
  elb.targets.set('stable', targets);
}

onStage(
  'an AWS load balancer that is asked',
  (scenario) => {
    scenario(
      'a step passes when AWS has its weight, and old pods go when AWS has the new ones [Rollout.status.alb, event:WeightVerifyError, event:TargetGroupUnverified, event:TargetGroupVerified, Rollout.status.canary.weights.verified]',
      async (app, stage) => {
        elb.groups.set('canary', `${app.namespace}/web-canary:80`);
        elb.groups.set('stable', `${app.namespace}/web-stable:80`);
        await applyRoutes(app, stage, host);
        await app.apply({
          apiVersion: 'elbv2.k8s.aws/v1beta1',
          kind: 'TargetGroupBinding',
          metadata: { name: 'stable' },
          spec: { targetGroupARN: elb.groupArn('stable'), targetType: 'ip', serviceRef: { name: 'stable', port: 80 } },
        });
        await app.releaseHealthy('v1', plan);

        await carryOut(app);
        await app.release('v2', plan);
        await app.untilTrue('the weight is written', async () => (await writtenWeight(app)) === 25);
        const lagging = await app.until(
          'that AWS has another weight',
          (one) =>
            at(one, 'status.canary.weights.canary.weight') === 25 &&
            at(one, 'status.canary.weights.verified') === false,
        );
        expect(at(lagging, 'status.currentStepIndex')).toBe(0);
        elb.refusal = 'AccessDenied';
        await app.untilSeen('the refusal', () => app.events().includes('WeightVerifyError'), 60_000);
        elb.refusal = undefined;
        expect(at(await app.rollout(), 'status.currentStepIndex')).toBe(0);

        await carryOut(app);
        const paused = await app.untilPhase('Paused', 'CanaryPauseStep');
        expect(at(paused, 'status.canary.weights')).toMatchObject({ canary: { weight: 25 }, verified: true });
        expect(at(paused, 'status.alb')).toEqual({
          ingress: 'web',
          loadBalancer: { name: 'web', arn: elb.arn, fullName: 'app/web/50dc6c495c0c9188' },
          canaryTargetGroup: expect.objectContaining({ name: 'canary', arn: elb.groupArn('canary') }),
          stableTargetGroup: expect.objectContaining({ fullName: 'targetgroup/stable/0123456789abcdef' }),
        });

        await app.patchStatus(promote);
        await app.untilTrue('all weight is on the canary', async () => (await writtenWeight(app)) === 100);
        await carryOut(app);
        await app.untilSeen('missing targets', () => app.events().includes('TargetGroupUnverified'), 60_000);
        expect(await writtenWeight(app)).toBe(100);
        expect(await app.sizes()).toEqual({ v1: 4, v2: 4 });

        await register(app);
        await app.untilTrue('the weight is back', async () => (await writtenWeight(app)) === 0);
        expect(await app.sizes()).toEqual({ v1: 4, v2: 4 });
        await carryOut(app);
        await app.untilPhase('Healthy', '');
        await app.untilSizes({ v2: 4 });
        expect(app.events()).toContain('TargetGroupVerified');
        expect(app.events().filter((one) => one === 'WeightVerifyError')).toHaveLength(1);
      },
      300_000,
    );

    scenario(
      'a load balancer that AWS does not have gets no weight for the canary, and after an abort the canary keeps its pods [event:LoadBalancerNotFound]',
      async (app, stage) => {
        await applyRoutes(app, stage, 'gone.eu-west-1.elb.amazonaws.com');
        await app.releaseHealthy('v1', plan);
        await app.release('v2', plan);
        await app.untilSeen('the event', () => app.events().includes('LoadBalancerNotFound'), 60_000);
        const held = await app.rollout();
        expect(at(held, 'status.currentStepIndex')).toBe(0);
        expect(at(held, 'status.alb')).toBeUndefined();

        await app.patchStatus({ abort: true });
        await app.untilPhase('Degraded', /aborted/i);
        // Nobody knows what the load balancer does, so the canary keeps its pods.
        expect(await writtenWeight(app)).toBe(0);
        expect(await app.sizes()).toEqual({ v1: 4, v2: 1 });
      },
      180_000,
    );
  },
  {
    objects: [bindings],
    flags: ['--aws-verify-target-group', 'true'],
    prepare: async () => {
      aws = await fakeAws(elb.handler);
    },
    env: () => ({
      AWS_REGION: 'eu-west-1',
      AWS_ACCESS_KEY_ID: staticKeys.accessKeyId,
      AWS_SECRET_ACCESS_KEY: staticKeys.secretAccessKey,
      AWS_ENDPOINT_URL: aws?.address ?? '',
    }),
  },
);
