/** A new Rollout must not take the Service of one that is leaving: two Rollouts would switch one selector. Pure. */

import { objectText, problem, type Problem } from '../../crds/schema/problem.ts';
import type { Keys } from '../../crds/schema/keys.ts';
import { annotationOf, idOf, type Manifest, objectId } from './objects.ts';
import { servicesOf } from './overlay.ts';
import { asRollout } from './rollout-state.ts';

/** `live`: Rollouts of this GitSync in the cluster. Those that are also in the set keep what is theirs. */
export function serviceClashes(wanted: readonly Manifest[], live: readonly Manifest[], keys: Keys): readonly Problem[] {
  const rollouts = wanted.filter((object) => object.kind === 'Rollout');
  const staying = new Set(rollouts.map(objectId));
  const leavingOnes = live.filter((one) => !staying.has(objectId(one)));
  const present = new Set(live.map(objectId));
  return rollouts
    .filter((rollout) => !present.has(objectId(rollout)))
    .flatMap((rollout) => clashesOf(rollout, leavingOnes, keys));
}

function clashesOf(rollout: Manifest, leavingOnes: readonly Manifest[], keys: Keys): readonly Problem[] {
  const mine = new Map(servicesOf(asRollout(rollout)).map((key) => [idOf(key), key.name]));
  return leavingOnes.flatMap((old) => {
    const shared = servicesOf(asRollout(old)).find((key) => mine.has(idOf(key)));
    if (shared === undefined) return [];
    const renamed = annotationOf(rollout, keys.renamedFrom) === old.metadata.name;
    return [
      problem({
        object: objectText(rollout),
        field: 'spec.strategy',
        found: `using Service ${shared.name} of ${objectText(old)}, which is leaving Git`,
        allowed: renamed
          ? `not supported yet: taking over its ReplicaSets by the annotation ${keys.renamedFrom}`
          : 'a Service may belong to one Rollout at a time',
        remedy: `give it Services of its own, or remove ${objectText(old)} in an earlier commit`,
      }),
    ];
  });
}
