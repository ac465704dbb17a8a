/** Steps that the routers of a Rollout can't carry out, found before anything starts. */

import type { CanaryStep } from '../../crds/schema/canary-steps.ts';
import type { Rollout } from '../../crds/schema/rollout.ts';
import type { Refusal, TrafficRouter } from './router.ts';

type Need = readonly [ability: 'header' | 'mirror' | 'extra', field: string, what: string];

/** One refusal per step; empty when the router can do all that the plan asks for. */
export function inabilities(rollout: Rollout, router: TrafficRouter): readonly Refusal[] {
  return (rollout.spec.strategy?.canary?.steps ?? []).flatMap((step, index) =>
    needsOf(step)
      .filter(([ability]) => !router.can.has(ability))
      .map(
        ([, field, what]): Refusal => ({
          kind: 'refused',
          field: `spec.strategy.canary.steps[${index}].${field}`,
          message: `router ${router.name} can not make ${what}; remove the step or use a router that can, such as gatewayAPI`,
        }),
      ),
  );
}

function needsOf({ setHeaderRoute, setMirrorRoute, experiment }: CanaryStep): readonly Need[] {
  const isWeighted = experiment?.templates?.some((one) => one.weight !== undefined) ?? false;
  return [
    ...(setHeaderRoute?.match?.length ? [['header', 'setHeaderRoute', 'header routes'] as const] : []),
    ...(setMirrorRoute?.match?.length ? [['mirror', 'setMirrorRoute', 'mirror routes'] as const] : []),
    ...(isWeighted ? [['extra', 'experiment.templates', 'weights for the Services of an experiment'] as const] : []),
  ];
}
