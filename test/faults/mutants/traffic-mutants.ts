/** Defects of weights, sizes and Services: traffic that nobody answers, or that comes back too late. */

import type { Mutant } from './mutant.ts';

const rollout = 'controller/rollout';
/** Without it the last look at the route, right before a scale-down, hides the defect. */
const noLastLook = {
  file: `${rollout}/replica-sets.ts`,
  find: 'live: scene.routed && to < set.replicas && scene.replicas > 0,',
  replace: 'live: false,',
};

export const trafficMutants: readonly Mutant[] = [
  {
    id: 'weights-do-not-sum',
    breaks: ['S01'],
    patches: [
      {
        file: `${rollout}/traffic-plan.ts`,
        find: 'weight: total - canary }',
        replace: 'weight: Math.max(0, total - canary - 1) }',
      },
    ],
    situation: 'good-release',
    why: 'One request of a hundred goes where nobody planned it.',
  },
  {
    id: 'rule-led-elsewhere',
    breaks: ['S01'],
    patches: [
      {
        file: 'controller/traffic/gateway-rules.ts',
        find: "if (ref === weighted.canary) return [{ ...ref, weight: weightFor('canary') }];",
        replace:
          "if (ref === weighted.canary) return [{ ...ref, name: `${ref.name}-old`, weight: weightFor('canary') }];",
      },
    ],
    situation: 'good-release',
    why: 'A part of the users is sent to a Service that is not of this release at all.',
  },
  {
    id: 'weight-before-ready',
    breaks: ['S02'],
    patches: [
      { file: `${rollout}/traffic-plan.ts`, find: 'if (canaryReady >= canaryNeeds)', replace: 'if (canaryReady >= 0)' },
    ],
    situation: 'good-release',
    why: 'Three quarters of the users meet one pod.',
  },
  {
    id: 'canary-down-before-weight-0',
    breaks: ['S05'],
    patches: [
      noLastLook,
      {
        file: `${rollout}/abort.ts`,
        find: '...scaleTo(scene, stable, scene.replicas));\n  const isSwitched',
        replace: '...scaleTo(scene, stable, scene.replicas), ...scaleTo(scene, scene.current, 0));\n  const isSwitched',
      },
    ],
    situation: 'bad-release',
    why: 'An abort answers with errors until the route has followed.',
  },
  {
    id: 'abort-without-drain',
    breaks: ['S05', 'S03'],
    patches: [
      {
        file: `${rollout}/abort.ts`,
        find: '  if (until > scene.now) {',
        replace: '  if (until > scene.now + 3_600_000) {',
      },
    ],
    situation: 'bad-release',
    why: 'Requests that the canary still answers are cut off.',
  },
  {
    id: 'promotion-without-drain',
    breaks: ['S03'],
    patches: [
      {
        file: `${rollout}/sizes.ts`,
        find: 'else if (deadline > scene.now) plan.times.push(deadline);',
        replace: 'else if (deadline > scene.now + 3_600_000) plan.times.push(deadline);',
      },
    ],
    situation: 'slow-drain',
    why: 'Requests that the old revision still answers are cut off.',
  },
  {
    id: 'abort-believed-unconfirmed',
    breaks: ['S05'],
    patches: [
      {
        file: `${rollout}/abort.ts`,
        find: '  if (!weight.settled || !serves) {',
        replace: '  if (weight.moves.effects.length > 0 || !serves) {',
      },
      {
        file: `${rollout}/abort.ts`,
        find: 'if (isConfirmed(scene) && !(isSwitched && weight.settled)) return unconfirm(scene);',
        replace: '',
      },
    ],
    situation: 'bad-release',
    why: 'The record says that users are safe while the gateway still sends them to the bad revision.',
  },
  {
    id: 'stable-below-policy',
    breaks: ['S04'],
    patches: [
      {
        file: `${rollout}/stable-size.ts`,
        find: 'if (!isDynamic(scene)) return scaleTo(scene, stable, replicas);',
        replace: 'if (!isDynamic(scene)) return scaleTo(scene, stable, replicas - 1);',
      },
    ],
    situation: 'good-release',
    why: 'An abort finds stable too small to take the traffic back.',
  },
  {
    id: 'stable-smaller-than-its-share',
    breaks: ['S04'],
    patches: [
      {
        file: `${rollout}/replica-ratio.ts`,
        find: 'const floor = Math.max(input.wanted.stable, Math.min(',
        replace: 'const floor = Math.max(0, Math.min(',
      },
    ],
    situation: 'ratio',
    why: 'Without a router the canary gets a larger share of the users than its step says.',
  },
  {
    id: 'service-switched-before-ready',
    breaks: ['S06'],
    patches: [
      {
        file: `${rollout}/services.ts`,
        find: '  if (scene.replicas > 0 && available(set) < needed) return',
        replace: '  if (scene.replicas < 0) return',
      },
    ],
    situation: 'good-release',
    why: 'A Service selects pods that do not answer yet.',
  },
  {
    id: 'promoted-before-the-switch',
    breaks: ['S07'],
    patches: [
      {
        file: `${rollout}/promotion.ts`,
        find: '    : selectRevision(scene, stableService, to, scene.replicas);',
        replace: '    : done(scene, to);',
      },
    ],
    situation: 'good-release',
    why: 'Status, Services and route tell three different stories, and the next abort goes to the wrong pods.',
  },
  {
    id: 'more-pods-taken-than-allowed',
    breaks: ['S08'],
    patches: [
      {
        file: `${rollout}/replica-ratio.ts`,
        find: 'let spare = Math.max(0, availableOf(input) - (input.replicas - input.limits.maxUnavailable));',
        replace: 'let spare = availableOf(input);',
      },
    ],
    situation: 'ratio',
    why: 'An update takes more capacity away than maxUnavailable says.',
  },
  {
    id: 'late-write-believed-lost',
    breaks: ['S06', 'S17'],
    patches: [
      {
        file: `${rollout}/act.ts`,
        find: "if (result.kind === 'unknown') this.doubts.push(",
        replace: 'if (this.writes < 0) this.doubts.push(',
      },
    ],
    situation: 'late-switch',
    why: 'Long after an abort all traffic goes to a revision that has no pods any more.',
  },
  {
    id: 'third-revision-on-weight',
    breaks: ['S12'],
    patches: [
      {
        file: `${rollout}/revision-change.ts`,
        find: 'carrying: isCarrying(sceneOf(observed, status), podHash),',
        replace: 'carrying: false && isCarrying(sceneOf(observed, status), podHash),',
      },
      {
        file: `${rollout}/stepping.ts`,
        find: 'const isTaken = canaryService?.podHash !== currentHash && mostOnCanary(scene) > 0;',
        replace: 'const isTaken = mostOnCanary(scene) < 0;',
      },
      {
        file: `${rollout}/stepping.ts`,
        find: 'const wanted = isSelected ? weightFor(scene, target, canaryWeight(scene)) : { weight: 0, needs: 0 };',
        replace: 'const wanted = weightFor(scene, target, canaryWeight(scene));',
      },
    ],
    situation: 'superseded',
    why: 'Users of the second revision are thrown onto a third one that nobody has judged.',
  },
  {
    id: 'third-revision-by-pods',
    breaks: ['S12'],
    patches: [
      {
        file: `${rollout}/revision-change.ts`,
        find: 'carrying: isCarrying(sceneOf(observed, status), podHash),',
        replace: 'carrying: false && isCarrying(sceneOf(observed, status), podHash),',
      },
      {
        file: `${rollout}/replica-ratio.ts`,
        find: 'const total = stable.replicas + canary.replicas + input.others.reduce((sum, side) => sum + side.replicas, 0);',
        replace: 'const total = stable.replicas + canary.replicas;',
      },
    ],
    situation: 'ratio-superseded',
    why: 'Three revisions answer at once, and no metric can tell which of the two new ones is bad.',
  },
  {
    id: 'flapping-weight',
    breaks: ['S15'],
    patches: [
      {
        file: `${rollout}/traffic-plan.ts`,
        find: "if (state.confirmed === 'yes' || (state.confirmed === 'unknown' && !question.canConfirm)) return { kind: 'settled' };",
        replace:
          "if (state.confirmed === 'yes') return wanted === 75 ? { kind: 'write', canary: wanted - 1 } : { kind: 'settled' };",
      },
    ],
    situation: 'good-release',
    why: 'Gateways reload their configuration all day.',
  },
];
