/**
 * Sides of a Rollout without Services of their own: one Service for both revisions, told apart by the labels of subsets. The
 * label of a subset then says what a Service's selector says elsewhere, and only a decision changes it.
 */

import type { Rollout } from '../../crds/schema/rollout.ts';
import { servicesOf } from '../../crds/schema/services-of.ts';
import type { JsonObject, KubeObject } from '../../kube/api.ts';
import { asDestinationRule, destinationRuleKey } from './istio-objects.ts';
import { keysOf, namespaceOf, routingOf } from './mesh-split.ts';
import type { Found, RouterSide, RouteWrite, Side } from './router.ts';

/** True when the Rollout names no Service for this side, so that its subset alone says which revision stands there. */
export function standsAlone(rollout: Rollout, side: Side): boolean {
  return routingOf(rollout)?.istio?.destinationRule !== undefined && servicesOf(rollout)[side] === undefined;
}

function ruleOf(rollout: Rollout, side: Side, found: Found) {
  const named = routingOf(rollout)?.istio?.destinationRule;
  const object = named && found(destinationRuleKey(namespaceOf(rollout), named.name));
  if (named === undefined || object === undefined || !standsAlone(rollout, side)) return undefined;
  return { object, name: side === 'stable' ? named.stableSubsetName : named.canarySubsetName };
}

/** The subset of a side that has no Service; undefined where it has one, and while rule or subset are missing. */
export function istioSide(rollout: Rollout, side: Side, found: Found): RouterSide | undefined {
  const rule = ruleOf(rollout, side, found);
  const subset = rule && subsetsOf(rule.object).find((one) => one.name === rule.name);
  if (rule === undefined || subset === undefined) return undefined;
  const { object, name } = rule;
  return {
    object,
    text: `subset ${name} of DestinationRule ${object.metadata.name}`,
    podHash: subset.labels?.[keysOf(rollout).podTemplateHash] || undefined,
  };
}

/** The write that labels the subset of a side with a revision; undefined where `istioSide` is. */
export function labelSide(rollout: Rollout, side: Side, podHash: string, found: Found): RouteWrite | undefined {
  const rule = ruleOf(rollout, side, found);
  if (rule === undefined) return undefined;
  const { podTemplateHash, managedByRollouts } = keysOf(rollout);
  const subsets = subsetsOf(rule.object).map((one) =>
    one.name === rule.name ? { ...one, labels: { ...one.labels, [podTemplateHash]: podHash } } : one,
  );
  const annotations = { [managedByRollouts]: rollout.metadata.name };
  const patch = { metadata: { annotations }, spec: { subsets: subsets as unknown as JsonObject[] } };
  return { kind: 'patch', object: rule.object, patch };
}

function subsetsOf(rule: KubeObject & JsonObject) {
  return asDestinationRule(rule).spec?.subsets ?? [];
}
