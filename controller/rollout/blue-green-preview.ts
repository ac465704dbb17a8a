/**
 * 'stepping' of a blue-green Rollout: the new revision is made beside the old one, shown behind the preview Service,
 * analysed, and waits; then it gets its whole size. Live traffic is not touched.
 */

import { judgeRun } from './analysis.ts';
import { prePromotionPlace } from './blue-green-places.ts';
import {
  activeIsMissing,
  activeOf,
  previewOf,
  previewSize,
  sizeCurrent,
  sizeStable,
  switchActive,
} from './blue-green.ts';
import { resumedFacts, switchPause } from './blue-green-pause.ts';
import { keepServed, retire } from './blue-green-retire.ts';
import { effects, type Moves, noMoves, together } from './moves.ts';
import { heldWait, isResumed, leavePause } from './pause.ts';
import { scaleTo } from './replica-sets.ts';
import { withoutDeadline } from './scale-down-deadline.ts';
import { available, isHeld, type Scene } from './scene.ts';
import { selectRevision, waitForPods } from './services.ts';

/** One pass of 'stepping'. */
export function runPreview(scene: Scene): Moves {
  if (isHeld(scene)) return together(holdPreview(scene), heldWait());
  const live = keepActive(scene);
  // Without a hash it would send live traffic to the first pod of the preview, too.
  if (live.effects.length > 0) return live;
  // Pods that it has already may still end requests (a retry right after an abort): it is never made smaller for the preview.
  const size = Math.max(previewSize(scene), Math.min(scene.current?.replicas ?? 0, scene.replicas));
  const sizes = effects(...keepStableSize(scene), ...sizeCurrent(scene, size));
  const shown = size > 0 ? selectRevision(scene, previewOf(scene), scene.currentHash) : noMoves;
  const isSized = scene.current?.replicas === size && available(scene.current) >= size;
  const wait = isSized ? noMoves : waitForPods(scene, scene.currentHash, available(scene.current), size);
  const prelude = together(sizes, wait, shown, retire(scene), live);
  if (prelude.effects.length > 0 || wait.waiting || shown.waiting) return prelude;
  return together(outcome(scene), { ...prelude, waiting: undefined });
}

/** Held, or while an analysis of another kind has the word: sizes follow spec.replicas, and live traffic stays with stable. */
export function holdPreview(scene: Scene): Moves {
  const { current } = scene;
  const grows = current !== undefined && current.replicas > 0 && current.replicas < previewSize(scene);
  const own = grows ? scaleTo(scene, current, previewSize(scene)) : [];
  return together(keepActive(scene), effects(...keepStableSize(scene), ...own));
}

function keepStableSize(scene: Scene) {
  return [...withoutDeadline(scene, [scene.stable]), ...sizeStable(scene)];
}

/** The active Service belongs to stable: somebody may have changed it, or it was made anew without a hash. */
function keepActive(scene: Scene): Moves {
  if (activeOf(scene) === undefined) return activeIsMissing(scene);
  const back = switchActive(scene, scene.stableHash);
  // A stable revision that is not whole never holds up the one that may mend it.
  return together(keepServed(scene), effects(...back.effects));
}

/** The preview is whole and shown. */
function outcome(scene: Scene): Moves {
  if (scene.status.blueGreen?.scaleUpPreviewCheckPoint === true) return begin(scene);
  // Whoever resumes knows what the analysis said: that ends the pause after it as well.
  if (!isResumed(scene.status)) {
    const pre = judgeRun(scene, prePromotionPlace(scene));
    if (pre.kind === 'pending' || pre.kind === 'undecided') return pre.moves;
  }
  const pause = switchPause(scene);
  if (pause.kind === 'on') return pause.moves;
  return scene.blueGreen?.previewReplicaCount === undefined ? begin(scene) : scaleUp(scene);
}

function begin(scene: Scene): Moves {
  return { effects: [], facts: resumedFacts(scene), patch: leavePause, event: { type: 'steps-done' } };
}

/** Recorded before the preview gets its whole size, so that neither analysis nor pause come again. */
function scaleUp(scene: Scene): Moves {
  const blueGreen = { ...scene.status.blueGreen, scaleUpPreviewCheckPoint: true };
  return { effects: [], facts: resumedFacts(scene), patch: { ...leavePause, blueGreen } };
}
