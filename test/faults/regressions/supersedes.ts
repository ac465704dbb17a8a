/** Bugs of revisions that come while another one is under way. */

import { allBackAtOnce, believedBack, noLastLook, rollout } from './patches.ts';
import type { Regression } from './regression.ts';

export const supersedeRegressions: readonly Regression[] = [
  {
    id: 'R04',
    wrong: 'a third revision arrived while stable was not ready: the second lost its pods with the route still on it',
    end: 'healthy',
    async play(stage) {
      await stage.begin({ version: 'v1', steps: [{ setWeight: 30 }, { pause: {} }], env: { READY_AFTER_MS: '15000' } });
      await stage.release({ version: 'v2', env: {} });
      await stage.untilPaused();
      stage.always(() => {
        const isOnV2 = stage.canaryWeight() > 0 && stage.selected('shop-canary') === stage.hash('v2');
        return isOnV2 && stage.size('v2') < 1 ? 'v2 has weight and no pods' : undefined;
      });
      stage.requestsMayFail();
      await stage.killPods('v1');
      await stage.release({ version: 'v3' });
      await stage.untilPausedAt('v3');
      stage.requestsMayFail(false);
      await stage.command('promote');
      await stage.untilHealthy('v3');
    },
    mutant: { patches: [noLastLook, ...believedBack], shows: ['S03', 'S12', 'user'] },
  },
  {
    id: 'R05',
    wrong: 'a third revision sent all traffic back to a stable revision that dynamic stable scale had made small',
    end: 'healthy',
    async play(stage) {
      const canary = { dynamicStableScale: true, scaleDownDelaySeconds: null };
      await stage.begin({ version: 'v1', steps: [{ setWeight: 75 }, { pause: {} }], canary });
      await stage.release({ version: 'v2' });
      await stage.untilPaused();
      await stage.until('stable is small', () => stage.ready('v1') === 1);
      await stage.pass(5_000);
      await stage.release({ version: 'v3' });
      await stage.untilPausedAt('v3');
      await stage.command('promote');
      await stage.untilHealthy('v3');
    },
    mutant: { patches: [allBackAtOnce], shows: ['S02', 'user'] },
  },
  {
    id: 'R17',
    wrong: 'after an abort the revision with the fix was scaled down at once',
    end: 'healthy',
    async play(stage) {
      await stage.begin({ version: 'v1', canary: { abortScaleDownDelaySeconds: 20 } });
      await stage.release({ version: 'v2' });
      await stage.untilPaused();
      await stage.command('abort');
      await stage.until('the weight is back', () => stage.canaryWeight() === 0);
      await stage.release({ version: 'v3' });
      const sizes = stage.track(() => stage.size('v3'));
      await stage.untilPausedAt('v3');
      await stage.pass(30_000);
      if (sizes.some((size, index) => size < (sizes[index - 1] ?? 0))) stage.complain('v3 lost pods');
      await stage.command('promote');
      await stage.untilHealthy('v3');
    },
    mutant: {
      patches: [
        {
          file: `${rollout}/lifecycle-status.ts`,
          find: '    ...noPause,\n    ...noAbort,\n    promoteFull: undefined,',
          replace: '    ...noPause,\n    promoteFull: undefined,',
        },
      ],
      shows: ['stuck', 'user'],
    },
  },
  {
    id: 'R18',
    wrong: 'an update that came while another one was taken back stuck for ever',
    end: 'healthy',
    async play(stage) {
      await stage.begin({ version: 'v1' });
      await stage.release({ version: 'v2' });
      await stage.untilPaused();
      await stage.release({ version: 'v3' });
      await stage.until('v2 is taken back', () => stage.status('transition.kind') === 'supersede');
      await stage.release({ version: 'v4' });
      await stage.untilPausedAt('v4');
      await stage.command('promote');
      await stage.untilHealthy('v4');
    },
    mutant: {
      patches: [
        {
          file: `${rollout}/machine.ts`,
          find: "        settled: { target: 'stepping', actions: ['endTransition'] },\n",
          replace: '',
        },
      ],
      shows: ['stuck'],
    },
  },
  {
    id: 'R19',
    wrong: 'replicas and template changed together during a pause, and the new template was never looked at',
    end: 'healthy',
    async play(stage) {
      await stage.begin({ version: 'v1' });
      await stage.release({ version: 'v2' });
      await stage.untilPaused();
      await stage.release({ version: 'v3', replicas: 5 });
      await stage.untilPausedAt('v3');
      await stage.release({ version: 'v4', replicas: 3 });
      await stage.untilPausedAt('v4');
      await stage.command('promote');
      await stage.untilHealthy('v4');
      if (stage.size('v4') !== 3) stage.complain(`v4 has ${stage.size('v4')} pods instead of 3`);
    },
    mutant: {
      patches: [
        {
          file: `${rollout}/revision-change.ts`,
          find: '  if (status.currentPodHash === observed.podHash) return undefined;',
          replace: `  const desired = String(observed.rollout.spec.replicas);
  const isScaling = observed.replicaSets.some((set) => set.metadata.annotations?.[observed.keys.desiredReplicas] !== desired);
  const isPaused = (status.pauseConditions ?? []).length > 0;
  if (status.currentPodHash === observed.podHash || (isScaling && isPaused)) return undefined;`,
        },
      ],
      shows: ['stuck'],
    },
  },
  {
    id: 'R40',
    wrong: 'after an abort the next image that a GitOps tool applied was not rolled out',
    end: 'healthy',
    async play(stage) {
      await stage.begin({ version: 'v1' });
      await stage.release({ version: 'v2' });
      await stage.untilPaused();
      await stage.command('abort');
      await stage.untilAborted();
      await stage.release({ version: 'v3' });
      await stage.soon('v3 starts', 10_000, () => stage.size('v3') > 0);
      await stage.untilPausedAt('v3');
      await stage.command('promote');
      await stage.untilHealthy('v3');
    },
    mutant: {
      patches: [
        {
          file: `${rollout}/revision-change.ts`,
          find: '  if (status.currentPodHash === observed.podHash) return undefined;',
          replace:
            '  if (status.currentPodHash === observed.podHash || status.abortedAt !== undefined) return undefined;',
        },
      ],
      shows: ['stuck', 'user'],
    },
  },
  {
    id: 'R45',
    wrong: 'a fix could not be shipped, because the revision that it was to replace was not healthy',
    end: 'healthy',
    async play(stage) {
      const steps = [{ setWeight: 50 }];
      await stage.begin({ version: 'v1', steps, env: { READY_AFTER_MS: '120000' } });
      stage.requestsMayFail();
      await stage.killPods('v1');
      await stage.pass(2_000);
      await stage.release({ version: 'v2', env: {} });
      await stage.soon('v2 is healthy', 60_000, () => stage.isHealthy('v2'));
    },
    mutant: {
      patches: [
        {
          file: `${rollout}/stepping.ts`,
          find: '  if (isHeld(scene)) return hold(scene);\n',
          replace: `  if (isHeld(scene)) return hold(scene);
  if (available(scene.stable) < scene.replicas) return waitForPods(scene, scene.stableHash ?? '', available(scene.stable), scene.replicas);
`,
        },
      ],
      shows: ['user', 'stuck'],
    },
  },
];
