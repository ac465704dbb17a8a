/** Tells facts to the outside: events on the Rollout, a counter, and a log line. */

import { isArgo } from '../../crds/schema/dialect.ts';
import { groupOf } from '../../kube/ref.ts';
import type { Fact } from '../decision.ts';
import { argoReasons } from './facts.ts';
import type { Observed } from './observed.ts';
import type { RolloutReconcilerOptions } from './options.ts';

type TellOptions = Pick<RolloutReconcilerOptions, 'events' | 'metrics' | 'log' | 'dialect'>;

/** In argoproj.io only Argo's own reasons become events: their order is observable there. */
export function tell(options: TellOptions, observed: Observed, facts: readonly Fact[]): void {
  const { apiVersion, kind, metadata } = observed.rollout;
  const { name, namespace, uid } = metadata;
  for (const { reason, type, message, at } of facts) {
    options.metrics?.fact(reason);
    options.log.info(message, { rollout: `${namespace}/${name}`, reason });
    if (isArgo(options.dialect) && !argoReasons.has(reason)) continue;
    const regarding = { group: groupOf(apiVersion), apiVersion, kind, namespace, name, uid };
    options.events.record({ regarding, type, reason, message, at });
  }
}
