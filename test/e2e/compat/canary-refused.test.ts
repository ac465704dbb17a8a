/** Rules of a canary's spec: a broken one is told by phase, message and condition, and pods and traffic stay as they are. */
import { expect } from 'vitest';
import type { JsonObject } from '../../../crds/schema/json.ts';
import { type App, at, conditionOf, serviceObject } from './app.ts';
import { applyRoutes, pausedAtCanary, plan, promote, routedPlan } from './canary-plans.ts';
import { onStage } from './stage.ts';

const good = plan([{ setWeight: 25 }, { pause: {} }]);

interface Rule {
  readonly title: string;
  readonly spec: JsonObject;
  /** What the message has to name. */
  readonly says: RegExp;
}

const rules: readonly Rule[] = [
  {
    title:
      'a progress deadline below minReadySeconds [condition:Rollout.InvalidSpec, Rollout.spec.progressDeadlineSeconds, Rollout.spec.minReadySeconds]',
    spec: { minReadySeconds: 60, progressDeadlineSeconds: 30 },
    says: /spec\.progressDeadlineSeconds is 30, .*60/,
  },
  {
    title: 'a step with two actions',
    spec: plan([{ setWeight: 25, pause: {} }]),
    says: /steps\[0\] is setWeight and pause/,
  },
  { title: 'a step with none', spec: plan([{ setWeight: 25 }, {}]), says: /steps\[1\] is empty/ },
  {
    title: 'a pause that is no duration',
    spec: plan([{ pause: { duration: 'soon' } }]),
    says: /steps\[0\]\.pause\.duration is "soon"/,
  },
  {
    title: 'both limits 0',
    spec: { strategy: { canary: { maxSurge: 0, maxUnavailable: 0 } } },
    says: /maxSurge and maxUnavailable must not both be 0/,
  },
  {
    title: 'a scale-down delay without a router',
    spec: plan([], { scaleDownDelaySeconds: 10 }),
    says: /canary\.scaleDownDelaySeconds is 10/,
  },
  {
    title: 'a Service that does not exist',
    spec: plan([], { stableService: 'nobody' }),
    says: /canary\.stableService is "nobody"/,
  },
  {
    title: 'a router without its Services',
    spec: { strategy: { canary: { trafficRouting: { nginx: { stableIngress: 'web' } } } } },
    says: /canary\.(canary|stable)Service is unset/,
  },
  {
    title: 'an AnalysisTemplate that does not exist',
    spec: plan([{ analysis: { templates: [{ templateName: 'nothing' }] } }]),
    says: /templateName is "nothing"/,
  },
];

/** Breaks a Healthy Rollout, looks that nothing but its status changed, and repairs it. */
async function breakAndRepair(app: App, spec: JsonObject, says: RegExp): Promise<void> {
  await app.releaseHealthy('v1', good);
  const before = app.seen().filter(({ kind }) => kind !== 'status' && kind !== 'event').length;
  await app.release('v2', { ...good, ...spec });
  const broken = await app.untilPhase('Degraded', /^InvalidSpec: /);
  expect(at(broken, 'status.message')).toMatch(says);
  expect(conditionOf(broken, 'InvalidSpec')).toMatchObject({ status: 'True', reason: 'InvalidSpec' });
  expect(await app.sizes()).toEqual({ v1: 4 });
  expect(app.seen().filter(({ kind }) => kind !== 'status' && kind !== 'event')).toHaveLength(before);

  await app.release('v2', good);
  const repaired = await app.untilPhase('Paused', 'CanaryPauseStep');
  expect(conditionOf(repaired, 'InvalidSpec')?.status ?? 'False').toBe('False');
}

onStage('a spec that breaks a rule', (scenario) => {
  for (const { title, spec, says } of rules) {
    scenario(title, (app) => breakAndRepair(app, spec, says));
  }

  scenario('a rule broken in the middle of a rollout stops it where it is; an abort is still heard', async (app) => {
    await applyRoutes(app);
    await pausedAtCanary(app, routedPlan([{ setWeight: 25 }, { pause: {} }]));
    const { strategy } = routedPlan([{ setWeight: 25 }, { pause: {} }], { canaryService: 'nobody' });
    await app.patch({ spec: { strategy } });
    await app.untilPhase('Degraded', /^InvalidSpec: .*"nobody"/);
    await app.patchStatus(promote);
    expect(await app.sizes()).toEqual({ v1: 4, v2: 1 });
    await app.untilSeen('the weight', () => app.weights().at(-1) === 25);

    await app.patchStatus({ abort: true });
    await app.untilSeen('no weight', () => app.weights().at(-1) === 0);
    await app.untilSizes({ v1: 4 });
    expect(at(await app.rollout(), 'status.stableRS')).toBe(await app.hashOf('v1'));
  });

  scenario('a Service of another Rollout is not taken', async (app) => {
    const taken = { ...serviceObject('taken') };
    taken.metadata = { name: 'taken', annotations: { 'argo-rollouts.argoproj.io/managed-by-rollouts': 'other' } };
    await app.apply(taken);
    await app.release('v1', plan([], { stableService: 'taken' }));
    await app.untilPhase('Degraded', /^InvalidSpec: .*"taken".*"other"/);
    expect(at(await app.read('api/v1/services', 'taken'), 'spec.selector')).toEqual({ app: 'app' });
    expect(await app.sizes()).toEqual({});
  });

  scenario('a Service that comes later heals the Rollout by itself', async (app) => {
    await app.release('v1', plan([], { stableService: 'late' }));
    await app.untilPhase('Degraded', /^InvalidSpec: .*"late"/);
    await app.apply(serviceObject('late'));
    await app.untilPhase('Healthy', '', 40_000);
    await app.untilSeen('the Service', () => app.servedBy('late').at(-1) === 'v1');
  });

  scenario('weights beyond 100 and equal Services are refused by the API server', async (app) => {
    await expect(app.release('v1', plan([{ setWeight: 101 }]))).rejects.toThrow(/setWeight of a step is out of range/);
    const same = plan([], { stableService: 'one', canaryService: 'one' });
    await expect(app.release('v1', same)).rejects.toThrow(/the same Service/);
    await expect(app.release('v1', plan([{ setCanaryScale: { replicas: 1 } }]))).rejects.toThrow(
      /needs trafficRouting/,
    );
  });
});
