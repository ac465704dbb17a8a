import { describe, expect, it } from 'vitest';
import { decide } from './decide.ts';
import { replicaSetObject } from './replica-sets.ts';
import { aReplicaSet, anObserved, aRollout, aStatus, shopKeys } from './testing/builders.ts';

const { metadata, spec } = aRollout({ annotations: { team: 'shop', 'notifications.argoproj.io/subscribe': 'chat' } });
const made = (rollout: object) =>
  replicaSetObject({ ...aRollout(), ...rollout }, { podHash: 'two', revision: 2, replicas: 3, keys: shopKeys });

describe('a new ReplicaSet', () => {
  it('has the annotations of the Rollout but those about notifications', () => {
    const { annotations } = made({ metadata }).metadata as { annotations: object };

    expect(annotations).toMatchObject({ team: 'shop', [shopKeys.desiredReplicas]: '5' });
    expect(Object.keys(annotations)).not.toContain('notifications.argoproj.io/subscribe');
  });

  it('says which controller serves it, when several run side by side', () => {
    const labels = { [shopKeys.instanceId]: 'blue' };

    expect(made({ metadata: { ...metadata, labels } })).toMatchObject({ metadata: { labels } });
    expect(JSON.stringify(made({}))).not.toContain(shopKeys.instanceId);
  });

  it('takes over minReadySeconds, and is one pod where spec.replicas is not set', () => {
    expect(made({ spec: { ...spec, replicas: undefined, minReadySeconds: 7 } })).toMatchObject({
      metadata: { annotations: { [shopKeys.desiredReplicas]: '1' } },
      spec: { minReadySeconds: 7, replicas: 3 },
    });
  });
});

describe('a ReplicaSet that is used again', () => {
  const again = (annotations: Record<string, string>) => {
    const used = aReplicaSet('two', { replicas: 0 });
    const set = { ...used, metadata: { ...used.metadata, annotations } };
    const rollout = { canary: { steps: [{ setWeight: 20 }] }, status: aStatus() };
    return decide(anObserved({ replicaSets: [aReplicaSet('one', { revision: 4 }), set], rollout })).effects;
  };
  const annotated = (effects: ReturnType<typeof again>) =>
    effects.flatMap((one) => (one.kind === 'Annotate' && one.target.kind === 'ReplicaSet' ? [one.set] : []));

  it('gets the next number and remembers those it had', () => {
    expect(annotated(again({ [shopKeys.revision]: '3' }))).toMatchObject([
      { [shopKeys.revision]: '5', [shopKeys.revisionHistory]: '3' },
    ]);
    expect(annotated(again({ [shopKeys.revision]: '3', [shopKeys.revisionHistory]: '1' }))).toMatchObject([
      { [shopKeys.revisionHistory]: '1,3' },
    ]);
  });

  it('remembers nothing when it never had a number', () => {
    const [set] = annotated(again({}));

    expect(set).toMatchObject({ [shopKeys.revision]: '5' });
    expect(set).not.toHaveProperty([shopKeys.revisionHistory]);
  });
});
