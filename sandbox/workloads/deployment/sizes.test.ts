/** How a Deployment's ReplicaSets are sized: limits of a rolling update, and a resize during it. */

import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../kube/api.ts';
import { aReplicaSet } from '../../testing/pods.ts';
import type { ReplicaSetView } from '../views.ts';
import { resizeAll, rollingStep, wasResized } from './sizes.ts';
import { type DeploymentView, deploymentView, desiredAnnotation, maxAnnotation } from './view.ts';

function aDeployment(replicas: number, maxSurge: number | string, maxUnavailable: number | string): DeploymentView {
  const spec: JsonObject = {
    replicas,
    strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge, maxUnavailable } },
  };
  return deploymentView({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'shop' },
    spec,
  });
}

const available = (name: string, replicas: number, availableReplicas = replicas): ReplicaSetView =>
  aReplicaSet(name, replicas, { availableReplicas, replicas });

/** Total sizes of a whole update in which every pod becomes available between two steps, as [new, old]. */
function update(deployment: DeploymentView): readonly (readonly [number, number])[] {
  let [current, old] = [available('new', 0), available('old', deployment.replicas)];
  const sizes: [number, number][] = [];
  for (let step = 0; step < 50; step += 1) {
    const resizes = rollingStep(deployment, { current, old: [old] });
    if (resizes.length === 0) return sizes;
    for (const { set, to } of resizes) {
      if (set === current) current = available('new', to);
      else old = available('old', to);
    }
    sizes.push([current.replicas, old.replicas]);
  }
  throw new Error('the update does not end');
}

describe('rolling update', () => {
  it('goes up and down within its limits', () => {
    expect(update(aDeployment(4, 1, 0))).toEqual([
      [1, 4],
      [1, 3],
      [2, 3],
      [2, 2],
      [3, 2],
      [3, 1],
      [4, 1],
      [4, 0],
    ]);
  });

  it.each([
    [10, '25%', '25%'],
    [3, '34%', 0],
    [5, 0, 2],
    [1, '25%', '25%'],
    [7, 3, '50%'],
  ] as const)(
    '%i replicas, surge %s, unavailable %s: never above, never below, and it ends',
    (replicas, surge, out) => {
      const deployment = aDeployment(replicas, surge, out);
      const sizes = update(deployment);

      expect(sizes.at(-1)).toEqual([replicas, 0]);
      for (const [current, old] of sizes) {
        expect(current + old).toBeLessThanOrEqual(replicas + deployment.maxSurge);
        expect(current + old).toBeGreaterThanOrEqual(replicas - deployment.maxUnavailable);
      }
    },
  );

  it('takes unhealthy old pods first and keeps those that serve', () => {
    const sets = { current: available('new', 1, 0), old: [available('a', 3, 1), available('b', 2, 2)] };

    expect(rollingStep(aDeployment(5, 1, 2), sets).map(({ set, to }) => [set.metadata.name, to])).toEqual([['a', 1]]);
  });
});

describe('resize', () => {
  const sized = (name: string, replicas: number, of: number): ReplicaSetView =>
    aReplicaSet(name, replicas, {}, { [desiredAnnotation]: String(of), [maxAnnotation]: String(of + 1) });

  it('is noticed, and spread in proportion over what runs', () => {
    const sets = { current: sized('new', 5, 10), old: [sized('old', 6, 10)] };
    const deployment = aDeployment(20, 1, 0);

    expect(wasResized(deployment, sets)).toBe(true);
    const resizes = resizeAll(deployment, sets);
    expect(resizes.reduce((sum, one) => sum + one.to, 0)).toBe(21);
    expect(Object.fromEntries(resizes.map(({ set, to }) => [set.metadata.name, to]))).toEqual({ old: 11, new: 10 });
  });

  it('goes to the only one that runs', () => {
    const sets = { current: sized('new', 0, 3), old: [sized('old', 3, 3)] };

    expect(resizeAll(aDeployment(5, 1, 0), sets).map(({ set, to }) => [set.metadata.name, to])).toEqual([['old', 5]]);
  });
});
