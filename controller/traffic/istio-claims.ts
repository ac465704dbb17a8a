/** Which live fields of Istio's objects a sync from Git must keep. It may be asked of one object at a time. */

import type { Rollout } from '../../crds/schema/rollout.ts';
import { asDestinationRule, asVirtualService, destinationRuleKey, virtualServiceKey } from './istio-objects.ts';
import {
  type Locate,
  locator,
  managedNames,
  serviceTargets,
  type ServiceTarget,
  weightedEntries,
} from './istio-select.ts';
import { isExperiments } from './istio-subsets.ts';
import { isRefusal, keysOf, namespaceOf, routingOf, sidesOf } from './mesh-split.ts';
import type { Claim, Found } from './router.ts';

/** Weights of both sides, and whole the entries and destinations that steps added. */
export function istioClaims(rollout: Rollout, found: Found): readonly Claim[] {
  const locate = locator(rollout, sidesOf(rollout), undefined);
  const own = serviceTargets(rollout).filter((one) => one.namespace === namespaceOf(rollout));
  return [...own.flatMap((target) => serviceClaim(rollout, target, locate, found)), ...ruleClaim(rollout, found)];
}

function serviceClaim(rollout: Rollout, target: ServiceTarget, locate: Locate, found: Found): readonly Claim[] {
  const key = virtualServiceKey(target.namespace, target.name);
  const raw = found(key);
  if (raw === undefined) return [];
  const object = asVirtualService(raw);
  const names = new Set(managedNames(rollout));
  const added = (object.spec?.http ?? []).flatMap((entry, index) =>
    names.has(entry.name ?? '') ? [`/spec/http/${index}`] : [],
  );
  const weighted = weightedEntries(rollout, object, target, locate);
  const weights = (isRefusal(weighted) ? [] : weighted).flatMap(({ protocol, index, entry }) =>
    (entry.route ?? []).flatMap((split, at) => {
      const pointer = `/spec/${protocol}/${index}/route/${at}`;
      const side = locate(split);
      if (side === undefined) return (split.weight ?? 0) > 0 ? [pointer] : [];
      return side === 'fixed' ? [] : [`${pointer}/weight`];
    }),
  );
  return [{ object: key, pointers: [...added, ...weights] }];
}

function ruleClaim(rollout: Rollout, found: Found): readonly Claim[] {
  const named = routingOf(rollout)?.istio?.destinationRule;
  const key = named && destinationRuleKey(namespaceOf(rollout), named.name);
  const rule = key && found(key);
  if (named === undefined || key === undefined || rule === undefined) return [];
  const label = keysOf(rollout).podTemplateHash;
  const own = new Set([named.stableSubsetName, named.canarySubsetName]);
  const pointers = (asDestinationRule(rule).spec?.subsets ?? []).flatMap((subset, index) => {
    if (own.has(subset.name)) return [`/spec/subsets/${index}/labels/${label}`];
    return isExperiments(subset, label) ? [`/spec/subsets/${index}`] : [];
  });
  return [{ object: key, pointers }];
}
