/** Changes of source that several mutants share. */

import type { Patch } from '../mutants/mutant.ts';

export const rollout = 'controller/rollout';

/** Without it the last look at the route, right before a scale-down, hides the defect. */
export const noLastLook: Patch = {
  file: `${rollout}/replica-sets.ts`,
  find: 'live: scene.routed && to < set.replicas && scene.replicas > 0,',
  replace: 'live: false,',
};

/** Going back counts as done although the router does not say so. */
export const believedBack: readonly Patch[] = [
  {
    file: `${rollout}/abort.ts`,
    find: '  if (!weight.settled || !serves) {',
    replace: '  if (scene.replicas < 0) {',
  },
  {
    file: `${rollout}/abort.ts`,
    find: 'if (isConfirmed(scene) && !(isSwitched && weight.settled)) return unconfirm(scene);',
    replace: '',
  },
];

/** Weight comes back to stable faster than stable has pods for it. */
export const allBackAtOnce: Patch = {
  file: `${rollout}/traffic-plan.ts`,
  find: 'const next = Math.max(wanted, total - stableShare);',
  replace: 'const next = stableShare < 0 ? total : wanted;',
};

export const weightBeforeReady: Patch = {
  file: `${rollout}/traffic-plan.ts`,
  find: 'if (canaryReady >= canaryNeeds)',
  replace: 'if (canaryReady >= 0)',
};

/** A Service is switched to pods that are not there. */
export const switchedBeforeReady: Patch = {
  file: `${rollout}/services.ts`,
  find: '  if (scene.replicas > 0 && available(set) < needed) return',
  replace: '  if (scene.replicas < 0 && available(set) < needed) return',
};
