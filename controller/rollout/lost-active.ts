/** A spec that lost its blueGreen strategy in the middle of an update: the active Service selects what was written to it. */

import { objectText } from '../../crds/schema/problem.ts';
import type { Observed, SpecProblem } from './observed.ts';
import { sceneOf } from './scene.ts';

/** The same observation, with a problem when another strategy would take over while a revision is on its way by blue-green. */
export function withLostActive(observed: Observed): Observed {
  const { rollout, problems } = observed;
  const { status = {} } = rollout;
  const { blueGreen } = rollout.spec.strategy;
  if (blueGreen !== undefined || problems.some((one) => one.scope === 'spec')) return observed;
  if (status.blueGreen?.activeSelector === undefined || !isUnderWay(observed)) return observed;
  return { ...observed, problems: [...problems, lostActive(observed)] };
}

function isUnderWay(observed: Observed): boolean {
  switch (sceneOf(observed, observed.rollout.status).state) {
    case 'stepping':
    case 'promoting':
    case 'aborting':
    case 'superseding':
    case 'returning':
      return true;
    case 'new':
    case 'deploying':
    case 'stable':
    case 'aborted':
      return false;
  }
}

function lostActive({ rollout }: Observed): SpecProblem {
  const field = 'spec.strategy.blueGreen';
  const message = `${objectText(rollout)}: ${field} was removed in the middle of an update, and nobody else knows the Service for live traffic: put it back, let the update end or abort it, and change the strategy then.`;
  return { scope: 'spec', field, message };
}
