/** What Argo Rollouts tells of a router by events of its own (argo-rollouts.md 2.13), in argoproj.io only: elsewhere status.waiting has it. */

import { isArgo } from '../../crds/schema/dialect.ts';
import type { Fact } from '../decision.ts';
import type { PlanScope, WeightPlan } from '../traffic/router.ts';
import { fact } from './facts.ts';
import type { Scene } from './scene.ts';

/** The router can't be given the weights: its objects don't allow it. */
export function refusalFacts({ observed, now }: Scene, message: string): readonly Fact[] {
  return isArgo(observed.dialect) ? [fact(now, 'TrafficRoutingError', message)] : [];
}

/** The weights in force can't be read. */
export function unverifiedFacts({ observed, now }: Scene, why: string): readonly Fact[] {
  return isArgo(observed.dialect) ? [fact(now, 'WeightVerifyError', `The weights could not be verified: ${why}`)] : [];
}

/** One per Ingress of the AWS load balancer that is about to be written. */
export function ingressFacts({ observed, now }: Scene, wanted: WeightPlan, scope?: PlanScope): readonly Fact[] {
  const { rollout, traffic, dialect } = observed;
  const { alb } = rollout.spec.strategy?.canary?.trafficRouting ?? {};
  if (!isArgo(dialect) || alb === undefined || traffic === undefined) return [];
  const names: ReadonlySet<string> = new Set([
    ...(alb.ingress === undefined ? [] : [alb.ingress]),
    ...(alb.ingresses ?? []),
  ]);
  const writes = traffic.router.plan(rollout, wanted, traffic.found, scope);
  if ('kind' in writes) return [];
  const canary = wanted.destinations.find(({ role }) => role === 'canary')?.weight ?? 0;
  return writes
    .filter(({ object }) => object.kind === 'Ingress' && names.has(object.metadata.name))
    .map(({ object }) =>
      fact(
        now,
        'PatchingALBIngress',
        `Ingress ${object.metadata.name} is given canary weight ${canary} of ${wanted.total}`,
      ),
    );
}
