/** Revisions of a canary one after the other: superseding, returning, rolling back, plans that change, and what is kept. */
import { expect } from 'vitest';
import { z } from 'zod';
import type { JsonObject } from '../../../crds/schema/json.ts';
import { type App, at, type Live } from './app.ts';
import { applyRoutes, pausedAtCanary, plan, promote, routedPlan } from './canary-plans.ts';
import { versionOf } from './recording.ts';
import { onStage } from './stage.ts';

const replicaSets = 'apis/apps/v1/replicasets';
const revision = 'rollout.argoproj.io/revision';
const quarterSteps = [{ setWeight: 25 }, { pause: {} }];
const quarter = plan(quarterSteps);

/** Waits until this version stands at a pause. */
function untilPaused(app: App, version: string): Promise<Live> {
  return app.until(`${version} paused`, (one) => {
    const isSeen = at(one, 'status.observedGeneration') === String(one.metadata.generation);
    return versionOf(one) === version && at(one, 'status.phase') === 'Paused' && isSeen;
  });
}

/** Releases a version and promotes it in full. */
async function releaseInFull(app: App, version: string, spec: JsonObject): Promise<void> {
  await app.release(version, spec);
  await untilPaused(app, version);
  await app.patchStatus({ promoteFull: true });
  await app.untilPhase('Healthy', '');
}

async function setsByVersion(app: App): Promise<Readonly<Record<string, Live>>> {
  return Object.fromEntries((await app.list(replicaSets)).map((one) => [versionOf(one), one]));
}

onStage('revisions of a canary', (scenario) => {
  scenario('a third revision starts over, and the second loses its pods first [event:RolloutUpdated]', async (app) => {
    await pausedAtCanary(app, quarter);
    await app.release('v3', quarter);
    const rollout = await untilPaused(app, 'v3');
    expect(await app.sizes()).toEqual({ v1: 3, v3: 1 });
    expect(at(rollout, 'status.currentStepIndex')).toBe(1);
    expect(at(rollout, 'status.stableRS')).toBe(await app.hashOf('v1'));
    expect(rollout.metadata.annotations).toMatchObject({ [revision]: '3' });
    await app.untilSeen('the second revision goes', () => app.sizesOver('v2').at(-1) === 0);
    const sizes = app.seen().flatMap((one) => (one.kind === 'size' ? [`${one.version}=${one.replicas}`] : []));
    expect(sizes.lastIndexOf('v2=0')).toBeLessThan(sizes.indexOf('v3=1'));
    expect(Math.max(...app.totals())).toBeLessThanOrEqual(5);
  });

  scenario('behind a router the third revision gets traffic after the second has none any more', async (app) => {
    const spec = routedPlan(quarterSteps);
    await applyRoutes(app);
    await pausedAtCanary(app, spec);
    await app.release('v3', spec);
    await untilPaused(app, 'v3');
    await app.untilSeen('weight of v3', () => app.servedBy('canary').at(-1) === 'v3' && app.weights().at(-1) === 25);
    expect(app.weights().slice(-3)).toEqual([25, 0, 25]);
    expect(app.servedBy('canary').slice(-2)).toEqual(['v2', 'v3']);
    await app.untilSizes({ v1: 4, v3: 1 });
    expect(app.sizesOver('v1')).toEqual([4]);
  });

  scenario(
    'back to the stable template takes no steps [event:SkipSteps, annotation:rollout.argoproj.io/revision]',
    async (app) => {
      await pausedAtCanary(app, quarter);
      await app.releaseHealthy('v1', quarter);
      await app.untilSizes({ v1: 4 });
      const sets = await setsByVersion(app);
      expect(Object.keys(sets).toSorted((a, b) => a.localeCompare(b))).toEqual(['v1', 'v2']);
      expect(sets.v1?.metadata.annotations).toMatchObject({
        [revision]: '3',
        'rollout.argoproj.io/revision-history': '1',
      });
      const rollout = await app.rollout();
      expect(at(rollout, 'status.currentStepIndex')).toBe(2);
      expect(at(rollout, 'status.currentPodHash')).toBe(await app.hashOf('v1'));
      await app.untilSeen('the event', () => app.events().includes('SkipSteps'));
      expect(app.events().filter((reason) => reason === 'RolloutPaused')).toHaveLength(1);
    },
  );

  scenario('back to the stable template behind a router: traffic first, then pods', async (app) => {
    const spec = routedPlan(quarterSteps);
    await applyRoutes(app);
    await pausedAtCanary(app, spec);
    await app.releaseHealthy('v1', spec);
    await app.untilSizes({ v1: 4 });
    await app.untilSeen('the end', () => app.weights().at(-1) === 0 && app.servedBy('canary').at(-1) === 'v1');
    expect(app.sizesOver('v2')).toEqual([1, 0]);
    expect(app.sizesOver('v1')).toEqual([4]);
  });

  scenario(
    'within the rollback window an older revision takes no steps [Rollout.spec.rollbackWindow.revisions]',
    async (app) => {
      const spec = { replicas: 2, rollbackWindow: { revisions: 1 }, ...quarter };
      await app.releaseHealthy('v1', spec);
      await releaseInFull(app, 'v2', spec);
      await app.untilSeen('v2 is told', () => app.events().filter((one) => one === 'RolloutCompleted').length === 2);
      const before = app.events().length;
      await app.releaseHealthy('v1', spec);
      await app.untilSizes({ v1: 2 });
      await app.untilSeen('the end', () => app.events().length > before && app.events().at(-1) === 'RolloutCompleted');
      expect(app.events().slice(before)).toContain('SkipSteps');
      expect(app.events().slice(before)).not.toContain('RolloutPaused');
    },
  );

  scenario('beyond the rollback window it takes all of them', async (app) => {
    const spec = { replicas: 2, rollbackWindow: { revisions: 1 }, ...quarter };
    await app.releaseHealthy('v1', spec);
    await releaseInFull(app, 'v2', spec);
    await releaseInFull(app, 'v3', spec);
    await app.release('v1', spec);
    await untilPaused(app, 'v1');
    expect(at(await app.rollout(), 'status.stableRS')).toBe(await app.hashOf('v3'));
  });

  scenario(
    'idle ReplicaSets beyond the history limit go, the oldest first [Rollout.spec.revisionHistoryLimit]',
    async (app) => {
      const spec = { replicas: 1, revisionHistoryLimit: 1, strategy: { canary: {} } };
      for (const version of ['v1', 'v2', 'v3']) await app.releaseHealthy(version, spec);
      const kept = async () => Object.keys(await setsByVersion(app)).toSorted((a, b) => a.localeCompare(b));
      await app.untilTrue('v1 is gone', async () => (await kept()).join() === 'v2,v3');
    },
  );

  scenario(
    'changed steps start the plan over with the same ReplicaSet [Rollout.status.currentStepHash]',
    async (app) => {
      await pausedAtCanary(app, quarter);
      const before = await app.rollout();
      await app.release('v2', plan([{ setWeight: 50 }, { pause: {} }, { setWeight: 75 }]));
      const after = await untilPaused(app, 'v2');
      expect(at(after, 'status.currentStepHash')).not.toBe(at(before, 'status.currentStepHash'));
      expect(at(after, 'status.currentPodHash')).toBe(at(before, 'status.currentPodHash'));
      expect(await app.sizes()).toEqual({ v1: 2, v2: 2 });
      const steps = app.seen().flatMap((one) => (one.kind === 'status' ? [one.step] : []));
      expect(steps.filter((step, index) => step !== steps[index - 1]).slice(-3)).toEqual([1, 0, 1]);
    },
  );

  scenario('changed steps of a Healthy Rollout start nothing', async (app) => {
    await app.releaseHealthy('v1', quarter);
    await app.release('v1', plan([{ setWeight: 50 }, { pause: {} }, { setWeight: 75 }]));
    await app.until('the new plan is over', (one) => at(one, 'status.currentStepIndex') === 3);
    await app.untilPhase('Healthy', '');
    expect(app.sizesOver('v1')).toEqual([4]);
    expect(app.events()).not.toContain('RolloutPaused');
  });

  scenario('a new template after an abort clears it', async (app) => {
    await pausedAtCanary(app, quarter);
    await app.patchStatus({ abort: true });
    await app.untilPhase('Degraded');
    await app.release('v3', quarter);
    const rollout = await untilPaused(app, 'v3');
    expect(at(rollout, 'status.abort')).toBeUndefined();
    expect(at(rollout, 'status.abortedAt')).toBeUndefined();
    expect(await app.sizes()).toEqual({ v1: 3, v3: 1 });
  });

  scenario('the stable template after an abort makes it Healthy, as a revert in Git does', async (app) => {
    await pausedAtCanary(app, quarter);
    await app.patchStatus({ abort: true });
    await app.untilPhase('Degraded');
    await app.releaseHealthy('v1', quarter);
    const rollout = await app.rollout();
    expect(at(rollout, 'status.abort')).toBeUndefined();
    expect(await app.sizes()).toEqual({ v1: 4 });
    expect(app.sizesOver('v1').at(-1)).toBe(4);
  });

  scenario('a full promotion of an aborted revision clears the abort [verb:promote-full]', async (app) => {
    await pausedAtCanary(app, quarter);
    await app.patchStatus({ abort: true });
    await app.untilPhase('Degraded');
    await app.patchStatus({ promoteFull: true });
    const rollout = await app.untilPhase('Healthy', '');
    expect(at(rollout, 'status.stableRS')).toBe(await app.hashOf('v2'));
    expect(at(rollout, 'status.abort')).toBeUndefined();
    expect(await app.sizes()).toEqual({ v2: 4 });
  });

  scenario('a first deploy that never gets ready is replaced without steps', async (app) => {
    await app.release('missing', quarter);
    await app.untilPhase('Progressing', 'updated replicas are still becoming available');
    expect(at(await app.rollout(), 'status.stableRS') ?? '').toBe('');
    await app.releaseHealthy('v2', quarter);
    await app.untilSizes({ v2: 4 });
    expect(app.events()).not.toContain('RolloutPaused');
  });

  scenario('no pods at all is Healthy, and a later size needs no rollout [Rollout.spec.replicas]', async (app) => {
    await app.releaseHealthy('v1', { replicas: 0 });
    expect(await app.sizes()).toEqual({});
    await app.patch({ spec: { replicas: 2 } });
    await app.untilSizes({ v1: 2 });
    await app.untilPhase('Healthy', '');
    expect(at(await app.rollout(), 'status.stableRS')).toBe(await app.hashOf('v1'));
  });

  scenario(
    'a name that is taken by another object gets a new hash [Rollout.status.collisionCount]',
    async (app, { cluster }) => {
      await app.releaseHealthy('v1', { replicas: 1 });
      await app.release('v2', { replicas: 1, ...plan(quarterSteps), paused: true });
      const held = await app.until(
        'v2 is seen',
        (one) => at(one, 'status.currentPodHash') !== at(one, 'status.stableRS'),
      );
      const wanted = z.string().parse(at(held, 'status.currentPodHash'));
      const labels = { app: 'other' };
      await cluster.api.apply({
        apiVersion: 'apps/v1',
        kind: 'ReplicaSet',
        metadata: { name: `app-${wanted}`, namespace: app.namespace },
        spec: {
          replicas: 0,
          selector: { matchLabels: labels },
          template: { metadata: { labels }, spec: { containers: [{ name: 'other', image: 'tidegate.dev/other:v1' }] } },
        },
      });
      await app.patch({ spec: { paused: false } });
      const rollout = await untilPaused(app, 'v2');
      expect(at(rollout, 'status.collisionCount')).toBe(1);
      expect(at(rollout, 'status.currentPodHash')).not.toBe(wanted);
      await app.patchStatus(promote);
      await app.untilPhase('Healthy', '');
      expect(await app.sizes()).toEqual({ v2: 1 });
    },
  );
});
