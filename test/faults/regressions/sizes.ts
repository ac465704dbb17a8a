/** Bugs of sizes: a revision loses pods while it has traffic, or an autoscaler and a rollout fight. */

import { allBackAtOnce, noLastLook, rollout } from './patches.ts';
import type { Regression } from './regression.ts';
import { routeWrite } from './writes.ts';

/** It excludes a delay of its own: pods go after the usual drain. */
const dynamic = { dynamicStableScale: true, scaleDownDelaySeconds: null };

export const sizeRegressions: readonly Regression[] = [
  {
    id: 'R01',
    wrong: 'the stable revision was scaled down at full weight, although pods of the canary had just been lost',
    end: 'healthy',
    async play(stage) {
      await stage.begin({ version: 'v1', steps: [{ setWeight: 50 }] });
      stage.always(() => {
        const isSwitched = stage.selected('shop-stable') === stage.hash('v2');
        return stage.size('v1') < 4 && !isSwitched ? 'stable lost pods before the switch' : undefined;
      });
      await stage.release({ version: 'v2', env: { READY_AFTER_MS: '6000' } });
      await stage.until('all weight is on the canary', () => stage.canaryWeight() === 100);
      stage.requestsMayFail();
      await stage.killPods('v2');
      await stage.untilHealthy('v2');
    },
    mutant: {
      patches: [
        {
          file: `${rollout}/promotion.ts`,
          find: '    ...growStable(scene, scene.total),',
          replace:
            '    ...(canaryWeight(scene) === scene.total ? scaleTo(scene, scene.stable, 0) : growStable(scene, scene.total)),',
        },
      ],
      shows: ['S03', 'S04', 'user'],
    },
  },
  {
    id: 'R02',
    wrong: 'with dynamic stable scale the old revision had no pods left minutes before its Service was switched',
    end: 'healthy',
    faults: [
      { at: routeWrite(2), kind: 'delay-watch', of: 'services', ms: 20_000, crash: false },
      { at: routeWrite(2), kind: 'delay-watch', of: 'replicasets.apps', ms: 10_000, crash: false },
    ],
    async play(stage) {
      await stage.begin({ version: 'v1', steps: [{ setWeight: 50 }, { pause: { duration: '8s' } }], canary: dynamic });
      await stage.release({ version: 'v2' });
      await stage.untilHealthy('v2');
    },
    mutant: {
      patches: [
        noLastLook,
        {
          file: `${rollout}/stable-size.ts`,
          find: '  return scaleTo(scene, stable, Math.min(replicas, Math.max(stable.replicas, neededPods(scene, canary))));',
          replace:
            '  return scaleTo(scene, stable, neededPods(scene, canary) < 0 ? replicas : podsOf(scene, scene.total - canary));',
        },
      ],
      shows: ['S02', 'S03', 'user'],
    },
  },
  {
    id: 'R03',
    wrong:
      'requests failed at the end of an update with dynamic stable scale: pods went with the weight, not after its drain',
    end: 'healthy',
    async play(stage) {
      const steps = [{ setWeight: 50 }, { setWeight: 100 }, { pause: { duration: '10s' } }];
      await stage.begin({ version: 'v1', steps, canary: dynamic });
      await stage.release({ version: 'v2' });
      await stage.until('no stable pods are asked for', () => stage.size('v1') === 0);
      await stage.untilHealthy('v2');
    },
    mutant: {
      patches: [
        {
          file: `${rollout}/stepping.ts`,
          find: '  return until > now ? { ...noMoves, lookAgainAt: until } : effects(...fewer);',
          replace: '  return until < 0 ? { ...noMoves, lookAgainAt: until } : effects(...fewer);',
        },
      ],
      shows: ['S03'],
    },
  },
  {
    id: 'R06',
    wrong: 'an autoscaler that changed the size in the middle of a canary took the stable revision to 0',
    end: 'healthy',
    async play(stage) {
      const steps = [{ setWeight: 25 }, { pause: {} }, { setWeight: 50 }, { pause: {} }];
      await stage.begin({ version: 'v1', steps });
      await stage.release({ version: 'v2' });
      for (const [index, sizes] of [
        [8, 4],
        [6, 3],
      ].entries()) {
        await stage.until('it is paused', () => stage.stepIndex() === index * 2 + 1 && stage.isPaused());
        for (const replicas of sizes) {
          await stage.patch('Rollout', 'shop', { spec: { replicas } });
          await stage.until(`stable follows to ${replicas}`, () => stage.size('v1') === replicas);
          await stage.pass(5_000);
        }
        await stage.command('promote', `promote-${index}`);
      }
      await stage.untilHealthy('v2');
    },
    mutant: {
      patches: [
        noLastLook,
        {
          file: `${rollout}/stable-size.ts`,
          find: '  if (!isDynamic(scene)) return scaleTo(scene, stable, replicas);',
          replace:
            '  if (!isDynamic(scene)) return scaleTo(scene, stable, stable !== undefined && stable.replicas !== replicas ? 0 : replicas);',
        },
      ],
      shows: ['S03', 'S04', 'user'],
    },
  },
  {
    id: 'R24',
    wrong: 'a restart and an update in one pass took more pods away than may be missing',
    end: 'healthy',
    async play(stage) {
      await stage.begin({ version: 'v1' });
      await stage.release({ version: 'v2' });
      await stage.untilPaused();
      await stage.pass(2_000);
      stage.always(() => {
        const isStable = stage.status('stableRS') === stage.hash('v1');
        return isStable && stage.ready('v1') < 3 ? 'more than one stable pod is missing' : undefined;
      });
      const restartAt = new Date(stage.world.time.now()).toISOString();
      await stage.release({ version: 'v3', spec: { restartAt } });
      await stage.until('the pods were restarted', () => stage.status('restartedAt') !== '');
      await stage.untilPausedAt('v3');
      await stage.command('promote-full');
      await stage.untilHealthy('v3');
    },
    mutant: {
      patches: [
        {
          file: `${rollout}/restart.ts`,
          find: '  const allowed = Math.max(0, mayBeMissing(scene.observed.rollout) - missing);',
          replace: '  const allowed = Math.max(missing, old.length, mayBeMissing(scene.observed.rollout));',
        },
      ],
      shows: ['user'],
    },
  },
  {
    id: 'R38',
    wrong: 'a change from a fixed canary size to one by weight removed the only canary pod',
    async play(stage) {
      const steps = [
        { setCanaryScale: { replicas: 2 } },
        { setWeight: 10 },
        { pause: {} },
        { setCanaryScale: { matchTrafficWeight: true } },
        { pause: {} },
      ];
      await stage.begin({ version: 'v1', steps });
      await stage.release({ version: 'v2' });
      await stage.untilPaused();
      await stage.command('promote');
      await stage.until('it is paused again', () => stage.stepIndex() === 4 && stage.isPaused());
      await stage.pass(20_000);
      if (stage.canaryWeight() !== 10) stage.complain('the canary has lost its weight');
    },
    mutant: {
      patches: [
        noLastLook,
        {
          file: `${rollout}/canary-steps.ts`,
          find: 'Math.max(Math.min(1, replicas), Math.ceil((replicas * weight) / total));',
          replace: 'Math.floor((replicas * weight) / total);',
        },
      ],
      shows: ['S02', 'S03', 'user'],
    },
  },
  {
    id: 'R44',
    wrong: 'an update that began anew sent all traffic to a stable revision that an autoscaler had made small',
    async play(stage) {
      const steps = [{ setWeight: 75 }, { pause: {} }];
      await stage.begin({ version: 'v1', steps, canary: dynamic, env: { READY_AFTER_MS: '4000' } });
      await stage.release({ version: 'v2', env: {} });
      await stage.untilPaused();
      await stage.until('stable is small', () => stage.ready('v1') === 1);
      await stage.pass(5_000);
      await stage.release({ steps: [{ setWeight: 25 }, { pause: {} }], replicas: 8 });
      await stage.until('the new plan has its weight', () => stage.canaryWeight() === 25 && stage.isPaused());
    },
    mutant: { patches: [allBackAtOnce], shows: ['S02', 'user'] },
  },
  {
    id: 'R48',
    wrong: 'a tool that applied the old size again brought idle pods back, and nobody took them away',
    end: 'healthy',
    async play(stage) {
      await stage.begin({ version: 'v1', steps: [{ setWeight: 50 }] });
      await stage.release({ version: 'v2' });
      await stage.untilHealthy('v2');
      await stage.until('v1 is idle', () => stage.size('v1') === 0);
      await stage.patch('ReplicaSet', `shop-${stage.hash('v1')}`, { spec: { replicas: 3 } });
      await stage.soon('v1 is idle again', 30_000, () => stage.size('v1') === 0 && stage.ready('v1') === 0);
    },
    mutant: {
      patches: [
        {
          file: `${rollout}/sizes.ts`,
          find: '    if (deadline === undefined) plan.effects.push(setDeadline(',
          replace: '    if (deadline === undefined && scene.replicas < 0) plan.effects.push(setDeadline(',
        },
        {
          file: `${rollout}/sizes.ts`,
          find: '    else if (deadline > scene.now) plan.times.push(deadline);',
          replace:
            '    else if (deadline === undefined) continue;\n    else if (deadline > scene.now) plan.times.push(deadline);',
        },
      ],
      shows: ['user', 'stuck'],
    },
  },
];
