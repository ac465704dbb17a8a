/** A spec that lost its blueGreen strategy in the middle of an update: the active Service selects what was written to it. */

import { objectText } from '../../crds/schema/problem.ts';
import { isUnderWay } from './lifecycle-status.ts';
import type { Observed, SpecProblem } from './observed.ts';

/** The same observation, with a problem when another strategy would take over while a revision is on its way by blue-green. */
export function withLostActive(observed: Observed): Observed {
  const { rollout, problems } = observed;
  const { blueGreen } = rollout.spec.strategy;
  const { status } = rollout;
  if (blueGreen !== undefined || problems.some((one) => one.scope === 'spec')) return observed;
  if (status.blueGreen?.activeSelector === undefined || !isUnderWay(status)) return observed;
  return { ...observed, problems: [...problems, lostActive(observed)] };
}

function lostActive({ rollout }: Observed): SpecProblem {
  const field = 'spec.strategy.blueGreen';
  const message = `${objectText(rollout)}: ${field} was removed in the middle of an update, and nobody else knows the Service for live traffic: put it back, let the update end or abort it, and change the strategy then.`;
  return { scope: 'spec', field, message };
}
