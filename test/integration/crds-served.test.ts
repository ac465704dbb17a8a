/** Our kinds as people use them on a real API server: stored, scaled, listed, explained. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { tidegateDialect } from '../../crds/schema/dialect.ts';
import type { RolloutStatus } from '../../crds/schema/rollout-status.ts';
import { aRollout } from '../../crds/schema/testing/builders.ts';
import { type Cluster, clusterMissing, startCluster } from '../bed/cluster.ts';
import { installCrds, Refusal } from './install-crds.ts';

const missing = clusterMissing();
const at = '2026-01-02T03:04:05Z';

describe.skipIf(missing !== undefined)(
  `our kinds on a real API server${missing ? ` (skipped: ${missing})` : ''}`,
  () => {
    let cluster: Cluster;

    beforeAll(async () => {
      cluster = await startCluster({ controllerManager: false });
      await installCrds(cluster, tidegateDialect);
    }, 90_000);
    afterAll(() => cluster?.stop());

    describe('a stored Rollout', () => {
      const base = '/apis/tidegate.io/v1alpha1/namespaces/default/rollouts';
      const status: RolloutStatus = {
        observedGeneration: 1,
        phase: 'Degraded',
        message: 'm',
        abort: true,
        abortedAt: at,
        controllerPause: true,
        pauseConditions: [{ reason: 'CanaryPauseStep', startTime: at }],
        currentStepIndex: 1,
        currentPodHash: 'h2',
        stableRS: 'h1',
        selector: 'app=web',
        replicas: 3,
        HPAReplicas: 3,
        readyReplicas: 3,
        conditions: [
          {
            type: 'Progressing',
            status: 'False',
            reason: 'RolloutAborted',
            message: 'm',
            lastUpdateTime: at,
            lastTransitionTime: at,
          },
        ],
        canary: {
          weights: {
            canary: { weight: 20, serviceName: 'c', podTemplateHash: 'h2' },
            stable: { weight: 80 },
            verified: true,
          },
        },
        attempt: 1,
        runName: 'web-2-h2',
        failedPodHash: 'h2',
        drainUntil: at,
        transition: { id: 't', kind: 'abort', from: '20', to: '0', since: at },
        waiting: {
          reason: 'Draining',
          on: 'ReplicaSet/web-h2',
          value: '1',
          limit: '0',
          until: at,
          moves: 'time passes',
        },
        verdict: {
          outcome: 'Failed',
          cause: 'AnalysisFailed',
          podHash: 'h2',
          revision: 2,
          at,
          message: 'm',
          metric: 'x',
          keepGit: false,
        },
        lastCommand: { id: '1', verb: 'dance', outcome: 'Rejected', message: 'm', at, actor: 'jane' },
      };

      it('keeps every field of its status, and spec defaults are filled in', async () => {
        const { replicas: _replicas, ...spec } = aRollout().spec;
        await cluster.api.request('POST', base, { ...aRollout(), metadata: { name: 'web' }, spec });
        await cluster.api.request('PATCH', `${base}/web/status`, { status }, 'application/merge-patch+json');

        const found = z
          .looseObject({ spec: z.looseObject({}), status: z.looseObject({}) })
          .parse(await cluster.api.get(`${base}/web`));
        expect(found.status).toEqual(status);
        expect(found.spec['replicas']).toBe(1);
      });

      it('ignores status in a write of the spec', async () => {
        await cluster.api.request(
          'PATCH',
          `${base}/web`,
          { status: { phase: 'Healthy' } },
          'application/merge-patch+json',
        );

        expect(await cluster.api.get(`${base}/web`)).toMatchObject({ status: { phase: 'Degraded' } });
      });

      it('refuses another selector', async () => {
        const patch = { spec: { selector: { matchLabels: { app: 'other' } } } };
        const answer = await cluster.api.request('PATCH', `${base}/web`, patch, 'application/merge-patch+json');

        expect(answer.status).toBe(422);
        expect(Refusal.parse(answer.body).message).toContain(
          'spec.selector cannot be changed: make a new Rollout instead',
        );
      });

      it('is scaled by its scale subresource', async () => {
        await cluster.kubectl(['scale', 'rollout', 'web', '--replicas=5']);

        expect(await cluster.api.get(`${base}/web/scale`)).toMatchObject({
          spec: { replicas: 5 },
          status: { replicas: 3, selector: 'app=web' },
        });
      });

      it('is printed with phase, step and weight', async () => {
        const [header, row] = (await cluster.kubectl(['get', 'ro'])).split('\n');

        expect(header?.split(/\s+/)).toEqual(['NAME', 'PHASE', 'STEP', 'WEIGHT', 'DESIRED', 'READY', 'AGE']);
        expect(row?.split(/\s+/).slice(0, 6)).toEqual(['web', 'Degraded', '1', '20', '5', '3']);
      });

      it('belongs to the category tidegate', async () => {
        expect(await cluster.kubectl(['get', 'tidegate', '-o', 'name'])).toContain('rollout.tidegate.io/web');
      });
    });

    it.each([
      ['rollout.spec.strategy.canary.steps', 'Percent of the traffic (without a router: of the pods)'],
      ['rollout.spec.strategy.canary.steps.pause.duration', 'Without it the rollout waits until somebody promotes it.'],
      ['gitsync.spec.revert.mode', 'push: a revert commit on the branch.'],
      ['analysisrun.status.metricResults', 'Outcome so far.'],
    ])('kubectl explain %s reads well', async (path, sentence) => {
      expect((await cluster.kubectl(['explain', path])).replaceAll(/\s+/g, ' ')).toContain(sentence);
    });

    it('accepts the examples of our own kinds', async () => {
      for (const file of ['rollout', 'success-rate', 'git-sync', 'services']) {
        const text = readFileSync(join(import.meta.dirname, '../../examples/canary', `${file}.yaml`), 'utf8');
        expect(await cluster.kubectl(['apply', '--dry-run=server', '--validate=strict', '-f', '-'], text)).toContain(
          '(server dry run)',
        );
      }
    });
  },
);
