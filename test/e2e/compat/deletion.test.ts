/** What is told when a release cannot go on, how long one took, and what is left of a Rollout that is deleted in the middle of one. */
import { expect } from 'vitest';
import type { BedObject } from '../../bed/api.ts';
import { type App, at, conditionOf } from './app.ts';
import { applyRoutes, pausedAtCanary, plan, promote, routedPlan } from './canary-plans.ts';
import { onStage, type Stage } from './stage.ts';
import { textAt } from './text-at.ts';

const quarter = [{ setWeight: 25 }, { pause: {} }];
const runs = 'apis/tidegate.io/v1alpha1/rolloutruns';

function remove({ cluster }: Stage, path: string): Promise<unknown> {
  return cluster.api.request('DELETE', path);
}

function pathOf({ namespace }: App): string {
  return `/apis/argoproj.io/v1alpha1/namespaces/${namespace}/rollouts/app`;
}

async function areEnded(app: App): Promise<boolean> {
  return (await app.list(runs)).every((run) => at(run, 'status.finishedAt') !== undefined);
}

/** One ReplicaSet and no more. */
const quota: BedObject = {
  apiVersion: 'v1',
  kind: 'ResourceQuota',
  metadata: { name: 'sets' },
  spec: { hard: { 'count/replicasets.apps': '1' } },
} as BedObject;

onStage('failed writes, durations and deletions', (scenario) => {
  scenario(
    'a ReplicaSet over a quota is told by event and condition, and is made when there is room [event:ReplicaSetCreateError]',
    async (app, stage) => {
      await app.releaseHealthy('v1', plan(quarter));
      await app.apply(quota);
      await app.untilTrue('the quota counts', async () => {
        const [one] = await app.list('api/v1/resourcequotas');
        return at(one, 'status.used') !== undefined;
      });
      await app.release('v2', plan(quarter));
      const failed = await app.until(
        'the condition',
        (one) =>
          at(one, 'status.conditions') !== undefined &&
          conditionOf(one, 'Progressing')?.reason === 'ReplicaSetCreateError',
      );
      expect(conditionOf(failed, 'Progressing')).toMatchObject({ status: 'False' });
      expect(textAt(conditionOf(failed, 'Progressing'), 'message')).toContain('exceeded quota');
      await app.untilSeen('the event', () => app.events().includes('ReplicaSetCreateError'));
      expect(await app.sizes()).toEqual({ v1: 4 });
      await remove(stage, `/api/v1/namespaces/${app.namespace}/resourcequotas/sets`);
      await app.untilPhase('Paused', 'CanaryPauseStep', 90_000);
    },
    180_000,
  );

  scenario(
    'status says since when a release runs, and at its end when and how [Rollout.status.rolloutStartedAt, Rollout.status.finishedAt, Rollout.status.completionStatus]',
    async (app) => {
      await pausedAtCanary(app, plan(quarter));
      const begun = textAt(await app.rollout(), 'status.rolloutStartedAt');
      expect(at(await app.rollout(), 'status.completionStatus')).toBeUndefined();
      await app.patchStatus(promote);
      const ended = await app.until('the end', (one) => at(one, 'status.completionStatus') === 'Promoted');
      expect(at(ended, 'status.rolloutStartedAt')).toBe(begun);
      expect(Date.parse(textAt(ended, 'status.finishedAt'))).toBeGreaterThanOrEqual(Date.parse(begun));
    },
  );

  scenario(
    'deleted with its children left alone in mid-canary, all traffic goes back to stable, whose pods stay [event:RolloutDeleted]',
    async (app, stage) => {
      await applyRoutes(app);
      await pausedAtCanary(app, routedPlan(quarter));
      await app.untilSeen('the weight', () => app.weights().at(-1) === 25);
      const before = app.sizesOver('v1').length;
      await remove(stage, `${pathOf(app)}?propagationPolicy=Orphan`);
      // The garbage collector takes half a minute to learn of a kind that is new.
      await app.untilSeen('no weight on the canary', () => app.weights().at(-1) === 0, 90_000);
      await app.untilTrue('the record has its end', () => areEnded(app));
      await app.untilSeen('the event', () => app.events().includes('RolloutDeleted'));
      expect(app.sizesOver('v1')).toHaveLength(before);
      expect(await app.sizes()).toMatchObject({ v1: 4 });
    },
    180_000,
  );

  scenario(
    'deleted with its children, it leaves an ended record and nothing that holds its namespace',
    async (app, stage) => {
      await applyRoutes(app);
      await pausedAtCanary(app, routedPlan(quarter));
      expect((await app.rollout()).metadata.finalizers).toBeUndefined();
      await remove(stage, pathOf(app));
      await app.untilTrue(
        'the ReplicaSets are gone',
        async () => (await app.list('apis/apps/v1/replicasets')).length === 0,
      );
      await app.untilTrue('the record has its end', () => areEnded(app));
      await remove(stage, `/api/v1/namespaces/${app.namespace}`);
      await app.untilTrue('the namespace is gone', async () => {
        const { status } = await stage.cluster.api.request('GET', `/api/v1/namespaces/${app.namespace}`);
        return status === 404;
      });
    },
  );
});
