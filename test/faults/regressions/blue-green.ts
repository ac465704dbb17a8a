/** Bugs of blue-green, and of Services: which pods stand behind them. */

import { rollout, switchedBeforeReady, weightBeforeReady } from './patches.ts';
import type { Regression } from './regression.ts';
import { gate } from './shop.ts';

const byHand = { autoPromotionEnabled: false };

export const blueGreenRegressions: readonly Regression[] = [
  {
    id: 'R26',
    wrong: 'two bad images in a row left the active Service on a revision without pods, past the manual promotion',
    faults: [
      {
        at: { write: 'create replicasets.apps shop-rev2', occurrence: 1 },
        kind: 'delay-watch',
        of: 'replicasets.apps',
        ms: 6_000,
        crash: false,
      },
    ],
    async play(stage) {
      await stage.begin({ version: 'v1', blueGreen: byHand });
      stage.always(() =>
        stage.selected('shop') === stage.hash('v1') ? undefined : 'the active Service left the working revision',
      );
      await stage.release({ version: 'crash' });
      await stage.pass(8_000);
      await stage.release({ version: 'crash', env: { TRY: '2' } });
      await stage.pass(30_000);
      await stage.release({ version: 'v1', env: {} });
      await stage.untilHealthy('v1');
    },
    mutant: {
      patches: [
        switchedBeforeReady,
        {
          file: `${rollout}/blue-green-preview.ts`,
          find: 'scene.current?.replicas === size && available(scene.current) >= size;',
          replace: 'scene.current?.replicas === size && available(scene.current) >= 0;',
        },
        {
          file: `${rollout}/blue-green-pause.ts`,
          find: "  if (pause === 'none') return { kind: 'over' };",
          replace: "  if (pause === 'none' || scene.current?.status.available === 0) return { kind: 'over' };",
        },
        {
          file: `${rollout}/blue-green-switch.ts`,
          find: '  if (available(target) < scene.replicas)\n',
          replace: '  if (available(target) < 0)\n',
        },
        {
          file: `${rollout}/blue-green.ts`,
          find: 'const least = anyReadyBehind(active) === 0 ? 1 : Math.max(1, scene.replicas);',
          replace: 'const least = anyReadyBehind(active) < 0 ? 1 : 0;',
        },
      ],
      shows: ['S06', 'user'],
    },
  },
  {
    id: 'R27',
    wrong: 'the preview Service was switched before a single pod of the new revision was ready',
    end: 'healthy',
    async play(stage) {
      await stage.begin({ version: 'v1', blueGreen: byHand });
      await stage.release({ version: 'v2', env: { READY_AFTER_MS: '6000' } });
      stage.always(() => {
        const isOnV2 = stage.selected('shop-preview') === stage.hash('v2') && stage.hash('v2') !== '';
        return isOnV2 && stage.ready('v2') === 0 ? 'nobody answers behind the preview Service' : undefined;
      });
      await stage.untilPaused();
      await stage.command('promote');
      await stage.untilHealthy('v2');
    },
    mutant: {
      patches: [switchedBeforeReady],
      shows: ['S06', 'user'],
    },
  },
  {
    id: 'R28',
    wrong: 'a change of the number of replicas in the middle of blue-green resized the preview as well',
    end: 'healthy',
    async play(stage) {
      await stage.begin({ version: 'v1', blueGreen: { ...byHand, previewReplicaCount: 1 } });
      await stage.release({ version: 'v2' });
      await stage.untilPaused();
      const stopsAt = { is: false };
      stage.always(() =>
        !stopsAt.is && stage.size('v2') > 1 ? 'the preview was resized before the promotion' : undefined,
      );
      for (const replicas of [6, 3]) {
        await stage.release({ replicas });
        await stage.until(`the active revision has ${replicas} pods`, () => stage.size('v1') === replicas);
        await stage.pass(5_000);
      }
      stopsAt.is = true;
      await stage.command('promote');
      await stage.untilHealthy('v2');
      if (stage.size('v2') !== 3) stage.complain('the promoted revision has not the size that was asked for');
    },
    mutant: {
      patches: [
        {
          file: `${rollout}/blue-green.ts`,
          find: 'return isDue ? scene.replicas : (scene.blueGreen?.previewReplicaCount ?? scene.replicas);',
          replace:
            'return isDue || (scene.stable !== undefined && scene.stable.replicas !== scene.replicas) ? scene.replicas : (scene.blueGreen?.previewReplicaCount ?? scene.replicas);',
        },
      ],
      shows: ['user'],
    },
  },
  {
    id: 'R29',
    wrong: 'with ping-pong the stable Service, which had no hash yet, selected the first canary pods',
    end: 'healthy',
    async play(stage) {
      const pingPong = { pingService: 'shop-stable', pongService: 'shop-canary' };
      await stage.begin({ version: 'v1', steps: gate, canary: { pingPong, stableService: null, canaryService: null } });
      stage.always(() => {
        const isOpen = stage.canaryWeight() < 100 && stage.selected('shop-stable') === '';
        return isOpen && stage.ready('v2') > 0 ? 'requests to stable are answered by canary pods' : undefined;
      });
      await stage.release({ version: 'v2' });
      await stage.untilPaused();
      await stage.command('promote');
      await stage.untilHealthy('v2');
    },
    mutant: {
      patches: [
        {
          file: `${rollout}/services.ts`,
          find: '  if (service === undefined || podHash === undefined || service.podHash === podHash) return noMoves;',
          replace:
            '  if (service === undefined || podHash === undefined || service.podHash === podHash || service.podHash === undefined) return noMoves;',
        },
      ],
      shows: ['user', 'stuck'],
    },
  },
  {
    id: 'R30',
    wrong: 'after a change from blue-green to canary the Services still selected an old revision',
    end: 'healthy',
    async play(stage) {
      await stage.begin({ version: 'v1', blueGreen: { autoPromotionEnabled: true } });
      await stage.release({ version: 'v2' });
      await stage.untilHealthy('v2');
      await stage.pass(10_000);
      const canary = {
        stableService: 'shop',
        canaryService: 'shop-preview',
        steps: [{ setWeight: 50 }, { pause: { duration: '3s' } }],
      };
      await stage.patch('Rollout', 'shop', { spec: { strategy: { blueGreen: null, canary } } });
      await stage.pass(10_000);
      if (!stage.isHealthy('v2')) stage.complain('the change of strategy alone made it unhealthy');
      await stage.patch('Rollout', 'shop', { spec: { template: { metadata: { annotations: { note: 'again' } } } } });
      await stage.until(
        'the third revision is stable',
        () => stage.status('phase') === 'Healthy' && stage.status('stableRS') !== stage.hash('v2'),
      );
      await stage.pass(30_000);
      for (const service of ['shop', 'shop-preview'])
        if (stage.selected(service) !== stage.status('stableRS'))
          stage.complain(`Service ${service} selects an old revision`);
    },
    mutant: {
      patches: [
        {
          file: `${rollout}/promotion.ts`,
          find: '  const moves = together(effects(...annotations, ...plan.effects), services);',
          replace:
            '  const moves = together(effects(...annotations, ...plan.effects), scene.replicas < 0 ? services : noMoves);',
        },
        {
          file: `${rollout}/settled.ts`,
          find: 'const services = together(selectRevision(scene, observed.stableService, currentHash), selectCanary(scene));',
          replace: 'const services = observed.stableService?.podHash === undefined ? selectCanary(scene) : noMoves;',
        },
      ],
      shows: ['user', 'S06', 'S07', 'stuck'],
    },
  },
  {
    id: 'R41',
    wrong: 'a rollback inside the scale-down delay kept the old time to go, and later pods went too early',
    end: 'healthy',
    async play(stage) {
      await stage.begin({ version: 'v1', blueGreen: { autoPromotionEnabled: true, scaleDownDelaySeconds: 30 } });
      await stage.release({ version: 'v2' });
      await stage.untilHealthy('v2');
      await stage.pass(10_000);
      if (stage.size('v1') !== 4) stage.complain('v1 went before its delay was over');
      await stage.release({ version: 'v1' });
      await stage.soon('v1 is back', 10_000, () => stage.isHealthy('v1'));
      await stage.pass(40_000);
      await stage.release({ version: 'v3' });
      await stage.untilHealthy('v3');
      await stage.pass(15_000);
      if (!stage.crashes && stage.size('v1') !== 4) stage.complain('v1 went before its delay was over the second time');
    },
    mutant: {
      patches: [
        {
          file: `${rollout}/scale-down-deadline.ts`,
          find: '.filter((set) => set.metadata.annotations?.[keys.scaleDownDeadline] !== undefined)',
          replace: ".filter((set) => set.metadata.annotations?.[keys.scaleDownDeadline] === '')",
        },
        {
          file: `${rollout}/replica-sets.ts`,
          find: 'const spent = keepsDeadline ? {} : { [keys.scaleDownDeadline]: null };',
          replace: 'const spent = {};',
        },
      ],
      shows: ['S03', 'user'],
    },
  },
  {
    id: 'R42',
    wrong: 'a promotion whose new pods never became ready moved all traffic to them',
    async play(stage) {
      await stage.begin({ version: 'v1', spec: { progressDeadlineSeconds: 20 } });
      await stage.release({ version: 'unready' });
      await stage.until('the new pods are made', () => stage.size('unready') > 0);
      await stage.command('promote-full');
      await stage.until('it is being promoted', () => stage.status('transition.kind') === 'promote');
      await stage.soon('it is aborted', 60_000, () => stage.isAborted());
      if (stage.ready('v1') !== 4) stage.complain('the working revision lost pods');
    },
    mutant: { patches: [weightBeforeReady, switchedBeforeReady], shows: ['S02', 'user'] },
  },
];
