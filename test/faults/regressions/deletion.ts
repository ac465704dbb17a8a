/** Bugs of deleting a Rollout while something is under way. */

import type { JsonObject } from '../../../crds/schema/json.ts';
import { listAt, textAt } from '../in-process/cluster-state.ts';
import { selects } from './pods.ts';
import type { Regression } from './regression.ts';
import type { Stage } from './stage.ts';
import { routeWrite } from './writes.ts';

const endless: JsonObject = { interval: '5s', count: 1_000, failureLimit: 0 };

/** Pods that the Service for everybody selects. */
function publicPods({ world }: Stage): number {
  return world.state.list('Pod').filter((pod) => selects(world.state.get('Service', 'shop-stable'), pod)).length;
}

function openRuns(stage: Stage): readonly JsonObject[] {
  return stage.world.state.list('RolloutRun').filter((run) => textAt(run, 'status.finishedAt') === '');
}

/** Analyses that still measure. */
function measuring(stage: Stage): readonly JsonObject[] {
  return stage.world.state.list('AnalysisRun').filter((run) => textAt(run, 'status.completedAt') === '');
}

export const deletionRegressions: readonly Regression[] = [
  {
    id: 'R46',
    wrong: 'deleting the Rollout in the middle of an update lost traffic, and a conflict ended the way back',
    faults: [2, 3].map((occurrence) => ({ at: routeWrite(occurrence), kind: 'conflict', crash: false }) as const),
    async play(stage) {
      const check = {
        templates: [{ templateName: 'shop-errors' }],
        args: [{ name: 'hash', valueFrom: { podTemplateHashValue: 'Latest' } }],
      };
      await stage.begin({ version: 'v1', canary: { analysis: check } });
      const [metric] = listAt(stage.world.state.get('AnalysisTemplate', 'shop-errors'), 'spec.metrics');
      await stage.patch('AnalysisTemplate', 'shop-errors', { spec: { metrics: [{ ...metric, ...endless }] } });
      await stage.release({ version: 'v2' });
      await stage.untilPaused();
      await stage.until('the analysis measures', () => measuring(stage).length > 0);
      stage.always(() => (publicPods(stage) === 0 ? 'the Service for everybody lost its pods' : undefined));
      await stage.orphan('Rollout', 'shop');
      await stage.soon('all traffic is on stable', 20_000, () => stage.canaryWeight() === 0);
      await stage.soon('nothing is measured any more', 20_000, () => measuring(stage).length === 0);
      await stage.soon('the record has its end', 20_000, () => openRuns(stage).length === 0);
      if (stage.ready('v1') !== 4) stage.complain('the stable revision lost pods');
    },
    mutant: {
      patches: [
        {
          file: 'controller/rollout/reconciler.ts',
          find: 'if (object === undefined) return settleLeftBehind(options, namespace, name);',
          replace: "if (object === undefined) return { kind: 'done' };",
        },
      ],
      shows: ['stuck', 'user'],
    },
  },
];
