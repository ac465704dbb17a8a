/** Rollouts of a set with the strategy of a preset that is in the set too: the first release of one has no status to read it from. */

import { ownGroup } from '../../crds/schema/dialect.ts';
import { presetNow } from '../rollout/preset.ts';
import { groupOf, type Manifest } from './objects.ts';

/** The Rollout as its first revision will run; unchanged when the set does not hold its preset. */
export function withPresetOfSet(rollout: Manifest, set: readonly Manifest[]): Manifest {
  const use = presetNow(rollout, ({ name, clusterScope }) => {
    const kind = clusterScope === true ? 'ClusterStrategyPreset' : 'StrategyPreset';
    return set.find((one) => one.kind === kind && one.metadata.name === name && groupOf(one.apiVersion) === ownGroup);
  });
  return use?.object ?? rollout;
}
