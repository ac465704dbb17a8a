import { describe, expect, it } from 'vitest';
import type { CanaryStrategy } from '../../crds/schema/canary.ts';
import type { JsonObject } from '../../kube/api.ts';
import { metadataEffects, withRoleMetadata } from './ephemeral-metadata.ts';
import type { PodView, ReplicaSetView } from './observed.ts';
import { sceneOf } from './scene.ts';
import { anObserved, aPod, aReplicaSet, aStatus, shopKeys } from './testing/builders.ts';

const roles: CanaryStrategy = {
  canaryMetadata: { labels: { role: 'canary' }, annotations: { zone: 'b', area: 'a', zoo: 'c' } },
  stableMetadata: { labels: { role: 'stable' } },
};
const note = shopKeys.ephemeralMetadata;
const canaryText = '{"labels":{"role":"canary"},"annotations":{"area":"a","zone":"b","zoo":"c"}}';
const stableText = '{"labels":{"role":"stable"}}';

function sceneWith(canary: CanaryStrategy, replicaSets: readonly ReplicaSetView[] = [], pods: readonly PodView[] = []) {
  return sceneOf(anObserved({ rollout: { canary }, replicaSets, pods }), aStatus());
}

function dressed(hash: string, text: string | undefined) {
  return aReplicaSet(hash, { annotations: text === undefined ? {} : { [note]: text } });
}

/** What is written, by object. */
function patches(canary: CanaryStrategy, sets: readonly ReplicaSetView[], pods: readonly PodView[] = []) {
  const effects = metadataEffects(sceneWith(canary, sets, pods));
  return Object.fromEntries(
    effects.map((one) => [one.kind === 'Patch' ? one.target.name : '', one.kind === 'Patch' ? one.patch : one]),
  );
}

describe('metadata of roles', () => {
  it('stands in a new ReplicaSet and its pods from the start, besides their own', () => {
    const plain = {
      metadata: { annotations: { own: '1' } },
      spec: { template: { metadata: { labels: { app: 'web' } }, spec: {} } },
    };

    expect(withRoleMetadata(sceneWith(roles), plain)).toEqual({
      metadata: { annotations: { own: '1', [note]: canaryText } },
      spec: {
        template: {
          metadata: {
            labels: { app: 'web', role: 'canary' },
            annotations: { area: 'a', zone: 'b', zoo: 'c', [note]: canaryText },
          },
          spec: {},
        },
      },
    });
  });

  it('adds no labels where only annotations are asked for', () => {
    const made = withRoleMetadata(sceneWith({ canaryMetadata: { annotations: { a: 'b' } } }), {}) as {
      spec: { template: JsonObject };
    };

    expect(made.spec.template).toEqual({
      metadata: { annotations: { a: 'b', [note]: '{"annotations":{"a":"b"}}' } },
    });
  });

  it('leaves a ReplicaSet as it is when nobody asks for any', () => {
    const plain = { spec: {} };

    expect(withRoleMetadata(sceneWith({}), plain)).toBe(plain);
  });

  it('changes with the role: what was added goes, what the new role wants comes, ReplicaSets before pods', () => {
    const pod = { ...aPod('one'), metadata: { ...aPod('one').metadata, annotations: { [note]: canaryText } } };
    const written = patches(roles, [dressed('one', canaryText)], [pod]);
    const metadata = {
      labels: { role: 'stable' },
      annotations: { zone: null, area: null, zoo: null, [note]: stableText },
    };

    expect(Object.keys(written)).toEqual(['web-one', 'web-one-1']);
    expect(written['web-one-1']).toEqual({ metadata });
    expect(written['web-one']).toEqual({
      metadata: { annotations: { [note]: stableText } },
      spec: { template: { metadata } },
    });
  });

  it('takes all of it away when nobody asks for it any more', () => {
    expect(patches({}, [dressed('one', stableText)])['web-one']).toEqual({
      metadata: { annotations: { [note]: null } },
      spec: { template: { metadata: { labels: { role: null }, annotations: { [note]: null } } } },
    });
  });

  it('writes nothing to what is dressed already', () => {
    expect(patches(roles, [dressed('one', stableText), dressed('two', canaryText)])).toEqual({});
  });

  it('gives back the value that the template itself has for a key', () => {
    const observed = anObserved({
      podHash: 'two',
      rollout: { canary: {} },
      replicaSets: [dressed('two', '{"labels":{"app":"x"}}')],
    });
    const [effect] = metadataEffects(sceneOf(observed, aStatus()));

    expect(effect).toMatchObject({ patch: { spec: { template: { metadata: { labels: { app: 'web' } } } } } });
  });

  it.each([
    ['no JSON', '{'],
    ['no object', '"canary"'],
    ['no texts', '{"labels":{"role":1},"annotations":[]}'],
  ])('takes nothing away by a note of somebody else that is %s', (_what, text) => {
    expect(patches(roles, [dressed('one', text)])['web-one']).toMatchObject({
      spec: { template: { metadata: { labels: { role: 'stable' }, annotations: { [note]: stableText } } } },
    });
  });

  it('touches nothing of a Rollout that nothing is known of yet', () => {
    const observed = anObserved({ rollout: { canary: roles }, replicaSets: [dressed('one', undefined)] });

    expect(metadataEffects(sceneOf(observed, {}))).toEqual([]);
  });
});
