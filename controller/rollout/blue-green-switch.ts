/**
 * 'promoting' of a blue-green Rollout: the active Service is switched to the new revision when that is whole, the switch is
 * seen in the Service's endpoints, the analysis after it passes, and only then is the new revision stable. The same way
 * leads back to an older one ('rollback').
 */

import { judgeRun } from './analysis.ts';
import { postPromotionPlace } from './blue-green-places.ts';
import { activeOf, isInForce, showPreview, sizeCurrent, sizeStable, switchActive, waitForForce } from './blue-green.ts';
import { holdPreview } from './blue-green-preview.ts';
import { resumedFacts } from './blue-green-pause.ts';
import { markLeaving, retire } from './blue-green-retire.ts';
import { targetsInService } from './load-balancer.ts';
import { effects, type Moves, noMoves, together } from './moves.ts';
import { heldWait, isResumed, leavePause } from './pause.ts';
import { targetIsGone } from './promotion.ts';
import { scaleTo } from './replica-sets.ts';
import { withoutDeadline } from './scale-down-deadline.ts';
import { available, isHeld, type Scene, setOf } from './scene.ts';
import { waitForPods } from './services.ts';

/** One pass of 'promoting'. */
export function switchOver(scene: Scene): Moves {
  const to = scene.status.transition?.to ?? scene.currentHash;
  const isBack = to !== scene.currentHash;
  const target = setOf(scene, to);
  if (target === undefined && isBack) return targetIsGone(scene, to);
  const isSwitched = activeOf(scene)?.podHash === to;
  if (isHeld(scene) && !isBack && !isSwitched) return together(holdPreview(scene), heldWait());
  const own = isBack
    ? [...withoutDeadline(scene, [target]), ...scaleTo(scene, target, scene.replicas)]
    : sizeCurrent(scene, scene.replicas);
  const others = { ...scene, others: scene.others.filter((set) => set.podHash !== to) };
  const capacity = together(effects(...own, ...sizeStable(scene)), retire(others));
  if (available(target) < scene.replicas)
    return together(capacity, waitForPods(scene, to, available(target), scene.replicas));
  if (!isSwitched) return together(capacity, switchActive(scene, to));
  if (!isInForce(scene, to, scene.replicas)) return together(capacity, waitForForce(scene, to));
  const targets = targetsInService(scene, activeOf(scene));
  if (!targets.isVerified) return together(capacity, targets.moves);
  const shown = isBack ? noMoves : showPreview(scene, to);
  const last = isBack ? leave(scene, true, []) : verified(scene);
  return together(capacity, shown, last, last.event === undefined ? noMoves : targets.moves);
}

/** The switch is in force: the old revision is kept as it is until the analysis after the switch has passed. */
function verified(scene: Scene): Moves {
  const isWaived = isResumed(scene.status);
  const post = isWaived ? undefined : judgeRun(scene, postPromotionPlace(scene));
  if (post?.kind === 'pending' || post?.kind === 'undecided') return post.moves;
  return leave(scene, false, resumedFacts(scene));
}

/** The old revision gets its time to go before it stops being the stable one, so that no crash can shorten it. */
function leave(scene: Scene, back: boolean, facts: Moves['facts']): Moves {
  const old = back || scene.stable === undefined ? [] : markLeaving(scene, [scene.stable]);
  if (old.length > 0) return effects(...old);
  return { effects: [], facts, patch: leavePause, event: { type: 'promoted', back } };
}
