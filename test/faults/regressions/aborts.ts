/** Bugs of going back: the way that is needed most and tried least. */

import { noLastLook, rollout } from './patches.ts';
import type { Regression } from './regression.ts';
import type { Stage } from './stage.ts';

const four = [{ setWeight: 25 }, { pause: {} }, { setWeight: 75 }, { pause: {} }];

async function abortedAtGate(stage: Stage, canary = {}): Promise<void> {
  await stage.begin({ version: 'v1', canary });
  await stage.release({ version: 'v2' });
  await stage.untilPaused();
  await stage.command('abort');
  await stage.untilAborted();
}

export const abortRegressions: readonly Regression[] = [
  {
    id: 'R07',
    wrong: 'an abort while nothing was being released scaled the stable revision to 0',
    end: 'healthy',
    async play(stage) {
      await stage.begin({ version: 'v1' });
      stage.always(() => (stage.size('v1') < 4 ? 'stable lost pods' : undefined));
      await stage.command('abort');
      await stage.soon('the command is answered', 5_000, () => stage.status('lastCommand.outcome') === 'Rejected');
      await stage.patch('Rollout', 'shop', { status: { abort: true } }, 'status');
      await stage.pass(20_000);
      if (!stage.isHealthy('v1')) stage.complain('v1 is not healthy any more');
    },
    mutant: {
      patches: [
        {
          file: `${rollout}/machine.ts`,
          find: 'stable: { on: { revision: onRevision, rollback:',
          replace:
            "stable: { on: { revision: onRevision, abort: { target: 'aborting', actions: ['recordAbort'] }, rollback:",
        },
        { file: `${rollout}/abort.ts`, find: ' && scene.currentHash !== stableHash;', replace: ';' },
        noLastLook,
      ],
      shows: ['S04', 'user'],
    },
  },
  {
    id: 'R08',
    wrong: 'an abort with dynamic stable scale and a scale-down delay waited for itself',
    async play(stage) {
      await stage.begin({
        version: 'v1',
        steps: four,
        canary: { dynamicStableScale: true, scaleDownDelaySeconds: null, abortScaleDownDelaySeconds: 5 },
      });
      for (const [index, version] of ['v2', 'v3'].entries()) {
        await stage.release({ version });
        await stage.untilPausedAt(version);
        if (index === 1) await stage.command('promote', 'on');
        await stage.until('it stands at the step', () => stage.stepIndex() === 1 + 2 * index && stage.isPaused());
        await stage.until('stable is smaller', () => stage.size('v1') < 4);
        await stage.command('abort', `abort-${version}`);
        await stage.soon('all weight is on stable', 10_000, () => stage.canaryWeight() === 0);
        await stage.soon('the canary is gone', 30_000, () => stage.size(version) === 0 && stage.isAborted());
        if (stage.size('v1') !== 4) stage.complain('stable did not get its pods back');
      }
    },
    mutant: {
      patches: [
        {
          file: `${rollout}/abort.ts`,
          find: '...scaleTo(scene, stable, scene.replicas));\n  const isSwitched',
          replace:
            '...(abortDrainMs(scene) === undefined ? scaleTo(scene, stable, scene.replicas) : []));\n  const isSwitched',
        },
      ],
      shows: ['stuck', 'user'],
    },
  },
  {
    id: 'R09',
    wrong: 'an aborted canary got pods again when an autoscaler asked for more, and its Service changed to and fro',
    async play(stage) {
      await abortedAtGate(stage);
      await stage.until('the canary is gone', () => stage.size('v2') === 0);
      const selected = stage.track(() => stage.selected('shop-canary'));
      stage.always(() => (stage.size('v2') > 0 ? 'the aborted canary got pods again' : undefined));
      for (const replicas of [8, 12, 6]) {
        await stage.patch('Rollout', 'shop', { spec: { replicas } });
        await stage.until(`stable follows to ${replicas}`, () => stage.ready('v1') === replicas);
        await stage.pass(10_000);
      }
      if (selected.length > 1) stage.complain('the canary Service was changed');
    },
    mutant: {
      patches: [
        {
          file: `${rollout}/abort.ts`,
          find: 'goes ? scaleTo(scene, scene.current, 0) : [];',
          replace: 'goes ? scaleTo(scene, scene.current, scene.stable.status.available < scene.replicas ? 1 : 0) : [];',
        },
      ],
      shows: ['S15', 'S17', 'user'],
    },
  },
  {
    id: 'R10',
    wrong: 'after an abort the canary Service was switched between two revisions for ever',
    async play(stage) {
      await abortedAtGate(stage, { abortScaleDownDelaySeconds: 0 });
      const selected = stage.track(() => stage.selected('shop-canary'));
      await stage.pass(10 * 60_000);
      if (selected.length > 2) stage.complain(`the canary Service was switched ${selected.length - 1} times`);
      if (stage.size('v2') === 0) stage.complain('the canary was to be kept');
    },
    mutant: {
      patches: [
        {
          file: `${rollout}/abort.ts`,
          find: '  const switched = selectRevision(scene, canaryService, scene.stableHash, least);',
          replace: `  const isBack = scene.state === 'aborted' && canaryService?.podHash === scene.stableHash;
  const switched = selectRevision(scene, canaryService, isBack ? scene.currentHash : scene.stableHash, least);`,
        },
      ],
      shows: ['S15'],
    },
  },
  {
    id: 'R11',
    wrong: 'an abort left the canary Service on a revision without pods',
    async play(stage) {
      await stage.begin({ version: 'v1' });
      await stage.release({ version: 'v2' });
      await stage.untilPaused();
      stage.always(() => {
        const hash = stage.selected('shop-canary');
        return stage.ready(hash === stage.hash('v1') ? 'v1' : 'v2') === 0
          ? 'nobody answers behind the canary Service'
          : undefined;
      });
      await stage.command('abort');
      await stage.untilAborted();
      await stage.until('the canary is gone', () => stage.size('v2') === 0);
      await stage.pass(10_000);
    },
    mutant: {
      patches: [
        {
          file: `${rollout}/abort.ts`,
          find: '  return canaryService?.podHash === undefined ? noMoves : { ...switched, waiting: undefined };',
          replace:
            '  return switched.waiting === undefined ? noMoves : { ...switched, effects: [], waiting: undefined };',
        },
      ],
      shows: ['user'],
    },
  },
  {
    id: 'R12',
    wrong: 'an abort waited for the pods of the canary that it was to leave',
    async play(stage) {
      await stage.begin({ version: 'v1' });
      await stage.release({ version: 'v2', env: { READY_AFTER_MS: '90000' } });
      await stage.untilPaused();
      stage.requestsMayFail();
      await stage.killPods('v2');
      await stage.command('abort');
      await stage.soon('all weight is on stable', 2_000, () => stage.canaryWeight() === 0);
      stage.requestsMayFail(false);
      await stage.soon('it is aborted', 20_000, () => stage.isAborted());
    },
    mutant: {
      patches: [
        {
          file: `${rollout}/abort.ts`,
          find: 'function retreatRouted(scene: Scene, stable: ReplicaSetView): Moves {\n',
          replace: `function retreatRouted(scene: Scene, stable: ReplicaSetView): Moves {
  const ready = scene.current?.status.available ?? 0;
  if (ready === 0 && mostOnCanary(scene) > 0) return waitForPods(scene, scene.currentHash, ready, 1);
`,
        },
      ],
      shows: ['user', 'stuck'],
    },
  },
  {
    id: 'R13',
    wrong: 'weights became negative or ran over: more ready pods than are asked for, and a large total',
    async play(stage) {
      const trafficRouting = { gatewayAPI: { httpRoutes: [{ name: 'shop' }] }, maxTrafficWeight: 1_000_000 };
      const steps = [{ setWeight: 100 }, { pause: {} }];
      await stage.begin({ version: 'v1', steps, replicas: 22, canary: { trafficRouting } });
      await stage.release({ version: 'v2' });
      await stage.untilPaused();
      if (stage.canaryWeight() !== 100) stage.complain(`the weight is ${stage.canaryWeight()}`);
      await stage.command('abort');
      await stage.soon('all weight is on stable', 5_000, () => stage.canaryWeight() === 0);
      await stage.patch('Rollout', 'shop', { spec: { replicas: 11 } });
      await stage.untilAborted();
      await stage.until('stable is smaller', () => stage.ready('v1') === 11);
    },
    mutant: {
      patches: [
        {
          file: `${rollout}/traffic-plan.ts`,
          find: 'const stableShare = Math.min(total, Math.floor((stableReady * total) / replicas));',
          replace: 'const stableShare = Math.floor(((stableReady * total * 100) | 0) / 100 / replicas);',
        },
      ],
      shows: ['S01', 'user', 'stuck'],
    },
  },
  {
    id: 'R14',
    wrong: 'an abort was ignored once a full promotion had been asked for',
    async play(stage) {
      await stage.begin({ version: 'v1' });
      await stage.release({ version: 'unready' });
      await stage.until('the new pods are made', () => stage.size('unready') > 0);
      await stage.command('promote-full');
      await stage.until('it is being promoted', () => stage.status('transition.kind') === 'promote');
      await stage.pass(3_000);
      await stage.command('abort');
      await stage.soon('it is aborted', 20_000, () => stage.isAborted());
    },
    mutant: {
      patches: [
        {
          file: `${rollout}/machine.ts`,
          find: "    promoting: {\n      on: {\n        revision: onRevision,\n        abort: { target: 'aborting', actions: ['recordAbort'] },\n",
          replace: '    promoting: {\n      on: {\n        revision: onRevision,\n',
        },
      ],
      shows: ['stuck', 'S11'],
    },
  },
  {
    id: 'R15',
    wrong: 'an aborted update went on by itself after a restart of the controller and a change of the spec',
    faults: [{ at: { writeAfterRestart: 1 }, kind: 'before-commit', crash: false }],
    async play(stage) {
      await abortedAtGate(stage);
      await stage.until('the canary is gone', () => stage.size('v2') === 0);
      stage.always(() => (stage.canaryWeight() > 0 || stage.size('v2') > 0 ? 'the aborted update goes on' : undefined));
      await stage.patch('Rollout', 'shop', { spec: { progressDeadlineSeconds: 300 } });
      await stage.pass(5_000);
      await stage.release({ steps: [{ setWeight: 20 }, { pause: {} }], spec: { progressDeadlineSeconds: 200 } });
      await stage.pass(60_000);
    },
    mutant: {
      patches: [
        {
          file: `${rollout}/revision-change.ts`,
          find: "  if (state === 'aborting' || state === 'aborted') return { status: { ...known, currentStepIndex: 0 }, facts: [] };",
          replace:
            "  if (state === 'aborting' || state === 'aborted') return { status: { ...known, currentStepIndex: 0, abort: undefined, abortedAt: undefined, verdict: undefined, transition: undefined }, facts: [] };",
        },
      ],
      shows: ['S17', 'user'],
    },
  },
  {
    id: 'R16',
    wrong: 'an abort had no effect while the new pods failed to start',
    faults: [
      {
        at: { write: 'create replicasets.apps shop-rev2', occurrence: 1 },
        kind: 'delay-watch',
        of: 'replicasets.apps',
        ms: 8_000,
        crash: false,
      },
    ],
    async play(stage) {
      await stage.begin({ version: 'v1' });
      await stage.release({ version: 'crash' });
      await stage.until('the new pods are made', () => stage.size('crash') > 0);
      await stage.command('abort');
      await stage.soon('it is aborted', 30_000, () => stage.isAborted());
      if (stage.size('crash') > 0) stage.complain('the failing pods are still asked for');
    },
    mutant: {
      patches: [
        {
          file: `${rollout}/requests.ts`,
          find: "  if (!allows(scene.state, { type: 'abort' }) || scene.stableHash === undefined) return idleText(scene);",
          replace:
            "  if (!allows(scene.state, { type: 'abort' }) || scene.stableHash === undefined || (scene.current?.status.available ?? 0) === 0) return idleText(scene);",
        },
      ],
      shows: ['stuck', 'S11'],
    },
  },
  {
    id: 'R25',
    wrong: 'a restart of the pods of an aborted update started the canary again',
    async play(stage) {
      await abortedAtGate(stage);
      await stage.until('the canary is gone', () => stage.size('v2') === 0);
      await stage.pass(2_000);
      stage.always(() =>
        stage.size('v2') > 0 || stage.canaryWeight() > 0 ? 'the aborted canary starts again' : undefined,
      );
      await stage.patch('Rollout', 'shop', { spec: { restartAt: new Date(stage.world.time.now()).toISOString() } });
      await stage.until('the pods were restarted', () => stage.status('restartedAt') !== '');
      await stage.pass(30_000);
      if (!stage.isAborted()) stage.complain('it is not aborted any more');
    },
    mutant: {
      patches: [
        {
          file: `${rollout}/restart.ts`,
          find: 'patch: { restartedAt: restartAt } });',
          replace: 'patch: { restartedAt: restartAt, abort: undefined, abortedAt: undefined, verdict: undefined } });',
        },
      ],
      shows: ['S17', 'user'],
    },
  },
  {
    id: 'R39',
    wrong: 'a later rollback released a revision again that had been aborted',
    async play(stage) {
      await abortedAtGate(stage);
      const refused = () => (stage.canaryWeight() > 0 ? 'the aborted revision got traffic again' : undefined);
      stage.always(refused);
      await stage.release({ version: 'v1' });
      await stage.untilHealthy('v1');
      await stage.release({ version: 'v2' });
      await stage.untilAborted();
      await stage.release({ version: 'v1' });
      await stage.untilHealthy('v1');
      const annotations = {
        'tidegate.io/command': 'rollback',
        'tidegate.io/command-id': 'back',
        'tidegate.io/command-revision': stage.hash('v2'),
      };
      await stage.patch('Rollout', 'shop', { metadata: { annotations } });
      await stage.soon(
        'the command is refused',
        5_000,
        () => stage.status('lastCommand.id') === 'back' && stage.status('lastCommand.outcome') === 'Rejected',
      );
    },
    mutant: {
      patches: [
        {
          file: `${rollout}/lifecycle-status.ts`,
          find: '  return podHash !== undefined && failedHashes(status).includes(podHash);',
          replace: '  return podHash === undefined && failedHashes(status).length < 0;',
        },
      ],
      shows: ['S17', 'user'],
    },
  },
  {
    id: 'R43',
    wrong: 'the canary was scaled down before the revision that took over was ready',
    async play(stage) {
      const canary = { dynamicStableScale: true, scaleDownDelaySeconds: null };
      await stage.begin({ version: 'v1', steps: four, canary, env: { READY_AFTER_MS: '12000' } });
      await stage.release({ version: 'v2', env: {} });
      await stage.untilPaused();
      await stage.command('promote');
      await stage.until('it stands at the second pause', () => stage.stepIndex() === 3 && stage.isPaused());
      await stage.until('stable is small', () => stage.size('v1') === 1);
      stage.always(() =>
        stage.canaryWeight() > 0 && stage.size('v2') < 1 ? 'the canary went before its weight' : undefined,
      );
      await stage.command('abort');
      await stage.untilAborted();
    },
    mutant: {
      patches: [
        noLastLook,
        {
          file: `${rollout}/abort.ts`,
          find: '    return together(grow, rescue(scene), adopt, weight.moves, capacity);',
          replace:
            '    return together(grow, effects(...scaleTo(scene, scene.current, 0)), rescue(scene), adopt, weight.moves, capacity);',
        },
      ],
      shows: ['S05', 'S03', 'user'],
    },
  },
];
