import { describe, expect, it } from 'vitest';
import { act } from './act.ts';
import type { RolloutDecision } from './decide.ts';
import type { RolloutEffect } from './effects.ts';
import { refTo } from './scene.ts';
import { weightPlan } from './traffic-plan.ts';
import {
  aReplicaSet,
  aRoute,
  aService,
  aStatus,
  anObserved,
  type ObservedGiven,
  shopKeys,
} from './testing/builders.ts';
import { fakeClient } from './testing/fake-client.ts';

const scaled = { reason: 'ScalingReplicaSet', at: 0, type: 'Normal', message: '' } as const;
const two = aReplicaSet('two', { replicas: 3 });
const down: RolloutEffect = {
  kind: 'Scale',
  target: refTo(two),
  podHash: 'two',
  from: 3,
  to: 0,
  desired: 5,
  live: true,
  tells: [scaled],
};
const setWeight: RolloutEffect = {
  kind: 'SetWeight',
  wanted: weightPlan('web-stable', 'web-canary', 20, 100),
  tells: [],
};

async function run(
  effects: readonly RolloutEffect[],
  given: ObservedGiven = {},
  status = aStatus(),
  fake = fakeClient(),
) {
  const observed = anObserved({ weight: 0, rollout: { status: aStatus() }, ...given });
  const decision: RolloutDecision = { phase: 'act', status, effects, facts: [] };
  const outcome = await act({ client: fake.client, keys: shopKeys, wrote: () => undefined }, observed, decision);
  return { outcome, calls: fake.calls };
}

const route = (canary: number) => ({
  kind: 'ok' as const,
  object: {
    apiVersion: 'test/v1',
    kind: 'PlainRoute',
    metadata: { name: 'route', uid: 'u', resourceVersion: '2' },
    spec: { canary, stable: 100 - canary, confirmed: true },
  },
});

describe('act', () => {
  it('says which object an uncertain write may still reach, as it was decided on', async () => {
    const fake = fakeClient();
    fake.answer = () => ({ kind: 'unknown', cause: new Error('no answer in time') });
    const service = aService('web-canary', 'one');
    const effect = { kind: 'SwitchService', target: refTo(service.view), podHash: 'two', tells: [] } as const;
    const { outcome } = await run([effect], {}, aStatus(), fake);

    expect(outcome.stopped).toBeDefined();
    expect(outcome.doubts).toMatchObject([{ kind: 'Service', name: 'web-canary', resourceVersion: '1' }]);
  });

  it('writes each effect as a merge patch on the version and uid that were decided on', async () => {
    const service = aService('web-canary', 'one');
    const { calls } = await run([
      setWeight,
      { kind: 'SwitchService', target: refTo(service.view), podHash: 'two', tells: [] },
    ]);

    expect(calls).toMatchObject([
      {
        verb: 'merge',
        kind: 'PlainRoute',
        body: { spec: { canary: 20 } },
        options: { uid: 'uid-route', resourceVersion: '1' },
      },
      {
        verb: 'merge',
        kind: 'Service',
        body: { spec: { selector: { [shopKeys.podTemplateHash]: 'two' } } },
        options: { uid: 'uid-web-canary', resourceVersion: '1' },
      },
    ]);
  });

  it('stops at the first failure and does not write status', async () => {
    const fake = fakeClient();
    fake.answer = (call) =>
      call.kind === 'PlainRoute' ? { kind: 'conflict', message: 'changed', reason: 'Conflict' } : undefined;
    const { outcome, calls } = await run(
      [setWeight, { ...down, live: false }],
      {},
      aStatus({ currentStepIndex: 1 }),
      fake,
    );

    expect(outcome).toMatchObject({
      writes: 0,
      facts: [],
      stopped: { why: 'could not change PlainRoute route: it changed meanwhile' },
    });
    expect(calls).toHaveLength(1);
  });

  it('writes only the difference of the status, on the status subresource, and nothing when it is equal', async () => {
    const changed = await run([], {}, aStatus({ currentStepIndex: 1 }));
    const equal = await run([]);

    expect(changed.calls).toMatchObject([
      {
        verb: 'merge',
        kind: 'Rollout',
        body: { status: { currentStepIndex: 1 } },
        options: { subresource: 'status', resourceVersion: '1' },
      },
    ]);
    expect(equal.calls).toEqual([]);
  });

  it('uses the version of its own write to the Rollout for the status', async () => {
    const observed = anObserved({ weight: 0, rollout: { status: aStatus() } });
    const annotate: RolloutEffect = { kind: 'Annotate', target: refTo(observed.rollout), set: { a: 'b' }, tells: [] };
    const { calls } = await run([annotate], {}, aStatus({ currentStepIndex: 1 }));

    expect(calls.map((call) => (call.options as { resourceVersion: string }).resourceVersion)).toEqual(['1', '101']);
  });

  it('asks the live route before a revision loses its pods, and keeps them while it has weight', async () => {
    const canaryService = aService('web-canary', 'two');
    const loaded = fakeClient();
    loaded.answer = (call) => (call.verb === 'get' ? route(20) : undefined);
    const free = fakeClient();
    free.answer = (call) => (call.verb === 'get' ? route(0) : undefined);

    const kept = await run([down], { canaryService }, aStatus(), loaded);
    const gone = await run([down], { canaryService }, aStatus(), free);

    expect(kept.outcome.stopped?.why).toBe('revision two still has weight');
    expect(kept.calls.map((call) => call.verb)).toEqual(['get']);
    expect(gone.calls.map((call) => call.verb)).toEqual(['get', 'merge']);
    expect(gone.outcome.facts).toEqual([scaled]);
  });

  it('takes none of the pods that a weight needs which is higher than the one decided on', async () => {
    const canaryService = aService('web-canary', 'two');
    const fewer = { ...down, to: 1 };
    const raised = fakeClient();
    raised.answer = (call) => (call.verb === 'get' ? route(60) : undefined);
    const same = fakeClient();
    same.answer = (call) => (call.verb === 'get' ? route(20) : undefined);

    const kept = await run([fewer], { canaryService, weight: 20 }, aStatus(), raised);
    const gone = await run([fewer], { canaryService, weight: 20 }, aStatus(), same);

    expect(kept.outcome.stopped?.why).toBe('revision two has another weight than was known');
    expect(kept.calls.map((call) => call.verb)).toEqual(['get']);
    expect(gone.calls.map((call) => call.verb)).toEqual(['get', 'merge']);
  });

  it('keeps all pods while the router has not confirmed that they have no weight', async () => {
    const canaryService = aService('web-canary', 'two');
    const fake = fakeClient();
    const { object } = route(0);
    const unconfirmed = { ...object, spec: { ...object.spec, confirmed: false } };
    fake.answer = (call) => (call.verb === 'get' ? { kind: 'ok', object: unconfirmed } : undefined);
    const { outcome, calls } = await run([down], { canaryService }, aStatus(), fake);

    expect(outcome.stopped?.why).toContain('not confirmed');
    expect(calls.map((call) => call.verb)).toEqual(['get']);
  });

  it('writes the other routes although one of them changed meanwhile', async () => {
    const httpRoutes = [{ name: 'a' }, { name: 'b' }];
    const fake = fakeClient();
    fake.answer = (call) =>
      call.name === 'a' ? { kind: 'conflict', message: 'changed', reason: 'Conflict' } : undefined;
    const observed = anObserved({ weight: 0, rollout: { canary: { trafficRouting: { gatewayAPI: { httpRoutes } } } } });
    const found = (key: { readonly name: string }) => aRoute(0, true, key.name);
    const two = { ...observed, traffic: { ...observed.traffic!, found } };
    const decision: RolloutDecision = { phase: 'act', status: aStatus(), effects: [setWeight], facts: [] };
    const outcome = await act({ client: fake.client, keys: shopKeys, wrote: () => undefined }, two, decision);

    expect(outcome.stopped?.why).toBe('could not change PlainRoute a: it changed meanwhile');
    expect(fake.calls.map((call) => call.name)).toEqual(['a', 'b']);
  });

  it('never scales down on a route that it could not read', async () => {
    const fake = fakeClient();
    fake.answer = (call) => (call.verb === 'get' ? { kind: 'unknown', cause: new Error('lost') } : undefined);
    const { outcome, calls } = await run([down], {}, aStatus(), fake);

    expect(outcome.stopped?.why).toContain('could not be read');
    expect(calls).toHaveLength(1);
  });

  describe('when the name of a new ReplicaSet is taken', () => {
    const object = { apiVersion: 'apps/v1', kind: 'ReplicaSet', metadata: { name: 'web-two', namespace: 'shop' } };
    const create: RolloutEffect = {
      kind: 'CreateReplicaSet',
      draft: { name: 'web-two', podHash: 'two', replicas: 1, object },
      tells: [],
    };
    const taken = (owner: string) => {
      const fake = fakeClient();
      const ownerReferences = [{ apiVersion: 'a', kind: 'Rollout', name: 'x', uid: owner }];
      fake.answer = (call) => {
        if (call.verb === 'create') return { kind: 'conflict', message: 'exists', reason: 'AlreadyExists' };
        if (call.verb !== 'get') return undefined;
        return {
          kind: 'ok',
          object: { ...object, metadata: { ...object.metadata, uid: 'u', resourceVersion: '9', ownerReferences } },
        };
      };
      return fake;
    };

    it('by our own, it waits for the cache', async () => {
      const { outcome, calls } = await run([create], {}, aStatus(), taken('rollout-uid'));

      expect(outcome.stopped?.why).toContain('exists already');
      expect(calls.map((call) => call.verb)).toEqual(['create', 'get']);
    });

    it('by another owner, the collision count makes another hash', async () => {
      const { calls } = await run([create], {}, aStatus(), taken('someone-else'));

      expect(calls.at(-1)).toMatchObject({ verb: 'merge', kind: 'Rollout', body: { status: { collisionCount: 1 } } });
    });
  });
});
