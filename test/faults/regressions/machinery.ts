/** Bugs of the machinery under the decisions: conflicts, caches, leaders, deadlines, and what status says. */

import { at, numberAt } from '../in-process/cluster-state.ts';
import { rollout } from './patches.ts';
import type { Regression } from './regression.ts';
import { eachWrite } from './writes.ts';

export const machineryRegressions: readonly Regression[] = [
  {
    id: 'R20',
    wrong: 'a write that met "the object has been modified" was never made again',
    end: 'healthy',
    faults: eachWrite(10, 70).map((place) => ({ at: place, kind: 'conflict', crash: false })),
    async play(stage) {
      await stage.begin({
        version: 'v1',
        steps: [{ setWeight: 40 }, { pause: { duration: '3s' } }, { setWeight: 70 }],
      });
      await stage.release({ version: 'v2' });
      await stage.untilHealthy('v2');
    },
    mutant: {
      patches: [
        {
          file: `${rollout}/act.ts`,
          find: 'could not ${what}: it changed meanwhile`, afterMs: 30 };',
          replace: 'could not ${what}: it changed meanwhile`, afterMs: 3_600_000 };',
        },
        {
          file: 'controller/rollout/reconciler.ts',
          find: "      return { ...outcome.stopped, kind: 'retry' };",
          replace:
            "      if (outcome.stopped.why.endsWith('it changed meanwhile')) await new Promise(() => undefined);\n      return { ...outcome.stopped, kind: 'retry' };",
        },
      ],
      shows: ['stuck'],
    },
  },
  {
    id: 'R22',
    wrong: 'an update without progress stayed Progressing for ever',
    faults: [{ at: { write: 'create replicasets.apps shop-rev2', occurrence: 1 }, kind: 'reply-lost', crash: true }],
    async play(stage) {
      await stage.begin({ version: 'v1', spec: { progressDeadlineSeconds: 15 } });
      await stage.release({ version: 'unready' });
      await stage.soon('the deadline has struck', 60_000, () => stage.isAborted());
    },
    mutant: {
      patches: [
        {
          file: `${rollout}/progress.ts`,
          find: 'return since === undefined ? undefined : since + progressDeadlineMs(',
          replace: 'return since === undefined ? undefined : scene.now + progressDeadlineMs(',
        },
      ],
      shows: ['stuck'],
    },
  },
  {
    id: 'R36',
    wrong: 'a child that the cache did not show yet was taken for absent and made again',
    end: 'healthy',
    faults: [
      {
        at: { write: 'create replicasets.apps shop-rev2', occurrence: 1 },
        kind: 'delay-watch',
        of: 'replicasets.apps',
        ms: 9_000,
        crash: false,
      },
    ],
    async play(stage) {
      await stage.begin({ version: 'v1', steps: [{ setWeight: 40 }, { pause: { duration: '3s' } }] });
      stage.always(() =>
        stage.world.state.list('ReplicaSet').length > 2 ? 'a revision has two ReplicaSets' : undefined,
      );
      await stage.release({ version: 'v2' });
      await stage.untilHealthy('v2');
      if (numberAt(stage.rollout(), 'status.collisionCount') > 0)
        stage.complain("its own ReplicaSet was taken for another owner's");
    },
    mutant: {
      patches: [
        {
          file: `${rollout}/own-view.ts`,
          find: "  if (ready.kind === 'ready') return undefined;",
          replace: "  if (ready.kind === 'ready' || ready.kind === 'wait') return undefined;",
        },
        { file: `${rollout}/act.ts`, find: '    if (isOurs) {', replace: '    if (isOurs && this.writes < 0) {' },
      ],
      shows: ['user', 'stuck'],
    },
  },
  {
    id: 'R49',
    wrong: 'the status said weight 0 while the update was being promoted',
    end: 'healthy',
    async play(stage) {
      await stage.begin({ version: 'v1', steps: [{ setWeight: 50 }] });
      const seen = stage.track(() => numberAt(stage.rollout(), 'status.canary.weights.canary.weight'));
      await stage.release({ version: 'v2', env: { READY_AFTER_MS: '4000' } });
      await stage.untilHealthy('v2');
      const isRising = seen.slice(0, -1).every((weight, index) => index === 0 || weight > (seen[index - 1] ?? 0));
      if (!isRising) stage.complain(`the weights in status were ${seen.join(', ')}`);
      if (at(stage.rollout(), 'status.canary.weights') === undefined) stage.complain('the status tells no weights');
    },
    mutant: {
      patches: [
        {
          file: `${rollout}/status-weights.ts`,
          find: '  const canary = canaryWeight(scene);',
          replace:
            "  const canary = scene.state === 'promoting' && canaryWeight(scene) < scene.total ? 0 : canaryWeight(scene);",
        },
      ],
      shows: ['S16', 'user'],
    },
  },
];
