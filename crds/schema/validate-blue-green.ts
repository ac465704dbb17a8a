/** Rules about spec.strategy.blueGreen that the API server's schema can't say, or Argo's schema doesn't. */

import { revisionHistoryLimit } from './defaults.ts';
import { resolveIntOrPercent } from './int-or-string.ts';
import { type Problem, type Report, valueText } from './problem.ts';
import type { Rollout } from './rollout.ts';

const field = 'spec.strategy.blueGreen';

const numberFields = [
  'previewReplicaCount',
  'autoPromotionSeconds',
  'scaleDownDelaySeconds',
  'scaleDownDelayRevisionLimit',
  'abortScaleDownDelaySeconds',
] as const;

/** Everything wrong with the blue-green strategy of a Rollout; nothing for one with another strategy. */
export function validateBlueGreen(rollout: Rollout, report: Report): Problem[] {
  const { blueGreen } = rollout.spec.strategy;
  if (blueGreen === undefined) return [];
  const { activeService, previewService, maxUnavailable, scaleDownDelayRevisionLimit: limit } = blueGreen;
  const problems = numberFields
    .filter((name) => (blueGreen[name] ?? 0) < 0)
    .map((name) => report(`${field}.${name}`, valueText(blueGreen[name]), 'it must be 0 or more', 'raise it'));
  if (!activeService)
    problems.push(report(`${field}.activeService`, 'empty', 'it is required', 'name the Service for live traffic'));
  if (activeService && activeService === previewService)
    problems.push(
      report(
        `${field}.previewService`,
        valueText(previewService),
        'it must differ from activeService',
        'name another Service',
      ),
    );
  const history = revisionHistoryLimit(rollout);
  if (limit !== undefined && limit > history)
    problems.push(
      report(
        `${field}.scaleDownDelayRevisionLimit`,
        valueText(limit),
        `it must not be above spec.revisionHistoryLimit, which is ${history}`,
        'lower it or raise spec.revisionHistoryLimit',
      ),
    );
  if (maxUnavailable !== undefined && resolveIntOrPercent(maxUnavailable, 100, 'up') === undefined)
    problems.push(
      report(
        `${field}.maxUnavailable`,
        valueText(maxUnavailable),
        'it must be a whole number of 0 or more, or a percentage',
        'write for example 1 or 25%',
      ),
    );
  return problems;
}
