/** Which part of blue-green has the word in each lifecycle state. */

import { stopUnwanted } from './analysis.ts';
import { withTidiedRuns } from './analysis-history.ts';
import { runPreview } from './blue-green-preview.ts';
import { goBack, stayAborted } from './blue-green-retreat.ts';
import { deployFirst, stayStable } from './blue-green-settled.ts';
import { switchOver } from './blue-green-switch.ts';
import { waitOnTrouble } from './failure.ts';
import { type Moves, noMoves, together } from './moves.ts';
import { deadlineTimer } from './progress.ts';
import type { Scene } from './scene.ts';

/** The move of the state that a blue-green Rollout is in. */
export function driveBlueGreen(scene: Scene): Moves {
  switch (scene.state) {
    case 'new':
      return noMoves;
    case 'deploying':
      return deployFirst(scene);
    case 'stable':
      return together(stopUnwanted(scene), stayStable(scene));
    case 'stepping':
      return onTrial(scene, runPreview(scene));
    case 'promoting':
      return onTrial(scene, switchOver(scene));
    case 'aborting':
    case 'superseding':
    case 'returning':
      return together(stopUnwanted(scene), goBack(scene));
    case 'aborted':
      return withTidiedRuns(scene, together(stopUnwanted(scene), stayAborted(scene)));
  }
}

function onTrial(scene: Scene, forward: Moves): Moves {
  const timer = deadlineTimer(scene);
  return together(waitOnTrouble(scene), stopUnwanted(scene), forward, timer);
}
