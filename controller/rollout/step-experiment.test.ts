/** The experiment step of a canary: what it starts, on what it passes, and what becomes of it when nobody waits any more. */

import { describe, expect, it } from 'vitest';
import { tidegateDialect } from '../../crds/schema/dialect.ts';
import type { StepExperiment } from '../../crds/schema/canary-steps.ts';
import type { ExperimentStatus } from '../../crds/schema/experiment.ts';
import { validateRollout } from '../../crds/schema/validate-rollout.ts';
import { extraDestinations } from './experiments.ts';
import { aRollout, shopKeys } from './testing/builders.ts';
import { World } from './testing/world.ts';

const step: StepExperiment = {
  duration: '10m',
  templates: [
    { name: 'baseline', specRef: 'stable' },
    { name: 'canary', specRef: 'canary', replicas: 2, metadata: { labels: { side: 'c' }, annotations: { note: 'n' } } },
  ],
  analyses: [
    {
      name: 'compare',
      templateName: 'compare',
      requiredForCompletion: true,
      args: [
        { name: 'stable', valueFrom: { podTemplateHashValue: 'Stable' } },
        { name: 'latest', valueFrom: { podTemplateHashValue: 'Latest' } },
        { name: 'name', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
      ],
    },
  ],
  dryRun: [{ metricName: 'slow' }],
  analysisRunMetadata: { labels: { team: 'web' } },
  scaleDownDelaySeconds: 5,
};

/** Stands at the experiment step of revision v2. */
function atStep(experiment: StepExperiment = step, routed = false): World {
  const world = new World({ rollout: { canary: { steps: [{ setWeight: 20 }, { experiment }] } }, routed });
  world.run();
  world.image = 'shop:2';
  world.generation += 1;
  world.run();
  return world;
}

function tell(world: World, status: ExperimentStatus): void {
  const { name } = world.experiments.at(-1)?.metadata ?? { name: '' };
  world.editExperiment(name, (one) => ({ ...one, status }));
  world.run();
}

describe('what an experiment step waits for', () => {
  const weighted = { ...step, templates: [{ name: 'canary', specRef: 'canary' as const, weight: 5 }] };

  it('is what the Experiment itself waits for', () => {
    const world = atStep();
    tell(world, { phase: 'Pending', waiting: { reason: 'PodsNotAvailable', on: 'ReplicaSet/web-exp', moves: 'x' } });

    expect(world.status?.waiting).toMatchObject({
      reason: 'ExperimentRunning',
      value: 'PodsNotAvailable (ReplicaSet/web-exp)',
    });
  });

  it('is endpoints of its Services, as long as none of them has any weight, with a router', () => {
    const world = atStep(weighted, true);
    tell(world, { phase: 'Running' });
    expect(world.status?.waiting).toMatchObject({ reason: 'EndpointsNotReady', on: 'Experiment/web-v2-2-1' });

    const byPods = atStep(weighted);
    tell(byPods, { phase: 'Running' });
    expect(byPods.status?.waiting).toMatchObject({ reason: 'ExperimentRunning' });
  });
});

describe('the experiment step', () => {
  it('creates the Experiment with the pods of both revisions [Rollout.spec.strategy.canary.steps[].experiment.templates[].specRef, Rollout.spec.strategy.canary.steps[].experiment.templates[].replicas, Rollout.spec.strategy.canary.steps[].experiment.templates[].metadata, event:ExperimentCreated]', () => {
    const world = atStep();

    const [made, ...more] = world.experiments;
    expect(more).toEqual([]);
    expect(made?.metadata).toMatchObject({
      name: 'web-v2-2-1',
      labels: { [shopKeys.podTemplateHash]: 'v2' },
      annotations: { [shopKeys.revision]: '2', [shopKeys.attempt]: '1' },
      ownerReferences: [{ kind: 'Rollout', uid: 'rollout-uid', controller: true }],
    });
    expect(made?.spec.templates).toMatchObject([
      { name: 'baseline', template: { spec: { name: 'web-v1' } } },
      {
        name: 'canary',
        replicas: 2,
        selector: { matchLabels: { app: 'web', side: 'c' } },
        template: { metadata: { labels: { side: 'c' }, annotations: { note: 'n' } }, spec: { name: 'web-v2' } },
      },
    ]);
    expect(world.facts).toContain('ExperimentCreated');
    expect(world.status?.waiting).toMatchObject({ reason: 'ExperimentRunning', on: 'Experiment/web-v2-2-1' });
  });

  it('hands duration, analyses with resolved arguments and the rest over [Rollout.spec.strategy.canary.steps[].experiment.duration, Rollout.spec.strategy.canary.steps[].experiment.scaleDownDelaySeconds]', () => {
    expect(atStep().experiments[0]?.spec).toMatchObject({
      duration: '10m',
      dryRun: step.dryRun,
      analysisRunMetadata: step.analysisRunMetadata,
      scaleDownDelaySeconds: 5,
      analyses: [
        {
          name: 'compare',
          requiredForCompletion: true,
          args: [
            { name: 'stable', value: 'v1' },
            { name: 'latest', value: 'v2' },
            { name: 'name', value: 'web' },
          ],
        },
      ],
    });
  });

  it('names templates, Services and analyses as the step does [Rollout.spec.strategy.canary.steps[].experiment.templates[].name, Rollout.spec.strategy.canary.steps[].experiment.templates[].service.name, Rollout.spec.strategy.canary.steps[].experiment.analyses[].name, Rollout.spec.strategy.canary.steps[].experiment.analyses[].templateName, Rollout.spec.strategy.canary.steps[].experiment.analyses[].requiredForCompletion]', () => {
    const templates = [
      { name: 'a', specRef: 'stable' as const, service: { name: 'web-a' }, selector: { matchLabels: { app: 'web' } } },
    ];
    const analyses = [{ name: 'one', templateName: 'compare', clusterScope: true, requiredForCompletion: true }];
    const made = atStep({ templates, analyses }).experiments[0];

    expect(made?.spec.templates).toMatchObject([
      { name: 'a', service: { name: 'web-a' }, selector: { matchLabels: { app: 'web' } } },
    ]);
    expect(made?.spec.analyses).toEqual(analyses);
  });

  it('says where the templates of its analyses are [Rollout.spec.strategy.canary.steps[].experiment.analyses[].clusterScope]', () => {
    const analyses = [{ name: 'one', templateName: 'compare', clusterScope: true, requiredForCompletion: true }];
    expect(atStep({ templates: [{ name: 'a', specRef: 'stable' }], analyses }).experiments[0]?.spec.analyses).toEqual(
      analyses,
    );
  });

  it('names it in status before it exists, until it is over [Rollout.status.canary.currentExperiment]', () => {
    const world = atStep();
    const named = world.writes.findIndex(
      ({ effect }) => effect.kind === 'Status' && effect.after.canary?.currentExperiment === 'web-v2-2-1',
    );
    const made = world.writes.findIndex(({ effect }) => effect.kind === 'StartExperiment');
    expect(named).toBeGreaterThan(-1);
    expect(named).toBeLessThan(made);

    tell(world, { phase: 'Successful' });
    expect(world.status?.canary?.currentExperiment).toBeUndefined();
  });

  it('passes when the Experiment is successful [step:experiment]', () => {
    const world = atStep();
    tell(world, { phase: 'Running' });
    expect(world.status?.currentStepIndex).toBe(1);
    tell(world, { phase: 'Successful' });
    expect(world.status).toMatchObject({ phase: 'Healthy', stableRS: 'v2' });
  });

  it.each([
    [
      'an analysis',
      {
        message: 'Metric "errors" assessed Failed',
        analysisRuns: [{ name: 'compare', analysisRun: 'run', phase: 'Failed' as const }],
      },
      { cause: 'AnalysisFailed', analysisRun: 'run' },
    ],
    [
      'its pods',
      {
        message: "Template 'canary' exceeded its progressDeadlineSeconds (600)",
        templateStatuses: [{ name: 'canary', status: 'Failed' as const }],
      },
      { cause: 'ProgressDeadline' },
    ],
  ])('aborts with the message of the Experiment when it failed by %s', (_what, status, verdict) => {
    const world = atStep();
    tell(world, { phase: 'Failed', ...status });

    expect(world.status).toMatchObject({
      phase: 'Degraded',
      stableRS: 'v1',
      verdict: { ...verdict, message: status.message },
    });
    expect(world.facts).toContain('RolloutAborted');
  });

  it('has a pod of the new revision even before the first weight', () => {
    const world = new World({
      rollout: { canary: { steps: [{ experiment: step }, { setWeight: 20 }] } },
      routed: true,
    });
    world.run();
    world.image = 'shop:2';
    world.generation += 1;
    world.run();

    expect(world.experiments).toHaveLength(1);
    expect([world.readyPods('v2'), world.weight]).toEqual([1, 0]);
  });

  it('is named in the verdict when it failed without a word', () => {
    const world = atStep();
    tell(world, { phase: 'Failed' });

    expect(world.status?.verdict?.message).toBe('Experiment web-v2-2-1 is Failed');
  });

  it.each(['Inconclusive', 'Error'] as const)(
    'pauses when it ends %s, and goes on when somebody promotes [Rollout.status.pauseConditions[].reason]',
    (phase) => {
      const world = atStep();
      tell(world, { phase });
      expect(world.status).toMatchObject({ phase: 'Paused', pauseConditions: [{ reason: 'InconclusiveExperiment' }] });
      expect(world.experiments).toHaveLength(1);

      world.status = { ...world.status, pauseConditions: undefined };
      world.run();
      expect(world.status).toMatchObject({ phase: 'Healthy', stableRS: 'v2' });
    },
  );

  it('does not take the success of one that somebody ended', () => {
    const world = atStep();
    world.editExperiment('web-v2-2-1', (one) => ({ ...one, spec: { ...one.spec, terminate: true } }));
    tell(world, { phase: 'Successful' });

    expect(world.status?.phase).toBe('Paused');
  });

  it.each([
    ['an abort', (world: World) => void (world.status = { ...world.status, abort: true })],
    ['a full promotion', (world: World) => void (world.status = { ...world.status, promoteFull: true })],
    ['a newer revision', (world: World) => void (world.image = 'shop:3')],
    [
      'a skipped step',
      (world: World) =>
        void (world.annotations = { ...world.annotations, [shopKeys.command]: 'promote', [shopKeys.commandId]: '1' }),
    ],
  ])('ends it after %s', (_what, happens) => {
    const world = atStep();
    tell(world, { phase: 'Running' });
    happens(world);
    world.run();

    expect(world.experiments[0]?.spec.terminate).toBe(true);
  });

  it('starts another one, under another name, in a retry', () => {
    const world = atStep();
    tell(world, { phase: 'Failed', message: 'bad' });
    world.status = { ...world.status, abort: false };
    world.run();

    expect(world.experiments.map(({ metadata }) => metadata.name)).toEqual(['web-v2-2-1', 'web-v2-2-1-1']);
    expect(world.status).toMatchObject({ attempt: 2, canary: { currentExperiment: 'web-v2-2-1-1' } });
  });

  it('does not run out of time with the deadline for pods', () => {
    const world = atStep();
    tell(world, { phase: 'Running' });
    world.run(undefined, 3_600_000);

    expect(world.status?.conditions?.find(({ type }) => type === 'Progressing')?.reason).not.toBe(
      'ProgressDeadlineExceeded',
    );
  });
});

describe('weights of an experiment', () => {
  const weighted: StepExperiment = {
    duration: '1m',
    templates: [
      { name: 'a', specRef: 'stable', weight: 5 },
      { name: 'b', specRef: 'canary', weight: 5 },
    ],
  };
  const status = {
    phase: 'Running' as const,
    templateStatuses: ['a', 'b'].map((name) => ({ name, serviceName: `svc-${name}`, podTemplateHash: `hash-${name}` })),
  };

  function extras(change: { status?: ExperimentStatus; terminate?: boolean; ready?: number }) {
    const world = atStep(weighted);
    world.editExperiment('web-v2-2-1', (one) => ({
      ...one,
      status: change.status ?? status,
      spec: { ...one.spec, ...(change.terminate ? { terminate: true } : {}) },
    }));
    return extraDestinations(world.observe(), () => change.ready ?? 1);
  }

  it('ask for a Service, and are given once every one has a ready endpoint [Rollout.spec.strategy.canary.steps[].experiment.templates[].weight]', () => {
    expect(atStep(weighted).experiments[0]?.spec.templates).toMatchObject([{ service: {} }, { service: {} }]);
    expect(extras({})).toEqual([
      { service: 'svc-a', role: 'extra', weight: 5, podHash: 'hash-a' },
      { service: 'svc-b', role: 'extra', weight: 5, podHash: 'hash-b' },
    ]);
    expect(extras({ ready: 0 })).toEqual([]);
  });

  it('are taken away when it is over or ended', () => {
    expect(extras({ status: { ...status, phase: 'Successful' } })).toEqual([]);
    expect(extras({ terminate: true })).toEqual([]);
  });

  it.each([
    ['without a router', undefined, 'weights need a router'],
    ['with ingress-nginx', { nginx: { stableIngress: 'web' } }, 'can give weight to experiments'],
  ])('are refused %s', (_what, trafficRouting, part) => {
    const canary = {
      steps: [{ experiment: weighted }],
      canaryService: 'c',
      stableService: 's',
      ...(trafficRouting ? { trafficRouting } : {}),
    };
    const problems = validateRollout(aRollout({ canary }), tidegateDialect).map(({ message }) => message);

    expect(problems.join('\n')).toContain(part);
  });
});
