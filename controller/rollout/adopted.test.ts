/** A Rollout over the ReplicaSets of a Deployment that stays as a paused hull. */

import { describe, expect, it } from 'vitest';
import { deploymentHashLabel, ownKeys, podTemplateHashLabel } from '../../crds/schema/keys.ts';
import type { ApiResult, JsonObject, KubeClient, KubeObject, ListResult, OwnerRef } from '../../kube/api.ts';
import { followHull, hullEffects, hullOwner, keysFor, straysOf } from './adopted.ts';
import { keepAway, labelAdoptedPods } from './adopted-writes.ts';
import type { Observed, RolloutObject } from './observed.ts';
import { sceneOf } from './scene.ts';
import { aPod, anObserved, aReplicaSet, aRollout, aStatus, shopKeys } from './testing/builders.ts';
import { fakeClient } from './testing/fake-client.ts';
import { type WorkloadView, workloadView } from './workload-view.ts';
import type { WorkloadStores } from './workload.ts';

const hullRef: OwnerRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', uid: 'hull' };
const mine = (uid = 'rollout-uid'): OwnerRef => ({ ...hullRef, kind: 'Rollout', uid, controller: true });
const workloadRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' };

function adopted(annotations: Record<string, string> = { [ownKeys.adopted]: 'hull' }) {
  const rollout = aRollout({ annotations });
  return { ...rollout, spec: { ...rollout.spec, workloadRef } };
}

function aHull(spec: JsonObject = {}, uid = 'hull', kind = 'Deployment'): WorkloadView {
  const metadata = { name: 'web', namespace: 'shop', uid, resourceVersion: '1' };
  return workloadView({ apiVersion: 'apps/v1', kind, metadata, spec: { paused: true, replicas: 3, ...spec } });
}

function owned(hash: string, ...ownerReferences: OwnerRef[]) {
  const set = aReplicaSet(hash);
  return { ...set, metadata: { ...set.metadata, ownerReferences } };
}

function seen(given: Partial<Observed> = {}): Observed {
  return { ...anObserved({ replicaSets: [owned('one', mine(), hullRef)] }), rollout: adopted(), ...given };
}

const effectsOf = (hull: WorkloadView, given: Partial<Observed> = {}) =>
  hullEffects(sceneOf(seen(given), aStatus()), hull);

describe('an adopted workload', () => {
  it('keeps the hash label of the Deployment, and every other Rollout its own', () => {
    expect(keysFor(adopted(), shopKeys).podTemplateHash).toBe(deploymentHashLabel);
    expect(keysFor(aRollout(), shopKeys)).toBe(shopKeys);
  });

  it('has as many pods as its hull asks for', () => {
    expect(followHull(adopted(), aHull()).spec.replicas).toBe(3);
    expect(followHull(adopted(), undefined).spec.replicas).toBe(5);
    expect(followHull(aRollout(), aHull()).spec.replicas).toBe(5);
    expect(followHull(adopted(), aHull({ replicas: null })).spec.replicas).toBe(5);
  });

  it('has the hull as an owner beside the Rollout', () => {
    const { workloadRef: _, ...spec } = adopted().spec;

    expect(hullOwner(adopted())).toEqual([hullRef]);
    expect(hullOwner(aRollout())).toEqual([]);
    expect(hullOwner({ ...adopted(), spec })).toEqual([]);
  });
});

describe('the hull', () => {
  it('is paused again when somebody lets it run', () => {
    expect(effectsOf(aHull({ paused: false }))).toMatchObject([
      { kind: 'Patch', target: { kind: 'Deployment', name: 'web' }, patch: { spec: { paused: true } } },
    ]);
  });

  it('that was made anew under its name is the hull from then on, and owns the ReplicaSets', () => {
    expect(effectsOf(aHull({}, 'anew'))).toMatchObject([{ kind: 'Annotate', set: { [ownKeys.adopted]: 'anew' } }]);
    const rollout = adopted({ [ownKeys.adopted]: 'anew' });
    const effects = effectsOf(aHull({}, 'anew'), { rollout });

    expect(effects).toEqual([
      {
        kind: 'Patch',
        target: expect.objectContaining({ name: 'web-one' }) as unknown,
        patch: { metadata: { ownerReferences: [mine(), { ...hullRef, uid: 'anew' }] } },
        tells: [],
      },
    ]);
  });

  it('becomes an owner of a ReplicaSet that has none', () => {
    expect(effectsOf(aHull(), { replicaSets: [aReplicaSet('two')] })).toMatchObject([
      { kind: 'Patch', target: { name: 'web-two' }, patch: { metadata: { ownerReferences: [hullRef] } } },
    ]);
  });

  it('loses the ReplicaSets that it made while it ran', () => {
    const stray = aHull({}, 'stray', 'ReplicaSet');
    const effects = effectsOf(aHull(), { strays: [stray] });

    expect(effects).toMatchObject([{ kind: 'Delete', target: { kind: 'ReplicaSet', uid: 'stray' } }]);
  });

  it('is left alone when all is as it should be, and when it is no hull', () => {
    expect(effectsOf(aHull())).toEqual([]);
    expect(effectsOf(aHull({ paused: false }), { rollout: aRollout() })).toEqual([]);
    expect(effectsOf(aHull({ paused: false }, 'hull', 'ReplicaSet'))).toEqual([]);
  });

  it('has made only what it controls', () => {
    const controlled = {
      ...aHull({}, 'a', 'ReplicaSet'),
      metadata: { name: 'a', ownerReferences: [{ ...hullRef, controller: true }] },
    };
    const shared = { ...controlled, metadata: { name: 'b', ownerReferences: [mine(), hullRef] } };
    const bare = { ...controlled, metadata: { name: 'c' } };
    const stores = { ReplicaSet: { byOwner: () => [controlled, shared, bare] } } as unknown as WorkloadStores;

    expect(straysOf(stores, adopted(), aHull())).toEqual([controlled]);
    expect(straysOf(stores, adopted(), aHull({}, 'anew'))).toEqual([]);
    expect(straysOf(stores, aRollout(), aHull())).toEqual([]);
  });
});

describe('while ReplicaSets change hands', () => {
  const none = () => [];
  const asked = (state?: string) =>
    adopted(state === undefined ? {} : { [ownKeys.adopting]: state }) as unknown as RolloutObject;

  it('no pass is made, and who asks for it is told so once', async () => {
    const fake = fakeClient();

    expect(await keepAway(fake.client, asked('held'), none)).toEqual({ kind: 'done' });
    expect(fake.calls).toEqual([]);
    expect(await keepAway(fake.client, asked('asked'), none)).toEqual({ kind: 'done' });
    expect(fake.calls).toMatchObject([
      { verb: 'merge', name: 'web', body: { metadata: { annotations: { [ownKeys.adopting]: 'held' } } } },
    ]);
    expect(await keepAway(fake.client, asked(), none)).toBeUndefined();
  });

  it('stamps of leaders are taken off what stays behind, before the answer', async () => {
    const stamped = (name: string, uid: string) => ({
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: { name, namespace: 'shop', uid, annotations: { [ownKeys.term]: 'old' } },
    });
    const family = () => [stamped('a', 'u-a'), aReplicaSet('one'), stamped('web', 'rollout-uid')];
    const fake = fakeClient();
    await keepAway(fake.client, asked('asked'), family);

    expect(fake.calls).toMatchObject([
      { kind: 'ReplicaSet', name: 'a', body: { metadata: { annotations: { [ownKeys.term]: null } } } },
      { kind: 'Rollout', name: 'web' },
    ]);
    fake.calls.length = 0;
    fake.answer = ({ kind }) => (kind === 'ReplicaSet' ? { kind: 'conflict', message: 'changed' } : undefined);
    expect(await keepAway(fake.client, asked('asked'), family)).toMatchObject({ kind: 'retry' });
    expect(fake.calls).toHaveLength(1);
    fake.answer = ({ kind }) => (kind === 'ReplicaSet' ? { kind: 'not-found', message: 'gone' } : undefined);
    expect(await keepAway(fake.client, asked('asked'), family)).toEqual({ kind: 'done' });
  });

  it('an answer that was not written is repeated', async () => {
    const fake = fakeClient();
    fake.answer = () => ({ kind: 'conflict', message: 'changed' });

    expect(await keepAway(fake.client, asked('asked'), none)).toMatchObject({ kind: 'retry', afterMs: 100 });
  });
});

describe('pods of an adopted ReplicaSet', () => {
  const podOf = (name: string, owner: string): KubeObject => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace: 'shop',
      uid: `uid-${name}`,
      ownerReferences: [{ ...mine(owner), kind: 'ReplicaSet' }],
    },
  });

  /** Labels those of ReplicaSet `one`, which has 5 pods, of which the cache shows `known`. */
  async function label(
    items: readonly KubeObject[],
    given: { known?: number; listed?: ListResult; merge?: ApiResult } = {},
  ) {
    const fake = fakeClient();
    fake.answer = () => given.merge;
    const asked: unknown[] = [];
    const list: KubeClient['list'] = (_kind, options) => {
      asked.push(options);
      return Promise.resolve(given.listed ?? ({ kind: 'ok', items, resourceVersion: '9' } as unknown as ListResult));
    };
    const pods = Array.from({ length: given.known ?? 4 }, () => aPod('one'));
    const wrote: string[] = [];
    const observed = seen({ pods });
    const answer = await labelAdoptedPods({ ...fake.client, list }, observed, (one) => wrote.push(one.metadata.name));
    return { answer, wrote, asked, calls: fake.calls };
  }

  it('get the label by which pods are watched, and only they', async () => {
    const { answer, wrote, asked, calls } = await label([podOf('a', 'uid-one'), podOf('b', 'somebody')]);

    expect(asked).toEqual([
      { namespace: 'shop', labelSelector: `${deploymentHashLabel}=one,!${podTemplateHashLabel}` },
    ]);
    expect(calls).toMatchObject([
      {
        verb: 'merge',
        name: 'a',
        body: { metadata: { labels: { [podTemplateHashLabel]: 'one' } } },
        options: { uid: 'uid-a' },
      },
    ]);
    expect(wrote).toEqual(['a']);
    expect(answer).toMatchObject({ kind: 'retry', afterMs: 20 });
  });

  it('are not asked for when the cache knows them all, or when nothing was adopted', async () => {
    expect((await label([], { known: 5 })).asked).toEqual([]);
    expect(await labelAdoptedPods(fakeClient().client, seen({ rollout: aRollout() }), () => undefined)).toBeUndefined();
  });

  it('are looked at again later when they could not be listed or labelled', async () => {
    const busy = { kind: 'busy', retryAfterMs: 1 } as const;
    const unlisted = await label([], { listed: busy as ListResult });
    const refused = await label([podOf('a', 'uid-one')], { merge: busy });

    expect([unlisted.answer, refused.answer]).toEqual([undefined, undefined]);
    expect(refused.wrote).toEqual([]);
  });
});
