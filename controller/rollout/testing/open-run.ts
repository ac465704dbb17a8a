/** The record of a release under way, as it stands in the cluster when its Rollout was deleted. */

import type { RolloutRunObject } from '../stores.ts';
import { takeBackOf } from '../take-back.ts';
import { aRollout } from './builders.ts';

/** Of revision 2 (`two`) beside the stable `one`. */
export function anOpenRun(rollout: Parameters<typeof takeBackOf>[0] = aRollout()): RolloutRunObject {
  return {
    apiVersion: 'tidegate.io/v1alpha1',
    kind: 'RolloutRun',
    metadata: { name: 'web-2-two', namespace: 'shop', uid: 'uid-run', resourceVersion: '7' },
    spec: {
      rollout: { name: 'web', uid: 'rollout-uid' },
      revision: 2,
      podHash: 'two',
      stablePodHash: 'one',
      attempt: 1,
      // As the API server gives it: without what is undefined.
      takeBack: JSON.parse(JSON.stringify(takeBackOf(rollout))),
    },
  };
}
