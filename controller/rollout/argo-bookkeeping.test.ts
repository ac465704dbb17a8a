import { describe, expect, it } from 'vitest';
import { argoDialect, tidegateDialect } from '../../crds/schema/dialect.ts';
import { keys } from '../../crds/schema/keys.ts';
import { argoBookkeeping } from './argo-bookkeeping.ts';
import { sceneOf } from './scene.ts';
import { anObserved, aReplicaSet, aStatus } from './testing/builders.ts';

const argoKeys = keys(argoDialect);

function scene(dialect = argoDialect, desired = '5', replicas: number | undefined = 5) {
  const annotations = { [argoKeys.desiredReplicas]: desired };
  const status = aStatus({ currentPodHash: 'one' });
  const observed = anObserved({ dialect, rollout: { status }, replicaSets: [aReplicaSet('one', { annotations })] });
  const { replicas: _set, ...spec } = observed.rollout.spec;
  const rollout = { ...observed.rollout, spec: { ...spec, ...(replicas === undefined ? {} : { replicas }) } };
  return sceneOf({ ...observed, rollout }, status);
}

describe('argoBookkeeping', () => {
  it('has nothing to do when all is noted, and nothing at all in tidegate.io', () => {
    expect(argoBookkeeping(scene())).toEqual([]);
    expect(argoBookkeeping(scene(tidegateDialect, '3'))).toEqual([]);
  });

  it('notes a scale event that left the size as it was [annotation:rollout.argoproj.io/desired-replicas]', () => {
    expect(argoBookkeeping(scene(argoDialect, '3'))).toEqual([
      expect.objectContaining({ kind: 'Annotate', set: { [argoKeys.desiredReplicas]: '5' } }),
    ]);
  });

  it('writes the default of spec.replicas back, for autoscalers [Rollout.spec.replicas]', () => {
    const bare = { ...scene(argoDialect, '1'), replicas: 1 };
    const { replicas: _unset, ...spec } = bare.observed.rollout.spec;
    const unset = { ...bare, observed: { ...bare.observed, rollout: { ...bare.observed.rollout, spec } } };

    expect(argoBookkeeping(unset)).toEqual([
      expect.objectContaining({ kind: 'Patch', patch: { spec: { replicas: 1 } } }),
    ]);
  });
});
