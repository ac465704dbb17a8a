/** Whole releases as an outside observer reads them: phases without flapping, and every event in its order. */
import { expect } from 'vitest';
import { type App, at } from './app.ts';
import { applyRoutes, firstDeploy, pausedAtCanary, plan, promote, routedPlan, updateBegins } from './canary-plans.ts';
import { onStage } from './stage.ts';

const halfThenPause = [{ setWeight: 50 }, { pause: {} }];

/** Phases in order, without repetitions. */
function phases(app: App): readonly string[] {
  const all = app.seen().flatMap((one) => (one.kind === 'status' ? [one.phase] : []));
  return all.filter((phase, index) => phase !== all[index - 1]);
}

function untilPhases(app: App, wanted: readonly string[]): Promise<void> {
  return app.untilSeen(wanted.join(', '), () => phases(app).length >= wanted.length);
}

onStage('a canary as a story', (scenario) => {
  scenario(
    'phases of a release, an abort, a retry and a promotion follow each other once [Rollout.status.phase]',
    async (app) => {
      const spec = { replicas: 2, ...plan(halfThenPause) };
      await pausedAtCanary(app, spec);
      await app.patchStatus({ abort: true });
      await app.untilPhase('Degraded');
      await app.untilSizes({ v1: 2 });
      await app.patchStatus({ abort: false });
      await app.untilPhase('Paused');
      await app.patchStatus(promote);
      await app.untilPhase('Healthy', '');
      const wanted = [
        'Progressing',
        'Healthy',
        'Progressing',
        'Paused',
        'Degraded',
        'Progressing',
        'Paused',
        'Progressing',
        'Healthy',
      ];
      await untilPhases(app, wanted);
      expect(phases(app)).toEqual(wanted);
    },
  );

  scenario('the same behind a router, where Healthy waits for the last weight too', async (app) => {
    await applyRoutes(app);
    await pausedAtCanary(app, { replicas: 2, ...routedPlan(halfThenPause) });
    await app.patchStatus(promote);
    await app.untilPhase('Healthy', '');
    const wanted = ['Progressing', 'Healthy', 'Progressing', 'Paused', 'Progressing', 'Healthy'];
    // The Rollout may be seen before its Services, which were made just before it: then it begins with InvalidSpec.
    const story = () => phases(app).slice(phases(app).indexOf('Progressing'));
    await app.untilSeen(wanted.join(', '), () => story().length >= wanted.length);
    expect(story()).toEqual(wanted);
    await app.untilSeen('the last weight', () => app.weights().at(-1) === 0);
    await app.untilSizes({ v2: 2 });
  });

  scenario('events of a release that is replaced by the stable one again', async (app) => {
    await pausedAtCanary(app, { replicas: 1, ...plan(halfThenPause) });
    const begun = [...firstDeploy, ...updateBegins, 'RolloutStepCompleted', 'RolloutPaused'];
    await app.untilEvents(begun);
    await app.releaseHealthy('v1', { replicas: 1, ...plan(halfThenPause) });
    await app.untilSizes({ v1: 1 });
    await app.untilEvents([...begun, 'RolloutUpdated', 'RolloutNotCompleted', 'SkipSteps', 'ScalingReplicaSet']);
  });

  scenario(
    'events of a release that is replaced by a third: the second is scaled down before the third is made',
    async (app) => {
      const spec = { replicas: 1, ...plan(halfThenPause) };
      await pausedAtCanary(app, spec);
      const begun = [...firstDeploy, ...updateBegins, 'RolloutStepCompleted', 'RolloutPaused'];
      await app.untilEvents(begun);
      await app.release('v3', spec);
      await app.until(
        'v3 waits',
        (one) =>
          at(one, 'status.phase') === 'Paused' && one.metadata.annotations?.['rollout.argoproj.io/revision'] === '3',
      );
      // The step and the pause say the same as those of the second revision and count up on their events.
      await app.untilEvents([
        ...begun,
        'RolloutUpdated',
        'ScalingReplicaSet',
        'NewReplicaSetCreated',
        'RolloutNotCompleted',
        'ScalingReplicaSet',
      ]);
      expect(app.sizesOver('v2')).toEqual([1, 0]);
    },
  );

  scenario('a Rollout at rest tells nothing and writes nothing', async (app) => {
    await app.releaseHealthy('v1', { replicas: 1 });
    await app.untilEvents([...firstDeploy]);
    await app.until('complete', (one) => at(one, 'status.phase') === 'Healthy');
    const before = app.seen().length;
    const { metadata } = await app.rollout();
    // Something of another kind is made and seen meanwhile, so that there was time for a write.
    await app.apply({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'other' },
      spec: { ports: [{ port: 80 }] },
    });
    await app.patch({ metadata: { labels: { touched: 'yes' } } });
    await app.untilTrue(
      'it was seen',
      async () => (await app.rollout()).metadata.resourceVersion !== metadata.resourceVersion,
    );
    expect(app.seen()).toHaveLength(before);
    expect((await app.rollout()).metadata.generation).toBe(metadata.generation);
  });
});
